"""Both directions: which states of a model change when a symbol is another, and when one more comes at the end.

Axes: T timesteps, D directions, H hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .reading import Passage, Reader, read


@dataclass(frozen=True, eq=False)
class Changes:
    """How far each state of the first layer moves, ‖h′_t − h_t‖ / ‖h_t‖, of the same timesteps before and after."""

    tokens: tuple[str, ...]
    edited: np.ndarray
    """When the symbol at the edited timestep is another, shape (D, T)."""
    appended: np.ndarray
    """When one more symbol is read at the end, as a generator reads its own; shape (D, T)."""


def changes(reader: Reader, passage: Passage, place: int, symbol: str, texts: Path | None = None) -> Changes:
    """Read three times: as it is, with `symbol` at `place`, and with `symbol` at the end.

    Errors: as `read`; ValueError for a passage that is not typed.
    """
    if not passage.typed:
        raise ValueError("changes need a text that is typed, got none; type one.")
    before = read(reader, passage, (), texts)
    place = min(place, len(before.tokens) - 1)
    edited = read(reader, replace(passage, edits=((place, symbol),)), (), texts)
    longer = replace(passage, typed=passage.typed[: passage.length] + symbol, length=len(before.tokens) + 1)
    appended = read(reader, longer, (), texts)
    whole = before.trace.hidden[0, :, 0]  # (D, T, H)
    found = [after.trace.hidden[0, :, 0, : len(before.tokens)] for after in (edited, appended)]
    sizes = np.linalg.norm(whole, axis=-1)
    return Changes(before.tokens, *(np.linalg.norm(after - whole, axis=-1) / sizes for after in found))
