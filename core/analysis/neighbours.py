"""Nearest rows of a table of vectors, and analogies between them.

Axes: V rows, E length of a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Rows nearest to a place, nearest first."""

    places: np.ndarray
    """Which rows, whole numbers."""
    cosines: np.ndarray
    """Of each with the place, in [-1, 1]."""


def cosines_with(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Cosine of each row (V, E) with a vector (E,), shape (V,); NaN where one of the two is zero."""
    rows, vector = np.asarray(rows, np.float32), np.asarray(vector, np.float32)
    lengths = np.sqrt(np.einsum("ve,ve->v", rows, rows)) * np.sqrt(vector @ vector)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(lengths > 0, rows @ vector / lengths, np.nan)


def nearest(rows: np.ndarray, vector: np.ndarray, count: int, without: tuple[int, ...] = ()) -> Neighbours:
    """The `count` rows of largest cosine with a vector, but for those of `without`."""
    cosines = cosines_with(rows, vector)
    ranked = np.where(np.isnan(cosines), -np.inf, cosines)
    ranked[list(without)] = -np.inf
    first = np.argsort(-ranked, kind="stable")[:count]
    first = first[np.isfinite(ranked[first])]
    return Neighbours(first, cosines[first])


def neighbours_of(rows: np.ndarray, place: int, count: int) -> Neighbours:
    """The rows nearest to the row at `place`, itself left out."""
    return nearest(rows, rows[place], count, (place,))


def closest(rows: np.ndarray, place: int, count: int) -> np.ndarray:
    """The rows at the least distance ‖W_u − W_v‖ from the row at `place`, itself left out; whole numbers."""
    distances = distances_from(rows, place)
    distances[place] = np.inf
    return np.argsort(distances, kind="stable")[: min(count, len(rows) - 1)]


def distances_from(rows: np.ndarray, place: int) -> np.ndarray:
    """‖W_u − W_v‖ of each row with the row at `place`, shape (V,)."""
    rows = np.asarray(rows, float)
    return np.linalg.norm(rows - rows[place], axis=1)


def analogy(rows: np.ndarray, places: tuple[int, int, int], count: int) -> Neighbours:
    """What is to c as b is to a: the rows nearest to b − a + c, of unit rows (3CosAdd; Mikolov et al., 2013).

    Args:
        rows: Shape (V, E).
        places: Of a, b and c, which are left out of the answer.
        count: How many answers.
    """
    a, b, c = (_unit(rows[place]) for place in places)
    return nearest(rows, b - a + c, count, places)


def _unit(vector: np.ndarray) -> np.ndarray:
    vector = np.asarray(vector, np.float32)
    length = np.sqrt(vector @ vector)
    return vector / length if length > 0 else vector
