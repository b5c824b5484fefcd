"""Slopes: how one step's state hangs on its pre-activations and on the state before it, entry by entry.

Every cell of ours is dense in its weights and elementwise in all else. These are the elementwise factors; with the
weights they make up the step's Jacobians.

Axes: T timesteps first, N batch, G gates, H hidden units, Q parts of the state: h, and c of an LSTM.
With a projection, h here is what is projected, o ⊙ tanh c.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .gru_scan import GRUScan
from .lstm_scan import LSTMScan
from .rnn_scan import RNNScan
from .scans import Scan


@dataclass(frozen=True)
class Slopes:
    """Derivatives of a step's state, part by part, in torch's order of gates."""

    recurrent: Tensor
    """With respect to W_hh h_{t−1} + b_hh, shape (T, N, Q, G, H)."""
    pushed: Tensor
    """With respect to W_ih x_t + b_ih, shape (T, N, Q, G, H); the same tensor but for the GRU."""
    kept: Tensor
    """With respect to the last part of s_{t−1} (LSTM: c; else h) past the gates, shape (T, N, Q, H)."""

    def __getitem__(self, steps: int | slice) -> Slopes:
        """The same of one timestep, without the axis T, or of some."""
        return Slopes(self.recurrent[steps], self.pushed[steps], self.kept[steps])


def slopes(scan: Scan) -> Slopes:
    """The slopes of every step that a scan has run."""
    if isinstance(scan, LSTMScan):
        return _of_lstm(scan)
    if isinstance(scan, GRUScan):
        return _of_gru(scan)
    assert isinstance(scan, RNNScan)  # there are three
    return _of_rnn(scan)


def _of_rnn(scan: RNNScan) -> Slopes:
    slope = scan.slope()[:, :, None]  # (T, N, H) -> (T, N, Q, H)
    into = slope[:, :, None]
    return Slopes(into, into, torch.zeros_like(slope))


def _of_gru(scan: GRUScan) -> Slopes:
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}: the new state sees W_hh through r, the input without it."""
    recurrent, new = scan.factors()  # (T, N, 3, H), (T, N, H)
    pushed = torch.cat([recurrent[:, :, :2], new[:, :, None]], dim=2)
    update = scan.plane("update")
    return Slopes(recurrent[:, :, None], pushed[:, :, None], update[:, :, None])


def _of_lstm(scan: LSTMScan) -> Slopes:
    """c_t hangs on i, f, g and on f ⊙ c_{t−1}; h_t on o, and on all of these through tanh c_t."""
    every = scan.slopes()  # (T, N, 4, H)
    exposure, forget = scan.exposure(slice(None)), scan.plane("forget")
    cell = every.clone()
    cell[:, :, 3] = 0
    hidden = cell * exposure[:, :, None]
    hidden[:, :, 3] = every[:, :, 3]
    into = torch.stack([hidden, cell], dim=2)
    return Slopes(into, into, torch.stack([exposure * forget, forget], dim=2))
