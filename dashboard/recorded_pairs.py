"""Models of pairs that a page can decode with: of a run, or of a recording that ships.

recorded("shipped:reverse:gru-dot-embeddings-context-unbridged")
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.recordings.storage import read_header
from core.training.kinds import kind_of
from core.training.translation_config import TranslationConfig
from dashboard import server
from dashboard.attention_shipped import FOLDER, PAIRS
from dashboard.reading_asked import AskedReading
from dashboard.shipped_pairs import shipped_place


@dataclass(frozen=True)
class RecordedPairs:
    """A model of a recording on pairs."""

    root: Path
    """The folder of recordings."""
    folder: str
    name: str
    ships: bool
    config: TranslationConfig


def recorded(model: str) -> RecordedPairs | None:
    """The recording of a model as AskedSearch names it; None for a model of another kind.

    Errors: RecordingError for the run, ValueError for its model.
    """
    place = shipped_place(model)
    if place is not None:
        return RecordedPairs(FOLDER, *place, True, PAIRS[place[0]])
    run = AskedReading(model).run
    if run is None:
        return None
    written = read_header(server.runs_root() / run[0]).config
    if kind_of(written) != TranslationConfig.kind:
        return None
    config = TranslationConfig.from_dict(written)
    if run[1] not in config.names:
        raise ValueError(f"the run has the models {', '.join(config.names)}, got {run[1][:60]!r}; choose one of these.")
    return RecordedPairs(server.runs_root(), *run, False, config)
