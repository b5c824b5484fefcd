"""The finished hypotheses of a search: the best k of them, and whether another could still come among them.

Axes: k places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .length_penalty import LengthPenalty


@dataclass(frozen=True)
class Finished:
    """One finished hypothesis."""

    node: int
    log_prob: float
    """What it was ranked by when it finished; its log-probability, unless the search ranks by something else."""
    length: int
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

    def admit(self, nodes: np.ndarray, log_probs: np.ndarray, length: int) -> list[int]:
        """Take hypotheses in; the nodes that are pushed out for want of a place."""
        for node, log_prob in zip(nodes.tolist(), log_probs.tolist(), strict=True):
            self.best.append(Finished(node, log_prob, length, self.penalty.score(log_prob, length)))
        self.best.sort(key=lambda one: -one.score)
        out = [] if self.places is None else self.best[self.places :]
        self.best = self.best[: self.places]
        return [one.node for one in out]
