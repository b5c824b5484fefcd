"""Temporal order: in which order did two far-apart symbols come?

Axes: N batch, T timesteps.

A worked example, T = 20; the answer is due at the last timestep:

    timestep   0                   10                  19
    input      E d b Y c a a d b c b X d a c b b d a B
    target     . . . . . . . . . . . . . . . . . . . 2      the class of (Y, X)

E opens and B closes; a, b, c, d distract. The classes of (X, X), (X, Y), (Y, X), (Y, Y) are 0, 1, 2, 3.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from .task import Baseline, Batch, Classification

X, OPEN, CLOSE = 4, 6, 7
"""Tokens; a, b, c, d are 0–3, and Y is X + 1."""


class TemporalOrder(Classification):
    """Tell the order of two relevant symbols (Hochreiter & Schmidhuber, 1997, experiment 6a).

    The first is at T/10 … 2T/10 and the second at 5T/10 … 6T/10, which is the paper's 10–20 and 50–60 for T = 100. The
    length is fixed, where the paper draws it from 100–110.
    """

    name = "temporal_order"
    title = "Temporal order"
    published = "1 of 2560 wrong after 31,390 sequences of 100–110 symbols (Hochreiter & Schmidhuber, 1997, task 6a)"
    symbols = tuple("abcdXYEB")
    vocabulary_size = len(symbols)
    outputs = 4
    chance = Baseline(math.log(4), 1 / 4, "all four orders alike: ln 4 and 1/4")

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` sequences: inputs (N, T) and targets (N, T), which repeat the class."""
        inputs = rng.integers(X, size=(size, self.length))
        inputs[:, 0], inputs[:, -1] = OPEN, CLOSE
        rows, is_y = np.arange(size), rng.integers(2, size=(size, 2))
        for marker, (earliest, latest) in enumerate(self.places()):
            inputs[rows, rng.integers(earliest, latest, endpoint=True, size=size)] = X + is_y[:, marker]
        targets = np.repeat(2 * is_y[:, :1] + is_y[:, 1:], self.length, axis=1)
        return Batch(torch.from_numpy(inputs), torch.from_numpy(targets), self.mask(size, "last"))

    def places(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The earliest and latest timestep of the first and of the second relevant symbol; 0 is the opening's."""
        tenths = [part * self.length // 10 for part in (1, 2, 5, 6)]
        return (max(1, tenths[0]), max(1, tenths[1])), (tenths[2], tenths[3])
