"""Who reads: the model that a question is about, found out from what ships or from a run's recording."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from core.models.config import ModelConfig
from core.recordings.storage import read_header
from core.training.config import TrainingConfig
from core.training.limits import LimitReached
from core.training.moment import Moment
from core.training.reading import Reader
from core.training.start import SHIPPED
from dashboard import server
from dashboard.answering import snapshot
from dashboard.readers import readers_of
from dashboard.reading_asked import AskedReading


@dataclass(frozen=True, eq=False)
class Chosen:
    """Who reads, found out."""

    reader: Reader
    key: tuple
    """Equal for readers of equal weights."""
    label: str
    step: int | None
    """Training step of the weights; None for the shipped model."""
    config: ModelConfig
    run: TrainingConfig | None


def choose(asked: AskedReading) -> Chosen:
    """The model that is asked about; reads files.

    Errors: RecordingError for the run, ValueError for its model, LimitReached for a reading that is too large.
    """
    chosen = _shipped() if asked.run is None else _of_run(*asked.run, asked.step)
    one, limits = chosen.config, server.jobs().limits
    if chosen.run is not None:
        limits.check(chosen.run)
    states = asked.passage.length * one.hidden_size * one.layers * (1 + one.bidirectional)
    if states > limits.max_states:
        raise LimitReached(
            f"This server holds at most {limits.max_states:,} hidden states, got {states:,}; read fewer characters."
        )
    return chosen


@lru_cache(maxsize=1)
def _shipped() -> Chosen:
    from core.models.character_model import load_character_model

    config = load_character_model(SHIPPED).config
    return Chosen(SHIPPED, ("shipped",), "the shipped LSTM", None, config, None)


def _of_run(run_id: str, name: str, step: int | None) -> Chosen:
    config = TrainingConfig.from_dict(read_header(server.runs_root() / run_id).config)
    if name not in config.names:
        raise ValueError(f"the run has the models {', '.join(config.names)}, got {name[:60]!r}; choose one of these.")
    with readers_of(server.runs_root()).reading(run_id) as recording:
        found, parameters = snapshot(recording, name, step)
    model = config.names.index(name)
    one = config.models[model]
    return Chosen(
        Moment(config, model, found, parameters),
        (run_id, name, found, parameters is None),
        one.label,
        found,
        one,
        config,
    )
