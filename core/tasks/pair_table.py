"""Pairs from a list: names, sentences, a person's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .pair_split import HELD_OUT_PAIRS, Pair, collate, is_held_out
from .pair_vocabulary import Vocabulary, split
from .pairs import LONGEST, PairBatch, PairError, PairsConfig, PairTask

FEWEST_PAIRS = 50
"""Fewer teach nothing that a held-out pair could show."""


class TablePairs(PairTask):
    """A list of pairs, target by source, split by the content of the source.

    Those of more tokens than LONGEST are left out. The vocabularies are those of the pairs to learn; what only held-out
    ones have is [unk] in these, on both sides.

    Errors: PairError for fewer than FEWEST_PAIRS.
    """

    def __init__(self, config: PairsConfig, title: str, pairs: Mapping[str, str]) -> None:
        self.name, self.title, self.config = config.name, title, config
        texts = {source: target for source, target in pairs.items() if self._fits(source, target)}
        if len(texts) < FEWEST_PAIRS:
            raise PairError(f"{title} must be {FEWEST_PAIRS} pairs at least, got {len(texts)}; add some.")
        apart = {source for source in texts if is_held_out(source, config.held_out)} or {min(texts)}
        learnt = [pair for pair in texts.items() if pair[0] not in apart]
        self.source = Vocabulary.of((source for source, _ in learnt), config.level)
        self.target = Vocabulary.of((target for _, target in learnt), config.level)
        self._learnt = learnt
        self._held_out = [(source, texts[source]) for source in sorted(apart)]

    def batch(self, rng: np.random.Generator, size: int) -> PairBatch:
        """Draw `size` pairs to learn, with replacement."""
        return collate(self._encoded(*self._learnt[place]) for place in rng.integers(len(self._learnt), size=size))

    def held_out(self) -> PairBatch:
        """The held-out pairs, shuffled once and for all."""
        order = np.random.default_rng(0).permutation(len(self._held_out))[:HELD_OUT_PAIRS]
        return collate(self._encoded(*self._held_out[place]) for place in order)

    def of_length(self, length: int, size: int) -> PairBatch | None:
        """The first held-out pairs whose sources have `length` tokens."""
        level = self.config.level
        pairs = [pair for pair in self._held_out if len(split(pair[0], level)) == length][:size]
        return collate(self._encoded(*pair) for pair in pairs) if pairs else None

    def _encoded(self, source: str, target: str) -> Pair:
        return self.source.encode(source), self.target.encode(target)

    def _fits(self, source: str, target: str) -> bool:
        longest = LONGEST[self.name]
        return all(
            len(split(text, self.config.level)) <= most for text, most in zip((source, target), longest, strict=True)
        )
