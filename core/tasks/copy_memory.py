"""Copy memory: keep ten symbols over a long blank, then repeat them.

Axes: N batch, T timesteps = 20 + blanks.

A worked example, 8 symbols, 4 blanks, T = 24 ("·" is the blank, ">" the delimiter that asks for the answer):

    input    C A F B H A A D E G · · · > · · · · · · · · · ·
    target   · · · · · · · · · · · · · · C A F B H A A D E G

The loss counts at every timestep, so that answering blank until the answer is due is already worth a lot.
"""

from __future__ import annotations

import math
from string import ascii_uppercase

import numpy as np
import torch

from .config import COPY_OVERHEAD
from .task import Baseline, Batch, Classification

RECALLED = COPY_OVERHEAD // 2
"""Symbols to be repeated."""


class CopyMemory(Classification):
    """Repeat ten symbols after a blank (Hochreiter & Schmidhuber, 1997, in the form of Arjovsky et al., 2016)."""

    name = "copy_memory"
    title = "Copy memory"
    published = "Without memory: cross-entropy 10 ln 8 / (blanks + 20) (Arjovsky et al., 2016)"

    def __init__(self, length: int, symbols: int = 8, loss_at: str = "task") -> None:
        super().__init__(length, loss_at)
        self.blank, self.delimiter = symbols, symbols + 1
        self.symbols = (*ascii_uppercase[:symbols], "·", ">")
        self.vocabulary_size = symbols + 2
        self.outputs = symbols + 1
        self.chance = self._chance(symbols)

    def _chance(self, symbols: int) -> Baseline:
        if self.loss_at == "last":
            return Baseline(math.log(symbols), 1 / symbols, f"all symbols alike: ln {symbols} and 1/{symbols}")
        return Baseline(
            RECALLED * math.log(symbols) / self.length,
            (self.length - RECALLED + RECALLED / symbols) / self.length,
            f"blank until the answer is due, then all symbols alike: {RECALLED} ln {symbols} / {self.length}",
        )

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` sequences: inputs (N, T) and targets (N, T)."""
        kept = torch.from_numpy(rng.integers(self.blank, size=(size, RECALLED)))
        inputs = torch.full((size, self.length), self.blank)
        targets = inputs.clone()
        inputs[:, :RECALLED] = targets[:, -RECALLED:] = kept
        inputs[:, -RECALLED - 1] = self.delimiter
        return Batch(inputs, targets, self.mask(size, "all"))
