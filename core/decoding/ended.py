"""The finished hypotheses of a search: the best k of them, and whether another could still come among them.

Axes: k places.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .length_penalty import LengthPenalty


class Finished(NamedTuple):
    """One finished hypothesis."""

    node: int
    score: float


class Ended:
    """Finished hypotheses, best score first; the earlier one first where two are equal."""

    def __init__(self, places: int | None, penalty: LengthPenalty) -> None:
        self.places = places
        """None: as many as there are."""
        self.penalty = penalty
        self.best: list[Finished] = []

    def __len__(self) -> int:
        return len(self.best)

    @property
    def is_full(self) -> bool:
        """Whether every place is taken."""
        return self.places is not None and len(self.best) >= self.places

    @property
    def worst(self) -> float:
        """The score that a further one has to beat; −∞ while a place is free."""
        return self.best[-1].score if self.is_full and self.best else -np.inf

    def admit(self, nodes: np.ndarray, values: np.ndarray, length: int, extra: np.ndarray | None = None) -> list[int]:
        """Take hypotheses in, ranked by `values` after the length penalty; those pushed out for want of a place.

        `extra` is added to the score of each.
        """
        added = [0.0] * len(nodes) if extra is None else extra.tolist()
        for node, value, more in zip(nodes.tolist(), values.tolist(), added, strict=True):
            self.best.append(Finished(node, self.penalty.score(value, length) + more))
        self.best.sort(key=lambda one: -one.score)
        out = [] if self.places is None else self.best[self.places :]
        self.best = self.best[: self.places]
        return [one.node for one in out]
