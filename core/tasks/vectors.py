"""Word vectors: what all sources of them hand out, and the rows of it that a task's words take.

Axes: W words of the source, V tokens of a task, E length of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


class VectorError(ValueError):
    """Vectors cannot be used; the message says why, on which line, and what to do."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """A vector for each of some words."""

    words: tuple[str, ...]
    """W different words, in the order of their source: mostly the most frequent first."""
    matrix: np.ndarray
    """Shape (W, E), floating point, finite."""
    source: str
    """What they are and where they come from, for people."""

    @property
    def size(self) -> int:
        """E."""
        return int(self.matrix.shape[1])

    @cached_property
    def places(self) -> dict[str, int]:
        """Word → row."""
        return {word: place for place, word in enumerate(self.words)}

    def rows(self, tokens: Sequence[str]) -> np.ndarray:
        """The vectors of a task's tokens, shape (V, E), float32; NaN for a token without one.

        A token that is not there as it is written is looked for in lower case.
        """
        found = np.full((len(tokens), self.size), np.nan, np.float32)
        for row, token in zip(found, tokens, strict=True):
            place = self.places.get(token, self.places.get(token.lower()))
            if place is not None:
                row[:] = self.matrix[place]
        return found
