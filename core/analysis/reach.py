"""How far back the gradient of a step's own loss reaches, by distance.

Axes: T timesteps; row t is a loss, column k a state.
"""

from __future__ import annotations

import math

import numpy as np

from .decay import HORIZON_SHARE


def reach_profile(norms: np.ndarray) -> np.ndarray:
    """Median share of ‖∂L_t/∂h_t‖ that is left d steps away in ‖∂L_t/∂h_{t∓d}‖, shape (T,); entry 0 is 1.

    Steps away are earlier ones, or later ones where no earlier state is reached: a reverse direction. Losses whose own
    step has no gradient are left out; where none is left, the share is NaN.

    Args:
        norms: Shape (T, T), zero where no path leads.

    Errors: ValueError for another shape.
    """
    norms = np.asarray(norms, dtype=np.float64)
    if norms.ndim != 2 or norms.shape[0] != norms.shape[1]:
        raise ValueError(f"reach_profile needs norms of shape (T, T), got {norms.shape}; pass LossReach.norms.")
    is_reverse = bool(np.triu(norms, 1).any()) and not np.tril(norms, -1).any()
    own = np.diagonal(norms)
    return np.array(
        [_median_share(norms, own, distance if is_reverse else -distance) for distance in range(len(norms))]
    )


def reach_horizon(profile: np.ndarray) -> float:
    """Steps away at which a profile, shape (T,), first falls below HORIZON_SHARE, between steps along the log scale.

    Infinite if it does not within T − 1 steps, NaN without a share at one step.
    """
    profile = np.asarray(profile, dtype=np.float64)
    if len(profile) < 2 or np.isnan(profile[1]):
        return math.nan
    below = np.flatnonzero(profile < HORIZON_SHARE)
    if not len(below):
        return math.inf
    before, after = profile[below[0] - 1], profile[below[0]]
    if not after > 0:
        return float(below[0])
    return float(below[0] - math.log(HORIZON_SHARE / after) / math.log(before / after))


def _median_share(norms: np.ndarray, own: np.ndarray, offset: int) -> float:
    """Over the losses whose state `offset` columns to their right exists."""
    losses = own[max(-offset, 0) : len(own) - max(offset, 0)]
    reached = np.diagonal(norms, offset)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(losses) & (losses > 0) & np.isfinite(reached)
    return float(np.median(reached[usable] / losses[usable])) if usable.any() else float("nan")
