"""What a model that spells out images of digits wrote, and where it looked.

Axes: E examples, T target rows (a row is the letter written there, [stop] last), P patches of an image, row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class DigitSnapshot:
    """One model of a run of kind "digits" at one of its steps, on held-out images: one of each digit."""

    images: np.ndarray
    """Grey values in [0, 1], shape (E, 8, 8), float32."""
    digits: np.ndarray
    """What they are of, shape (E,), int32."""
    answers: np.ndarray
    """What the model wrote by itself, always the likeliest next token, shape (E, T), int32: [pad] after [stop]."""
    by_digit: np.ndarray
    """Share of all held-out images of each digit whose word is right, shape (10,), float32, in [0, 1]."""
    weights: np.ndarray | None = None
    """Attention while it wrote, shape (E, T, P), float32, rows sum to 1, 0 after [stop]; None without attention."""


def digit_records(model: str, snapshot: DigitSnapshot) -> dict[str, np.ndarray]:
    """Its arrays under their names in a recording, "<model>/<field>"."""
    named = {f"{model}/{field.name}": getattr(snapshot, field.name) for field in fields(snapshot)}
    return {name: value for name, value in named.items() if value is not None}


def read_digits(read: Callable[[str], Any], names: tuple[str, ...], model: str) -> DigitSnapshot:
    """The snapshot of a model, given what reads an array of a recording by name, and the recording's names.

    Errors: whatever `read` raises for an array that is not there.
    """
    known = {field.name: f"{model}/{field.name}" for field in fields(DigitSnapshot)}
    return DigitSnapshot(**{field: read(name) for field, name in known.items() if field != "weights" or name in names})
