"""Next character of real text: at every timestep, say which character comes next.

Axes: N batch, T timesteps, V characters.

A worked example, T = 6, from the text "…if x is None: return…":

    input    x _ i s _ N        "_" is a space
    target   _ i s _ N o        the same text, one character on
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from .task import Baseline, Batch, Classification
from .texts import Corpus


class NextCharacter(Classification):
    """Predict the next character of windows anywhere in a text (Elman, 1990; Sutskever, Martens & Hinton, 2011).

    Errors: ValueError if the text has not more than T characters.
    """

    name = "next_character"
    title = "Next character of real text"
    unit: ClassVar[str] = "character"
    """What a token is."""
    published = "On another text, Penn Treebank: 0.98 nats = 1.42 bits with clipping (Pascanu et al., 2013)"

    def __init__(self, corpus: Corpus, length: int, loss_at: str = "task") -> None:
        super().__init__(length, loss_at)
        if len(corpus.tokens) <= length:
            raise ValueError(
                f"The text must be longer than T = {length}, got {len(corpus.tokens)} {self.unit}s; choose a smaller T."
            )
        self.corpus = corpus
        self.symbols = corpus.symbols
        self.vocabulary_size = self.outputs = len(corpus.symbols)
        self.chance = self._chance()

    def _chance(self) -> Baseline:
        shares = self.corpus.frequencies()
        present = shares[shares > 0]
        entropy = float(-(present * np.log(present)).sum())
        source = f"each {self.unit} as often as in the whole text: its entropy, its most frequent {self.unit}"
        return Baseline(entropy, float(shares.max()), source)

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` windows: inputs (N, T) and targets (N, T), one character on."""
        starts = rng.integers(len(self.corpus.tokens) - self.length, size=(size, 1))
        windows = self.corpus.tokens[starts + np.arange(self.length + 1)].astype(np.int64)  # (N, T + 1)
        windows = torch.from_numpy(windows)
        return Batch(windows[:, :-1].contiguous(), windows[:, 1:].contiguous(), self.mask(size, "all"))
