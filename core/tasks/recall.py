"""Recall the first symbol: the smallest task that needs a long memory and nothing else.

Axes: N batch, T timesteps.

A worked example, with 8 symbols and T = 6; the answer is due at the last timestep:

    timestep   0 1 2 3 4 5
    input      C A H A E B        only the first symbol matters, the others distract
    target     . . . . . C

All symbols are drawn alike, so that nothing but its place marks the first one.
"""

from __future__ import annotations

import math
from string import ascii_uppercase

import numpy as np
import torch

from .task import Baseline, Batch, Classification


class Recall(Classification):
    """Name the first of T symbols, after T − 1 distractors (the idea: Hochreiter & Schmidhuber, 1997, experiment 2)."""

    name = "recall"
    title = "Recall the first symbol"
    published = "At a lag of 100, BPTT solved 0 of 18 runs, LSTM 18 of 18 (Hochreiter & Schmidhuber, 1997, task 2a)"

    def __init__(self, length: int, symbols: int = 8, loss_at: str = "task") -> None:
        super().__init__(length, loss_at)
        self.vocabulary_size = self.outputs = symbols
        self.symbols = tuple(ascii_uppercase[:symbols])
        self.chance = Baseline(math.log(symbols), 1 / symbols, f"all symbols alike: ln {symbols} and 1/{symbols}")

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` sequences: inputs (N, T) and targets (N, T), which repeat the first symbol."""
        inputs = torch.from_numpy(rng.integers(self.outputs, size=(size, self.length)))
        targets = inputs[:, :1].repeat(1, self.length)
        return Batch(inputs, targets, self.mask(size, "last"))
