"""A search for cells kept as JSON, with the model and the text that it is of, so that it is shown of these alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .cell_search import CellSearch

ARRAYS = {"units": np.int64, "signs": np.int64, "ranked": np.float64, "held_out": np.float64}


@dataclass(frozen=True)
class KeptSearch:
    """A search that was kept."""

    fingerprint: str
    """As `fingerprint` gives it."""
    characters: int
    searches: dict[str, CellSearch]
    """By property."""


def fingerprint(model: bytes, text: str) -> str:
    """SHA-256 of a model's file and of the characters that it read."""
    return hashlib.sha256(hashlib.sha256(model).digest() + text.encode("utf-8", "replace")).hexdigest()


def write_searches(path: Path, model: bytes, text: str, searches: Mapping[str, CellSearch]) -> None:
    """Keep the search of one model, given by its file, in one text. Errors: OSError."""
    found = {name: {key: _plain(value) for key, value in asdict(one).items()} for name, one in searches.items()}
    kept = {"fingerprint": fingerprint(model, text), "characters": len(text), "searches": found}
    path.write_text(json.dumps(kept, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")


def read_searches(path: Path) -> KeptSearch:
    """What was kept. Errors: OSError; ValueError for a file that is none of ours."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        searches = {name: CellSearch(**{key: _full(key, value) for key, value in one.items()})
                    for name, one in kept["searches"].items()}  # fmt: skip
        return KeptSearch(kept["fingerprint"], kept["characters"], searches)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} must be a kept search for cells, got {error!r}; search anew.") from None


def _plain(value: Any) -> Any:
    """Lists for arrays, and None for NaN, which JSON does not have."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    return None if isinstance(value, float) and np.isnan(value) else value


def _full(key: str, value: Any) -> Any:
    if key in ARRAYS:
        return np.array([np.nan if one is None else one for one in value], dtype=ARRAYS[key])
    return float("nan") if value is None else value
