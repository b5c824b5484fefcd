"""How fast a gradient fades, or grows, on its way back through time.

Axes: T timesteps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

HORIZON_SHARE = 1e-3
"""The memory horizon is where this share of the gradient is left."""


@dataclass(frozen=True)
class Decay:
    """What one curve of gradient norms says."""

    factor: float
    """λ: what each step back keeps, exp of the slope of ln ‖∂L/∂h_t‖ against steps back; NaN if it cannot be fitted."""
    horizon: float
    """Steps back until HORIZON_SHARE is left, ln(1e-3) / ln λ; infinite for λ ≥ 1, NaN as the factor."""
    first: float
    """Norm at the first timestep; loss per unit of state."""
    last: float
    """Norm at the last timestep that has one."""
    last_step: int
    """Which timestep that is, counted from 1."""
    underflow: bool
    """True if the first timestep's norm is zero although a later one is not: float32 holds nothing smaller."""

    @property
    def ratio(self) -> float:
        """Share of the last step's gradient that reaches the first; NaN if there is none."""
        return self.first / self.last if self.last else math.nan


def decay(norms: np.ndarray) -> Decay:
    """Fit the decay of gradient norms over time, shape (T,), on the steps whose norm is finite and above zero.

    Errors: ValueError unless the norms have one axis and at least one timestep.
    """
    norms = np.asarray(norms, dtype=np.float64)
    if norms.ndim != 1 or not len(norms):
        raise ValueError(f"decay needs norms of shape (T,), got {norms.shape}; pick one layer and direction first.")
    usable = np.flatnonzero(np.isfinite(norms) & (norms > 0))
    if not len(usable):
        return Decay(math.nan, math.nan, float(norms[0]), 0.0, len(norms), False)
    last = int(usable[-1])
    factor = _factor(usable, norms)
    underflow = bool(norms[0] == 0)
    return Decay(factor, _horizon(factor), float(norms[0]), float(norms[last]), last + 1, underflow)


def _factor(steps: np.ndarray, norms: np.ndarray) -> float:
    if len(steps) < 2:
        return math.nan
    slope = np.polyfit(-steps.astype(float), np.log(norms[steps]), 1)[0]
    return float(np.exp(slope))


def _horizon(factor: float) -> float:
    if math.isnan(factor):
        return math.nan
    return math.inf if factor >= 1 else math.log(HORIZON_SHARE) / math.log(factor)
