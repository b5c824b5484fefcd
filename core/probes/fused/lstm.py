"""PyTorch's own fused LSTM on the CPU, with its gates and cells read from what its kernel keeps.

Where PyTorch does not use this kernel, or its workspace is not as expected, there is no answer, and `LSTMScan` computes
everything itself.

Axes: T timesteps first, N batch, I input, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..scans import Weights
from .workspace import Workspace, is_forward_there, workspace_of

LSTM_MODE = 2


@dataclass(frozen=True, eq=False)
class FusedLSTM:
    """What the fused kernel computed; apart from autograd."""

    initial_cell: Tensor
    """c_0, shape (N, H)."""
    outputs: Tensor
    """h_t, shape (T, N, H)."""
    last_cell: Tensor
    """c_T, shape (N, H)."""
    workspace: Workspace

    def gates(self) -> np.ndarray:
        """i, f, g, o after their activations, shape (T, N, 4H), rows padded, not a copy."""
        return self.workspace.gates

    def cells(self) -> Tensor:
        """c_0 … c_T, shape (T + 1, N, H)."""
        between = torch.from_numpy(self.workspace.cells_between)
        return torch.cat([self.initial_cell.unsqueeze(0), between, self.last_cell.unsqueeze(0)])


def fused_lstm(inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> FusedLSTM | None:
    """Run inputs (T, N, I) through the fused kernel from hidden and cell (N, H); None where it shows no gates."""
    if not _is_fused(inputs, weights):
        return None
    given = [tensor.detach().contiguous() for tensor in _given(inputs, weights, hidden, cell)]
    with torch.enable_grad():  # else the kernel keeps no workspace
        outputs, _, last_cell, kept = _run_kernel(given)
    workspace = workspace_of(kept, inputs.shape[0], inputs.shape[1], inputs.shape[2], cell.shape[1])
    if workspace is None or not is_forward_there(workspace, outputs[-1, 0].numpy(), last_cell[0].numpy()):
        return None
    return FusedLSTM(given[-1], outputs, last_cell, workspace)


def _given(inputs: Tensor, weights: Weights, hidden: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
    assert weights.bias_input is not None and weights.bias_hidden is not None  # `_is_fused` has looked
    return inputs, weights.input, weights.hidden, weights.bias_input, weights.bias_hidden, hidden, cell


def _is_fused(inputs: Tensor, weights: Weights) -> bool:
    """Whether `torch.lstm` itself would use the kernel, and it is the one whose workspace is known."""
    is_plain = inputs.device.type == "cpu" and inputs.dtype == torch.float32 and weights.projection is None
    has_biases = weights.bias_input is not None and weights.bias_hidden is not None
    return is_plain and has_biases and inputs.numel() > 0 and _is_available()


def _is_available() -> bool:
    return torch.backends.mkldnn.is_available() and torch._C._get_mkldnn_enabled()


def _run_kernel(given: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """h_1 … h_T, h_T, c_T and the workspace, of contiguous inputs, W_ih, W_hh, b_ih, b_hh, h_0 and c_0."""
    inputs, *weights, hidden, cell = given
    size, (of_input, of_hidden, bias_input, bias_hidden) = cell.shape[1], weights
    return torch.mkldnn_rnn_layer(
        inputs, of_input, of_hidden, bias_input, bias_hidden, hidden, cell,
        False, [], LSTM_MODE, size, 1, True, False, False, True,
    )  # fmt: skip
