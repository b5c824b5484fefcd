"""Reverse, copy and sort: pairs whose true alignment is known at every position.

Axes: S source positions, T target positions.

A worked example, 8 symbols, sources of four:

    source     C A H A        sure links: copy (0,0) (1,1) (2,2) (3,3)
    copy       C A H A                    reverse (0,3) (1,2) (2,1) (3,0)
    reverse    A H A C                    sort (2,0) (3,2); either A may say either A of the target,
    sort       A A C H                    so those four links are possible ones
"""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np

from .pair_split import HELD_OUT_PAIRS, Pair, collate, is_held_out
from .pair_vocabulary import SPECIALS, STOP, Vocabulary
from .pairs import Gold, PairBatch, PairsConfig, PairTask

FIRST = len(SPECIALS)
"""Token of the first symbol."""
MOST_DRAWS = 200
"""So many sources are drawn for one held-out pair, at most; a small space may have fewer than are wanted."""
TITLES = {"reverse": "Reverse", "copy": "Copy", "sort": "Sort"}


class SymbolPairs(PairTask):
    """Sources of symbols drawn alike, and the same symbols in another order."""

    def __init__(self, config: PairsConfig) -> None:
        self.name = config.name
        self.title = TITLES[config.name]
        self.config = config
        self.source = self.target = Vocabulary((*SPECIALS, *ascii_uppercase[: config.symbols]))

    def batch(self, rng: np.random.Generator, size: int) -> PairBatch:
        """Draw `size` pairs, each length alike, none held out."""
        pairs: list[Pair] = []
        while len(pairs) < size:
            source = self._draw(rng, self.config.min_length, self.config.max_length)
            if not self._is_held_out(source):
                pairs.append((source, self.answer(source)))
        return collate(pairs)

    def held_out(self) -> PairBatch:
        """Distinct held-out pairs of the config's lengths."""
        pairs = self._held_out(self.config.min_length, self.config.max_length, HELD_OUT_PAIRS)
        return collate(pairs)

    def of_length(self, length: int, size: int) -> PairBatch | None:
        """Distinct held-out pairs of one length, which may be one that is never learnt."""
        pairs = self._held_out(length, length, size)
        return collate(pairs) if pairs else None

    def answer(self, source: list[int]) -> list[int]:
        """The target of a source, both with [stop]."""
        symbols = source[:-1]
        orders = {"copy": symbols, "reverse": symbols[::-1], "sort": sorted(symbols)}
        return [*orders[self.name], STOP]

    def gold(self, source: np.ndarray, target: np.ndarray) -> Gold:
        """Where each position of the target comes from, by the task's rule, whatever is said there."""
        length = int(np.argmax(np.asarray(source) == STOP))
        symbols = np.asarray(source)[:length]
        possible = np.zeros((len(target), len(source)), bool)
        rows = min(length, len(target))
        if self.name == "sort":
            possible[:rows, :length] = (np.sort(symbols)[:, None] == symbols)[:rows]
        else:
            places = np.arange(length)[:: -1 if self.name == "reverse" else 1][:rows]
            possible[np.arange(rows), places] = True
        is_alone = possible.sum(axis=1, keepdims=True) == 1
        return Gold(possible & is_alone, possible)

    def _draw(self, rng: np.random.Generator, shortest: int, longest: int) -> list[int]:
        length = rng.integers(shortest, longest + 1)
        return [*rng.integers(FIRST, FIRST + self.config.symbols, size=length).tolist(), STOP]

    def _is_held_out(self, source: list[int]) -> bool:
        return is_held_out(self.source.print(source), self.config.held_out)

    def _held_out(self, shortest: int, longest: int, size: int) -> list[Pair]:
        rng = np.random.default_rng(0)
        found: dict[tuple[int, ...], Pair] = {}
        for _ in range(size * MOST_DRAWS):
            source = self._draw(rng, shortest, longest)
            if self._is_held_out(source):
                found[tuple(source)] = (source, self.answer(source))
            if len(found) == size:
                break
        return list(found.values())
