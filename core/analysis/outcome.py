"""How a training run came out: when it solved its task, and where it stands at the end.

Axes: K training steps, from step 0 on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

BATCHES = 5
"""Batches over which accuracy and loss are averaged: one batch alone is a matter of luck."""
SOLVED = 0.95
"""Accuracy from which a task counts as solved."""


@dataclass(frozen=True)
class Outcome:
    """What became of one model. Numbers are means of BATCHES consecutive steps, or of all where there are fewer."""

    solved_at: int | None
    """The first training step from which on such a mean of the accuracy is at least SOLVED; None if there is none."""
    final_accuracy: float
    """Of the last steps, in [0, 1]."""
    final_loss: float
    """Of the last steps: nats or squared error. NaN and Inf are kept."""
    best_accuracy: float
    """The highest such mean."""
    steps: int
    """The last training step."""


def outcome(accuracy: np.ndarray, loss: np.ndarray) -> Outcome:
    """The outcome of one model from its accuracy and loss at every step, each of shape (K,).

    Errors: ValueError unless both have the same one axis, and at least one step.
    """
    accuracy, loss = np.asarray(accuracy, dtype=np.float64), np.asarray(loss, dtype=np.float64)
    if accuracy.ndim != 1 or accuracy.shape != loss.shape or not len(accuracy):
        raise ValueError(
            f"outcome needs accuracy and loss of one shape (K,) with K ≥ 1, got {accuracy.shape} and {loss.shape}; "
            "pass one model's columns."
        )
    means = _running_means(accuracy)
    solved = np.flatnonzero(means.round(9) >= SOLVED)  # five times 0.95 make a little less
    return Outcome(
        solved_at=int(solved[0]) if len(solved) and len(accuracy) >= BATCHES else None,
        final_accuracy=float(means[-1]),
        final_loss=float(_running_means(loss)[-1]),
        best_accuracy=float(np.nanmax(means)) if not np.isnan(means).all() else math.nan,
        steps=len(accuracy) - 1,
    )


def _running_means(values: np.ndarray) -> np.ndarray:
    """Mean of each BATCHES consecutive values, shape (K − BATCHES + 1,); of all where there are fewer, shape (1,)."""
    width = min(BATCHES, len(values))
    with np.errstate(invalid="ignore"):  # Inf − Inf
        return np.lib.stride_tricks.sliding_window_view(values, width).mean(axis=1)
