"""One optimizer update of a model, clipped, and what it changed.

Axes: P parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from .block_norms import flattened
from .clipping import clip, total_norm
from .knobs import Knobs
from .optimizer import make_optimizer


@dataclass(frozen=True)
class Update:
    """What one update showed."""

    loss: float
    gradient_norm: float
    """‖∇‖₂ over all parameters, before clipping."""
    clipped_norm: float
    """After it."""
    update_ratio: float
    """‖Δθ‖₂ / ‖θ‖₂; 0 if there was no update."""

    @property
    def is_finite(self) -> bool:
        """False if training cannot go on."""
        return all(map(math.isfinite, vars(self).values()))


class Updater:
    """A model's weights and what changes them."""

    def __init__(self, model: nn.Module, optimizer: str, learning_rate: float) -> None:
        self.weights = list(model.parameters())
        self.optimizer = make_optimizer(optimizer, learning_rate, self.weights)
        self.parameters = flattened(self.weights)
        """As they are now, shape (P,); a new array after each update."""

    def update(self, loss: Tensor, knobs: Knobs, is_update: bool = True) -> Update:
        """Go down the loss's gradient, unless its numbers are not finite, or it is to be measured alone."""
        self.optimizer.zero_grad()
        loss.backward()
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        norm = total_norm(gradients)
        clipped = clip(gradients, norm, knobs.clip, knobs.max_norm)
        is_finite = math.isfinite(norm) and math.isfinite(loss.item())
        if not (is_update and is_finite):
            return Update(loss.item(), norm, clipped, 0.0)
        size = np.linalg.norm(self.parameters)
        return Update(loss.item(), norm, clipped, float(np.linalg.norm(self.apply(knobs.learning_rate)) / size))

    def apply(self, learning_rate: float) -> np.ndarray:
        """Go down the gradients that the weights hold; Δθ, shape (P,)."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        before = self.parameters
        self.optimizer.step()
        self.parameters = flattened(self.weights)
        return self.parameters - before
