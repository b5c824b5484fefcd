"""What every task offers: batches, a loss, an accuracy, and what can be reached without memory.

Axes: N batch, T timesteps, I input features, C outputs (classes, or 1 for regression).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

CORRECT_WITHIN = 0.04
"""A real-valued answer this close counts as right (Hochreiter & Schmidhuber, 1997, experiment 4)."""


@dataclass(frozen=True)
class Batch:
    """Sequences with an answer at every timestep, of which the mask says which count."""

    inputs: Tensor
    """Tokens, shape (N, T), int64; or real values, shape (N, T, I), float32."""
    targets: Tensor
    """Shape (N, T): class numbers, int64; or real values, float32."""
    mask: Tensor
    """True where the loss counts, shape (N, T), bool."""


@dataclass(frozen=True)
class Baseline:
    """What the best guesser reaches that knows the timestep and the task, but sees no input."""

    loss: float
    """Mean cross-entropy in nats, or mean squared error."""
    accuracy: float | None
    """Expected share of right answers, in [0, 1]; None where it has no closed form."""
    source: str
    """The formula in a few words."""


class Task(ABC):
    """Something to learn from sequences of a fixed length. Subclasses set the attributes below."""

    name: ClassVar[str]
    """As in TaskConfig.name."""
    title: ClassVar[str]
    """For people, in sentence case."""
    published: str
    """One line: the published baseline or result, with (Author, year)."""
    is_regression: ClassVar[bool]
    vocabulary_size: int | None = None
    """How many tokens there are; None for real-valued input."""
    features: int | None = None
    """I, the width of a real-valued input; None for tokens."""
    outputs: int
    """C: classes, or 1 for regression."""
    symbols: tuple[str, ...] = ()
    """How to print each input token; () for real-valued input."""
    chance: Baseline

    def __init__(self, length: int, loss_at: str = "task") -> None:
        self.length = length
        self.loss_at = loss_at

    @abstractmethod
    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw `size` sequences; the same generator state gives the same batch."""

    @abstractmethod
    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean loss over the mask of outputs of shape (N, T, C): nats or squared error; a scalar."""

    @abstractmethod
    def accuracy(self, outputs: Tensor, batch: Batch) -> float:
        """Share of right answers over the mask, in [0, 1], for outputs of shape (N, T, C)."""

    def mask(self, size: int, published: str) -> Tensor:
        """Where the loss counts, shape (N, T): `published` ("last" or "all") unless `loss_at` says otherwise."""
        place = published if self.loss_at == "task" else self.loss_at
        mask = torch.full((size, self.length), place == "all")
        mask[:, -1] = True
        return mask


class Classification(Task):
    """A task whose answers are classes; outputs are unnormalised log-probabilities."""

    is_regression = False

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy over the mask, in nats."""
        return cross_entropy(outputs[batch.mask], batch.targets[batch.mask])

    def accuracy(self, outputs: Tensor, batch: Batch) -> float:
        """Share of timesteps in the mask whose most likely class is the target."""
        right = outputs[batch.mask].argmax(dim=-1) == batch.targets[batch.mask]
        return right.double().mean().item()


class Regression(Task):
    """A task whose answers are real numbers; outputs have shape (N, T, 1)."""

    is_regression = True
    outputs = 1

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean squared error over the mask."""
        return mse_loss(outputs.squeeze(-1)[batch.mask], batch.targets[batch.mask])

    def accuracy(self, outputs: Tensor, batch: Batch) -> float:
        """Share of timesteps in the mask whose absolute error is below CORRECT_WITHIN."""
        error = outputs.squeeze(-1)[batch.mask] - batch.targets[batch.mask]
        return (error.abs() < CORRECT_WITHIN).double().mean().item()
