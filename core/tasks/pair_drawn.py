"""Pairs that are made when they are needed, of so many that no two batches are alike."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from .pair_split import HELD_OUT_PAIRS, Pair, collate, is_held_out
from .pairs import PairBatch, PairsConfig, PairTask

MOST_DRAWS = 200
"""So many pairs are drawn for one held-out pair, at most; a small space may have fewer than are wanted."""


class DrawnPairs(PairTask):
    """A task whose pairs are drawn; subclasses say how."""

    def __init__(self, config: PairsConfig) -> None:
        self.name = config.name
        self.config = config

    @abstractmethod
    def draw(self, rng: np.random.Generator, length: int | None = None) -> tuple[str, Pair]:
        """One pair, and the content that says whether it is held out; of a source of `length`, if that can be."""

    def batch(self, rng: np.random.Generator, size: int) -> PairBatch:
        """Draw `size` pairs, none held out."""
        pairs: list[Pair] = []
        while len(pairs) < size:
            content, pair = self.draw(rng)
            if not is_held_out(content, self.config.held_out):
                pairs.append(pair)
        return collate(pairs)

    def held_out(self) -> PairBatch:
        """Held-out pairs of distinct sources."""
        return collate(self._held_out(HELD_OUT_PAIRS))

    def of_length(self, length: int, size: int) -> PairBatch | None:
        """Held-out pairs of distinct sources of one length."""
        pairs = self._held_out(size, length)
        return collate(pairs) if pairs else None

    def _held_out(self, size: int, length: int | None = None) -> list[Pair]:
        rng = np.random.default_rng(0)
        found: dict[tuple[int, ...], Pair] = {}
        for _ in range(size * MOST_DRAWS):
            content, pair = self.draw(rng, length)
            has_length = length is None or len(pair[0]) == length + 1
            if has_length and is_held_out(content, self.config.held_out):
                found[tuple(pair[0])] = pair
            if len(found) == size:
                break
        return list(found.values())
