"""What clipping did over a run, and where its threshold might be.

Axes: K training steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SUGGESTED = (0.5, 10.0)
"""Times the mean norm: thresholds between these still let training converge (Pascanu et al., 2013)."""


@dataclass(frozen=True)
class ClipStatistics:
    """Norms of a run's gradients and what became of them; all but `not_finite` is over the steps with a finite norm.

    Without such steps every number is NaN.
    """

    share: float
    """Share of the steps whose gradient was shortened, in [0, 1]."""
    over: float
    """Share of the steps whose norm was above the threshold, clipped or not; NaN where it bounds entries instead."""
    mean: float
    """Of the norm before clipping."""
    median: float
    largest: float
    suggested: tuple[float, float]
    """Half the mean and ten times the mean: the range in which to choose a bound of the norm."""
    largest_factor: float
    """How many times longer the most shortened gradient was before than after; 1 if none was shortened."""
    not_finite: int
    """Steps whose norm before clipping is NaN or Inf."""


def clip_statistics(norms: np.ndarray, clipped: np.ndarray, threshold: float, how: str) -> ClipStatistics:
    """Statistics of the gradient's norm before and after clipping, both of shape (K,).

    Args:
        norms: Before.
        clipped: After.
        threshold: What the run says, whether or not this model obeyed.
        how: What `threshold` bounds: "value" each entry, "norm" or "none" the norm.

    Errors: ValueError unless both have the same one axis.
    """
    norms, clipped = np.asarray(norms, dtype=np.float64), np.asarray(clipped, dtype=np.float64)
    if norms.ndim != 1 or norms.shape != clipped.shape:
        raise ValueError(
            f"clip_statistics needs norms before and after of one shape (K,), got {norms.shape} and {clipped.shape}; "
            "pass one model's columns."
        )
    usable = np.isfinite(norms)
    before, after = norms[usable], clipped[usable]
    mean = _of(np.mean, before)
    return ClipStatistics(
        share=_of(np.mean, after < before),
        over=math.nan if how == "value" else _of(np.mean, before > threshold),
        mean=mean,
        median=_of(np.median, before),
        largest=_of(np.max, before),
        suggested=(SUGGESTED[0] * mean, SUGGESTED[1] * mean),
        largest_factor=_of(np.max, _factors(before, after)),
        not_finite=int((~usable).sum()),
    )


def _of(statistic: Callable[[np.ndarray], np.floating], values: np.ndarray) -> float:
    return float(statistic(values)) if len(values) else math.nan


def _factors(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Before / after, 1 where nothing was shortened, also of a gradient of zero."""
    is_shorter = after < before
    return np.divide(before, after, out=np.ones_like(before), where=is_shorter)
