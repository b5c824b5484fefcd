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

from .pair_drawn import DrawnPairs
from .pair_split import Pair
from .pair_vocabulary import SPECIALS, STOP, Vocabulary
from .pairs import Gold, PairsConfig

FIRST = len(SPECIALS)
"""Token of the first symbol."""
TITLES = {"reverse": "Reverse", "copy": "Copy", "sort": "Sort"}


class SymbolPairs(DrawnPairs):
    """Sources of symbols drawn alike, and the same symbols in another order."""

    def __init__(self, config: PairsConfig) -> None:
        super().__init__(config)
        self.title = TITLES[config.name]
        self.source = self.target = Vocabulary((*SPECIALS, *ascii_uppercase[: config.symbols]))

    def draw(self, rng: np.random.Generator, length: int | None = None) -> tuple[str, Pair]:
        """A pair of any length of the config, or of the one asked, which may be one that is never learnt."""
        length = length or int(rng.integers(self.config.min_length, self.config.max_length + 1))
        source = [*rng.integers(FIRST, FIRST + self.config.symbols, size=length).tolist(), STOP]
        return "".join(map(self.source.symbols.__getitem__, source[:-1])), (source, self.answer(source))

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
