"""Models of pairs that a page can decode with: of a run, or of a recording that ships.

recorded("shipped:reverse:gru-dot-embeddings-context-unbridged")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.recordings.storage import read_header
from core.training.kinds import kind_of
from core.training.translation_config import TranslationConfig
from dashboard import server
from dashboard.attention_shipped import FOLDER, PAIRS
from dashboard.reading_asked import AskedReading

TITLES = {
    "reverse": "Reverse",
    "dates-to-iso": "Dates to ISO",
    "french-names": "Names, English to French",
    "bottleneck": "Reverse, 2 to 16 symbols",
}
"""What the shipped recordings are called in a list of models."""
_SHIPPED = re.compile(r"shipped:(?P<folder>[a-z-]{1,40}):(?P<name>[A-Za-z0-9_-]{1,80})")


@dataclass(frozen=True)
class RecordedPairs:
    """A model of a recording on pairs."""

    root: Path
    """The folder of recordings."""
    folder: str
    name: str
    ships: bool
    config: TranslationConfig


def shipped_models() -> dict[str, str]:
    """Those that ship: as AskedSearch.model names them → how they are called."""
    return {
        f"shipped:{folder}:{name}": f"{TITLES[folder]}: {model.label}"
        for folder, config in PAIRS.items()
        for name, model in zip(config.names, config.models, strict=True)
    }


def is_shipped(model: str) -> bool:
    """Whether `model` has the form of a shipped one and is one. Errors: ValueError for the form without the model."""
    if _SHIPPED.fullmatch(model) is None:
        return False
    if model not in shipped_models():
        raise ValueError(f"the models that ship are {', '.join(shipped_models())}, got {model[:60]!r}; choose one.")
    return True


def recorded(model: str) -> RecordedPairs | None:
    """The recording of a model as AskedSearch names it; None for a model of another kind.

    Errors: RecordingError for the run, ValueError for its model.
    """
    if is_shipped(model):
        _, folder, name = model.split(":")
        return RecordedPairs(FOLDER, folder, name, True, PAIRS[folder])
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
