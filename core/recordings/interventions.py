"""Records of what a model does when somebody reaches into it.

Axes: T timesteps, H hidden units, V vocabulary, U units measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .records import GateTrace


@dataclass(frozen=True)
class TextRun:
    """A language model that read one text: its gates, and what it expected next at every character."""

    trace: GateTrace
    """Of one example: arrays of shape (L, D, 1, T, H)."""
    log_probs: np.ndarray
    """Log-probability of each next character after each timestep, shape (T, V), nats, float32."""
    losses: np.ndarray
    """−log-probability of the character that came next, shape (T − 1,), nats."""

    @property
    def loss(self) -> float:
        """Mean of `losses`, nats a character; NaN for a text of one character."""
        return float(self.losses.mean(dtype=np.float64)) if len(self.losses) else float("nan")


@dataclass(frozen=True)
class CellPath:
    """∂c_last/∂c_first of an LSTM, measured, beside the carousel's share of it, ∏ f_t (Hochreiter & Schmidhuber, 1997).

    The measured derivative is the total one: along the carousel and through h into later gates.
    """

    first: int
    last: int
    """Timesteps in the order in which the direction scans, counted from its first; first < last."""
    units: np.ndarray
    """Of which units c_last was measured, shape (U,), int64."""
    product: np.ndarray
    """∏ f_t over first < t ≤ last, shape (U,), in [0, 1], float64."""
    jacobian: np.ndarray
    """∂c_last of the units by ∂c_first of all, shape (U, H), float64."""

    @property
    def own(self) -> np.ndarray:
        """∂c_last/∂c_first of each unit by itself, shape (U,); compare with `product`."""
        return self.jacobian[np.arange(len(self.units)), self.units]

    @property
    def from_others(self) -> np.ndarray:
        """L2 norm of ∂c_last/∂c_first of each unit by all the others, shape (U,)."""
        others = self.jacobian.copy()
        others[np.arange(len(self.units)), self.units] = 0
        return np.linalg.norm(others, axis=1)
