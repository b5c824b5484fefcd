"""How often each gate of each unit is nearly shut, and nearly open (Karpathy, Johnson & Li, 2015).

Axes: L layers, D directions, E examples, T timesteps, H hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..recordings.records import GateTrace

SHUT, OPEN = 0.1, 0.9
"""Thresholds of the paper, for a gate in (0, 1)."""
SIGMOIDS = ("input", "forget", "output", "reset", "update")
"""Gates in (0, 1). What lies in (−1, 1) is put there by (1 + v)/2, as tanh a = 2σ(2a) − 1."""


@dataclass(frozen=True)
class Saturation:
    """Shares of the timesteps, over all valid ones of all examples, at which a gate is saturated."""

    gate: str
    left: np.ndarray
    """Share below the lower threshold, shape (L, D, H), in [0, 1]; NaN for a unit that has no number anywhere."""
    right: np.ndarray
    """Share above the upper threshold, shape (L, D, H), in [0, 1]; left + right ≤ 1."""
    missing: float = 0.0
    """Share of all units' values that are NaN, in [0, 1]."""


def saturation(trace: GateTrace, gate: str, shut: float = SHUT, open: float = OPEN) -> Saturation:
    """Left and right saturation of one gate or state of every unit.

    Candidate, new and hidden, which lie in (−1, 1), are compared as (1 + v)/2, so the thresholds 0.1 and 0.9 are −0.8
    and 0.8 for them; a cell state is compared as tanh c, as the cell itself shows it. A NaN counts as neither.

    Args:
        trace: Gates and states.
        gate: A field of the trace.
        shut: Below this a value is left-saturated.
        open: Above this a value is right-saturated.

    Errors: ValueError for a gate that the trace does not have, and unless 0 ≤ shut < open ≤ 1.
    """
    if not 0 <= shut < open <= 1:
        raise ValueError(f"thresholds need 0 ≤ shut < open ≤ 1, got {shut} and {open}; such as {SHUT} and {OPEN}.")
    values = _on_unit_interval(trace, gate)
    lengths = trace.lengths[:, None]
    valid = (np.arange(values.shape[3]) < lengths)[..., None]  # (E, T, 1)
    count = max(int(trace.lengths.sum()), 1)
    left, right, missing = (
        ((side & valid).sum(axis=(2, 3)) / count) for side in (values < shut, values > open, np.isnan(values))
    )
    left, right = (np.where(missing == 1, np.nan, side) for side in (left, right))
    return Saturation(gate, left, right, float(missing.mean()))


def _on_unit_interval(trace: GateTrace, gate: str) -> np.ndarray:
    values = getattr(trace, gate, None) if gate != "lengths" else None
    if not isinstance(values, np.ndarray):
        raise ValueError(
            f"saturation needs a gate or state of this {trace.kind.upper()}, got {gate!r}; choose another."
        )
    if gate in SIGMOIDS:
        return values
    return (1 + (np.tanh(values) if gate == "cell" else values)) / 2
