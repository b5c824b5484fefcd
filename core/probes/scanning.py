"""Run a layer of any kind as a scan: forward and backward by equations of ours, apart from what is watched.

Axes: T timesteps first, N batch, I input, H hidden, P projection.
"""

from __future__ import annotations

from torch import Tensor

from .gru_scan import GRUScan
from .lstm_scan import LSTMScan
from .rnn_scan import RNNScan
from .scans import Scan, Weights


def make_scan(kind: str, inputs: Tensor, hidden: Tensor, cell: Tensor | None, weights: Weights) -> Scan:
    """Run a layer from hidden (N, P) and cell (N, H), over inputs (T, N, I), or (T, N) of tokens as unit vectors."""
    if kind == "lstm":
        assert cell is not None
        return LSTMScan(inputs, hidden, cell, weights)
    if kind == "gru":
        return GRUScan(inputs, hidden, weights)
    return RNNScan(inputs, hidden, weights, kind.removeprefix("rnn_"))
