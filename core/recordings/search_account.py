"""Whether a search failed or the model did, and how the answer depends on the beam.

Axes: n beam sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .search import Hypothesis
from .search_tree import Reason, Status

ROUNDING = 1e-9
"""Scores as near as this, relative to 1 nat or to themselves, are equal: beams of other widths round otherwise."""


def is_behind(score: float | np.ndarray, other: float | np.ndarray) -> np.ndarray:
    """Whether a score is below another by more than rounding."""
    with np.errstate(invalid="ignore"):
        return np.asarray(score) < np.asarray(other) - ROUNDING * np.maximum(1.0, np.abs(other))


@dataclass(frozen=True)
class SearchError:
    """A search against the best hypothesis there is. Where nothing was lost, the fields of the loss are None."""

    best: Hypothesis
    """The best of all, by an exact search."""
    found: Hypothesis | None
    """The best that the search found; None: it found nothing."""
    gap: float
    """Score of the best less that of the one found: 0 is no search error, ∞ if nothing was found."""
    lost_at: int | None
    """Step at which the search let the best one go, from 1."""
    rank: int | None
    """Rank of its beginning at that step; None if it was not listed."""
    short: float | None
    """By how much its score was below the last one kept there; None if it was not listed."""
    status: Status | None
    reason: Reason | str | None
    """Why it was let go."""

    @property
    def is_search_error(self) -> bool:
        """Whether a better hypothesis was missed; if not, and the answer is bad, it is the model's."""
        return self.found is None or bool(is_behind(self.found.score, self.best.score))


@dataclass(frozen=True)
class ScoreAgainstSize:
    """The best hypothesis of each beam size."""

    sizes: np.ndarray
    """Ascending, shape (n,)."""
    scores: np.ndarray
    """Shape (n,), −∞ where nothing was found."""
    answers: tuple[tuple[int, ...], ...]
    calls: np.ndarray
    """Calls of the model, shape (n,)."""
    rows: np.ndarray
    """Hypotheses fed, shape (n,)."""

    @property
    def falls(self) -> np.ndarray:
        """Sizes whose score is lower than that of the size before, by more than rounding."""
        return self.sizes[1:][is_behind(self.scores[1:], self.scores[:-1])]

    @property
    def changes(self) -> np.ndarray:
        """Sizes whose answer is not that of the size before."""
        differs = [before != after for before, after in zip(self.answers, self.answers[1:], strict=False)]
        return self.sizes[1:][np.array(differs, dtype=bool)]

    def smallest(self, tokens: tuple[int, ...]) -> int | None:
        """The smallest size whose answer is `tokens`; None if none is."""
        return next(
            (int(size) for size, answer in zip(self.sizes, self.answers, strict=True) if answer == tokens), None
        )
