"""The gates of PyTorch's own fused LSTM on the CPU, read from what its kernel keeps for its backward pass.

oneDNN writes i, f, g, o of every timestep at the head of its workspace, rows padded as below. No document promises
that, so the first call of each shape checks it: o ⊙ tanh(c) has to be the kernel's own output. Where it is not, or
where PyTorch does not use this kernel, there is no answer, and `LSTMScan` computes the gates itself.

Axes: T timesteps first, N batch, I input, H hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .scans import Weights

LSTM_MODE = 2
LINE = 16
"""Floats in a cache line, to which oneDNN pads a row; and it adds one where successive rows would collide."""
COLLISION = 256
TOLERANCE = 1e-5


class FusedLSTM(NamedTuple):
    """What the fused kernel computed."""

    outputs: Tensor
    """h_t, shape (T, N, H)."""
    gates: Tensor
    """i, f, g, o after their activations, shape (T, N, 4H); rows may be padded."""
    cells: Tensor
    """c_0 … c_T, shape (T + 1, N, H)."""
    squashed: Tensor
    """tanh c_t, shape (T, N, H): h_t / o_t, as tanh takes three times as long."""


_layout_holds: dict[tuple[int, int, int], bool] = {}
"""By (T, N, H): whether the workspace of that shape was found to be as described."""


def fused_lstm(inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> FusedLSTM | None:
    """Run inputs (T, N, I) through the fused kernel from hidden and cell (N, H); None where it shows no gates."""
    shape = (inputs.shape[0], *cell.shape)
    if not _is_fused(inputs, weights) or not _layout_holds.get(shape, True):
        return None
    found = _run(inputs, hidden, cell, weights)
    if shape not in _layout_holds and (found is None or bool(torch.isfinite(found.outputs).all())):
        _layout_holds[shape] = found is not None and _agrees(found)
    return found if _layout_holds.get(shape, False) else None


def _is_fused(inputs: Tensor, weights: Weights) -> bool:
    """Whether `torch.lstm` itself would use the kernel."""
    is_plain = inputs.device.type == "cpu" and inputs.dtype == torch.float32 and weights.projection is None
    has_biases = weights.bias_input is not None and weights.bias_hidden is not None
    return is_plain and has_biases and inputs.numel() > 0 and _is_available()


def _is_available() -> bool:
    return torch.backends.mkldnn.is_available() and torch._C._get_mkldnn_enabled()


def _run(inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> FusedLSTM | None:
    """What the kernel computes, if its workspace can hold the gates."""
    weights_of_layer = (weights.input, weights.hidden, weights.bias_input, weights.bias_hidden)
    given = (inputs, *weights_of_layer, hidden, cell)
    tensors = [tensor.detach().contiguous() for tensor in given]  # type: ignore[union-attr]
    with torch.enable_grad():  # else it keeps no workspace
        outputs, _, _, workspace = torch.ops.aten.mkldnn_rnn_layer(
            *tensors, False, [], LSTM_MODE, cell.shape[1], 1, True, False, False, True
        )
    size = cell.shape[1]
    gates = _gates(workspace, len(inputs), *cell.shape)
    if gates is None:
        return None
    cells = _cells(gates, cell)
    exposing = gates[..., 3 * size :].clamp_min(torch.finfo(torch.float32).tiny)
    return FusedLSTM(outputs, gates, cells, outputs / exposing)


def _gates(workspace: Tensor | None, steps: int, batch: int, size: int) -> Tensor | None:
    row = -(-4 * size // LINE) * LINE
    row += LINE * (row % COLLISION == 0)
    if workspace is None or workspace.nbytes < 4 * steps * batch * row:
        return None
    return workspace.view(torch.float32)[: steps * batch * row].view(steps, batch, row)[..., : 4 * size]


def _cells(gates: Tensor, cell: Tensor) -> Tensor:
    """c_t = f ⊙ c_{t-1} + i ⊙ g; NumPy's calls cost a fraction of PyTorch's on arrays this small."""
    size = cell.shape[1]
    cells = cell.new_empty(len(gates) + 1, *cell.shape)
    cells[0] = cell
    torch.mul(gates[..., :size], gates[..., 2 * size : 3 * size], out=cells[1:])
    rows, kept = cells.numpy(), np.empty(cell.shape, np.float32)
    for forget, before, after in zip(gates[..., size : 2 * size].numpy(), rows[:-1], rows[1:], strict=True):
        np.multiply(forget, before, kept)
        np.add(after, kept, after)
    return cells


def _agrees(found: FusedLSTM) -> bool:
    output = found.gates[..., 3 * found.cells.shape[-1] :]
    return bool(torch.allclose(output * torch.tanh(found.cells[1:]), found.outputs, atol=TOLERANCE))
