"""Probability tables that each show one thing about search; no model is needed for them.

Tokens are A, B, C and [stop], in this order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .rules import FREE, Rules
from .scorer import Step
from .tables import Tokens, table_step

A, B, C, STOP = range(4)


@dataclass(frozen=True)
class Preset:
    """A table, and the search that shows its point."""

    key: str
    title: str
    lesson: str
    """One sentence, with the numbers."""
    table: Mapping[Tokens, Sequence[float]]
    """As of `table_step`."""
    otherwise: Mapping[int, Sequence[float]]
    max_length: int
    beam_sizes: tuple[int, ...]
    """Those to compare."""
    rules: Rules = FREE
    symbols: ClassVar[tuple[str, ...]] = ("A", "B", "C", "[stop]")
    eos: ClassVar[int] = STOP
    start: ClassVar[int] = STOP
    """Fed first; a table does not look at it."""

    def model(self) -> tuple[Step, np.ndarray]:
        """Step and state, as every search takes them."""
        return table_step(self.table, self.otherwise)


GREEDY_LOSES = Preset(
    "greedy-loses",
    "Greedy loses",
    "Greedy takes A B C [stop] with 0.5 · 0.4 · 0.4 · 0.6 = 0.048; A C B [stop] has 0.054, and a beam of 2 finds it.",
    {(A, C): (0.1, 0.6, 0.2, 0.1), (A, C, B): (0.1, 0.2, 0.1, 0.6)},
    {0: (0.5, 0.2, 0.2, 0.1), 1: (0.1, 0.4, 0.3, 0.2), 2: (0.2, 0.2, 0.4, 0.2), 3: (0.0, 0.2, 0.2, 0.6)},
    max_length=4,
    beam_sizes=(1, 2),
    rules=Rules(min_length=3),
)
"""The tables of Zhang et al. (2023), section 10.8, for answers of three tokens."""
TWO_LOSES_TO_THREE = Preset(
    "two-loses-to-three",
    "Two lose to three",
    "C [stop] has 0.29 · 0.9 = 0.261, yet C is third at the first step: a beam of 2 answers with 0.152.",
    {
        (): (0.38, 0.33, 0.29, 0.0),
        (B,): (0.2, 0.2, 0.15, 0.45),
        (C,): (0.04, 0.03, 0.03, 0.9),
    },
    {1: (0.2, 0.2, 0.2, 0.4)},
    max_length=4,
    beam_sizes=(2, 3),
)
BEST_IS_EMPTY = Preset(
    "best-is-empty",
    "The best is empty",
    "[stop] at once has 0.2 and nothing longer above 0.09; it is fourth at the first step, so a beam of 3 misses it.",
    {(): (0.3, 0.28, 0.22, 0.2)},
    {1: (0.25, 0.25, 0.2, 0.3)},
    max_length=5,
    beam_sizes=(3, 4),
)
WIDER_IS_WORSE = Preset(
    "wider-is-worse",
    "Wider is worse",
    "A beam of 1 finds A C [stop] with 0.18; one of 2 drops A C for B A and B B, and gets 0.027; one of 3 finds it.",
    {
        (): (0.5, 0.45, 0.05, 0.0),
        (A,): (0.3, 0.3, 0.4, 0.0),
        (B,): (0.5, 0.5, 0.0, 0.0),
        (A, C): (0.04, 0.03, 0.03, 0.9),
    },
    {1: (0.3, 0.3, 0.2, 0.2), 3: (0.2, 0.2, 0.2, 0.4)},
    max_length=5,
    beam_sizes=(1, 2, 3),
)

PRESETS = {one.key: one for one in (GREEDY_LOSES, TWO_LOSES_TO_THREE, BEST_IS_EMPTY, WIDER_IS_WORSE)}
