"""Time: what T timesteps cost one after the other, beside one matrix product of just as many multiplications.

Axes: T timesteps, I input features, H hidden units, G gates, K lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..models.config import ModelConfig
from ..models.recurrent import make_recurrent
from .stopwatch import best_of

LENGTHS = (1, 3, 10, 30, 100, 300, 1000)
REPEATS = 5


@dataclass(frozen=True, eq=False)
class Times:
    """Seconds of one sequence's forward pass, the best of some tries; one thread."""

    lengths: np.ndarray
    """Timesteps, shape (K,)."""
    recurrent: np.ndarray
    """Seconds, step after step, shape (K,)."""
    product: np.ndarray
    """Seconds of (T, I + H) × (I + H, G·H), all rows at once, shape (K,)."""
    multiplications: np.ndarray
    """Of each, shape (K,)."""


@torch.no_grad()
def times(config: ModelConfig) -> Times:
    """Measure a stack of one layer whose input is as wide as its state, here and now. Errors: ValueError for others."""
    if config.layers > 1 or config.bidirectional:
        raise ValueError(f"times needs one layer in one direction, got {config.label}; choose such a model.")
    layer = make_recurrent(config, config.hidden_size).eval()
    rows = layer.all_weights[0][1].shape[0]  # G·H
    weights = torch.randn(2 * config.hidden_size, rows)
    found = [_pair(layer, weights, length) for length in LENGTHS]
    recurrent, product = (np.array(column) for column in zip(*found, strict=True))
    return Times(np.array(LENGTHS), recurrent, product, np.array(LENGTHS) * weights.numel())


def _pair(layer: nn.RNNBase, weights: Tensor, length: int) -> tuple[float, float]:
    sequence, both = torch.randn(1, length, layer.input_size), torch.randn(length, len(weights))
    return _seconds(lambda: layer(sequence)), _seconds(lambda: both @ weights)


def _seconds(work: Callable[[], object]) -> float:
    """The best of REPEATS, after one that is not counted."""
    work()
    return best_of(REPEATS, work)
