"""The adding problem: remember two marked numbers among many and give their sum; in both published variants.

Axes: N batch, T timesteps; 2 input features, a value and a marker.

A worked example of the variant "unit", T = 6; one mark in each half, the answer is due at the last timestep:

    timestep   0    1    2    3    4    5
    value     .71  .20  .93  .05  .44  .62
    marker     0    1    0    0    1    0
    target     .    .    .    .    .   .64       = .20 + .44

The variant "1997" has values in [−1, 1], marker −1 at the first and last timestep, both marks in the first half, and
the target 0.5 + (X₁ + X₂)/4, which lies in [0, 1].
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch

from .task import CORRECT_WITHIN, Baseline, Batch, Regression


class Adding(Regression):
    """What both variants share: inputs of a value and a marker, and one answer, repeated at every timestep."""

    name = "adding"
    features = 2

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` sequences: inputs (N, T, 2) and targets (N, T), float32."""
        values, markers, first, second = self.draw(rng, size)
        rows = np.arange(size)
        markers[rows, first] = markers[rows, second] = 1.0
        answers = self.answer(values[rows, first] + values[rows, second])
        inputs = torch.from_numpy(np.stack([values, markers], axis=-1).astype(np.float32))
        targets = torch.from_numpy(answers.astype(np.float32))[:, None].repeat(1, self.length)
        return Batch(inputs, targets, self.mask(size, "last"))

    @abstractmethod
    def draw(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values (N, T), markers before marking (N, T), and where the two marks are, both (N,)."""

    def answer(self, sums: np.ndarray) -> np.ndarray:
        """The target of X₁ + X₂."""
        return sums


class AddingUnit(Adding):
    """Values of U[0, 1], one mark in each half, target X₁ + X₂ (as in Arjovsky et al., 2016)."""

    title = "Adding problem, values in [0, 1]"
    published = "Without memory: mean squared error 1/6 = 0.167, by always answering 1 (Arjovsky et al., 2016)"
    # X₁ + X₂ has the density 1 − |s − 1|: variance 2/12, and P(|s − 1| < d) = 2d − d².
    chance = Baseline(1 / 6, 2 * CORRECT_WITHIN - CORRECT_WITHIN**2, "always 1: variance 1/12 + 1/12")

    def draw(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values in [0, 1], markers 0, and a place in each half."""
        half = self.length // 2
        values, markers = rng.random((size, self.length)), np.zeros((size, self.length))
        return values, markers, rng.integers(half, size=size), rng.integers(half, self.length, size=size)


class Adding1997(Adding):
    """Values of U[−1, 1], target 0.5 + (X₁ + X₂)/4 (Hochreiter & Schmidhuber, 1997, experiment 4).

    The first mark is among the first ten timesteps, the second among the first half's others. The paper sets X₁ to 0 in
    the rare case that the first timestep is marked; here it never is, so that the baseline is exactly 1/24. The length
    is fixed, where the paper draws it from [T, T + T/10].
    """

    title = "Adding problem of 1997"
    published = "T = 100: 1 of 2560 wrong (error ≥ 0.04) after 74,000 sequences (Hochreiter & Schmidhuber, 1997)"
    # (X₁ + X₂)/4 is (s − 1)/2 for the sum s of two numbers of U[0, 1]: variance (2/12)/4, and twice the margin.
    chance = Baseline(
        1 / 24, 2 * (2 * CORRECT_WITHIN) - (2 * CORRECT_WITHIN) ** 2, "always 0.5: variance (1/3 + 1/3)/16"
    )

    def draw(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values in [−1, 1], markers −1 at both ends, and two different places in the first half but its first."""
        values, markers = rng.uniform(-1.0, 1.0, (size, self.length)), np.zeros((size, self.length))
        markers[:, [0, -1]] = -1.0
        half = max(self.length // 2, 3)
        first = rng.integers(1, min(10, half), size=size)
        second = rng.integers(1, half - 1, size=size)
        return values, markers, first, second + (second >= first)

    def answer(self, sums: np.ndarray) -> np.ndarray:
        """0.5 + (X₁ + X₂)/4, in [0, 1]."""
        return 0.5 + sums / 4
