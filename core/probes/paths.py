"""The gradient at each timestep taken apart: what the weights, the slopes, the carousel and the gates do to it.

Axes: T timesteps first, as the direction scans, N batch, P units of the hidden state, H hidden units.
Sources: the RNN's product and its bound (Pascanu et al., 2013); the carousel (Hochreiter & Schmidhuber, 1997).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..recordings.anatomy import GradientPaths
from .gru_scan import GRUScan
from .lstm_scan import LSTMScan
from .norms import norms, relative_difference
from .recurrent_call import RecurrentCall
from .replay import Replayed, place, replay
from .rnn_scan import RNNScan

GREATEST_SLOPE = 1.0
"""γ: no φ′ of ours (tanh, relu, identity) is ever greater."""


def gradient_paths(call: RecurrentCall, layer: int = 0, direction: int = 0) -> GradientPaths:
    """What makes up the total gradient of one layer in one direction, over all examples of a call.

    Args:
        call: After its backward pass; packed sequences and projections too.
        layer: From 0, the first.
        direction: 0 forward, 1 reverse.

    Errors: as `replay`; ValueError for a layer or direction that is not there.
    """
    index = place(call, layer, direction)
    one = replay(call)[index]
    seen = call.taps[index].hidden if call.taps else None  # in the sequence's order
    in_pass = None if seen is None else norms(torch.as_tensor(seen).double(), (1, 2)).numpy().astype(seen.dtype)
    return replace(_taken_apart(one), hidden_in_pass=in_pass)


def _taken_apart(one: Replayed) -> GradientPaths:
    if isinstance(one.scan, LSTMScan):
        return _of_lstm(one, one.scan)
    if isinstance(one.scan, GRUScan):
        return _of_gru(one, one.scan)
    assert isinstance(one.scan, RNNScan)  # there are three
    return _of_rnn(one, one.scan)


def _of_rnn(one: Replayed, scan: RNNScan) -> GradientPaths:
    slope, recurrent = scan.slope(), scan.recurrent
    return GradientPaths(
        kind="rnn",
        hidden=_norms(one, one.adjoint.hidden),
        direct=_norms(one, one.external),
        keep=_mean(one, slope),
        weights_alone=_norms(one, _carried(one.external, lambda step, total: total @ recurrent)),
        slopes_alone=_norms(one, _carried(one.external, lambda step, total: total * slope[step])),
        bound=_norms(one, _bound(one.external, recurrent)),
    )


def _of_lstm(one: Replayed, scan: LSTMScan) -> GradientPaths:
    assert one.outside_cell is not None and one.adjoint.cell is not None  # an LSTM's replay has them
    forget, exposure = scan.plane("forget"), scan.exposure(slice(None))
    exposed, returned = one.external, _through_weights(one)
    if scan.projection is not None:
        exposed, returned = exposed @ scan.projection, returned @ scan.projection  # (T, N, P) -> (T, N, H)
    carousel = _carried(exposed * exposure + one.outside_cell, lambda step, total: total * forget[step])
    through_gates = _carried(returned * exposure, lambda step, total: total * forget[step])
    return GradientPaths(
        kind="lstm",
        hidden=_norms(one, one.adjoint.hidden),
        direct=_norms(one, one.external),
        keep=_mean(one, forget),
        cell=_norms(one, one.adjoint.cell),
        carousel=_norms(one, carousel),
        through_gates=_norms(one, through_gates),
        closure=relative_difference(carousel + through_gates, one.adjoint.cell),
    )


def _of_gru(one: Replayed, scan: GRUScan) -> GradientPaths:
    update = scan.plane("update")
    carousel = _carried(one.external, lambda step, total: total * update[step])
    through_gates = _carried(_through_weights(one), lambda step, total: total * update[step])
    return GradientPaths(
        kind="gru",
        hidden=_norms(one, one.adjoint.hidden),
        direct=_norms(one, one.external),
        keep=_mean(one, update),
        carousel=_norms(one, carousel),
        through_gates=_norms(one, through_gates),
        closure=relative_difference(carousel + through_gates, one.adjoint.hidden),
    )


def _carried(entering: Tensor, back: Callable[[int, Tensor], Tensor]) -> Tensor:
    """Totals when `back(t, total_t)` is all that comes from step t to t − 1; shape of `entering`."""
    totals = entering.clone()
    for step in range(len(totals) - 1, 0, -1):
        totals[step - 1] += back(step, totals[step])
    return totals


def _through_weights(one: Replayed) -> Tensor:
    """What reaches h_t through W_hh from the gates of step t + 1, shape (T, N, P)."""
    returned = torch.zeros_like(one.external)
    returned[:-1] = one.adjoint.hidden_preactivation[1:] @ one.weights.hidden
    return returned


def _bound(external: Tensor, recurrent: Tensor) -> Tensor:
    """b_t = ‖external_t‖ + γ σ_max(W_hh) b_{t+1} of each example, shape (T, N, 1) (Pascanu et al., 2013)."""
    growth = GREATEST_SLOPE * torch.linalg.matrix_norm(recurrent, ord=2)
    return _carried(norms(external, -1).unsqueeze(-1), lambda step, total: total * growth)


def _norms(one: Replayed, values: Tensor) -> np.ndarray:
    """‖values_t‖₂ over examples and units, shape (T,), in the sequence's order."""
    return norms(one.turned(values), (1, 2)).cpu().numpy()


def _mean(one: Replayed, values: Tensor) -> np.ndarray:
    """Mean over units and over the examples that have this timestep, shape (T,), in the sequence's order."""
    valid = one.valid()
    kept = torch.where(valid, one.turned(values).mean(dim=-1), 0.0)
    return (kept.sum(dim=1) / valid.sum(dim=1)).cpu().numpy()
