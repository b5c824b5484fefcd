"""PyTorch's own fused LSTM on the CPU, with its gates and cells read from what its kernel keeps.

The kernel gives them away to nobody, but they can be found in its workspace (`fused_workspace`). That is checked by the
numbers at the first call of each shape; where it does not hold, or where PyTorch does not use this kernel, there is no
answer, and `LSTMScan` computes everything itself.

Axes: T timesteps first, N batch, I input, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .fused_workspace import TOLERANCE, cells_in, find_cells, find_flow, flow_in, gates_in, padded
from .scans import Weights

LSTM_MODE = 2


@dataclass
class Layout:
    """Where the workspaces of one shape keep what."""

    cells: int
    """c_t."""
    into_hidden: int | None = None
    """W_hhᵀ ∂L/∂a_t; None until a backward pass has shown it."""
    into_cell: int | None = None
    """f_t ⊙ ∂L/∂c_t; None until a backward pass has shown it."""


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows from every step back into the state before it: into t = 0 … T − 1, each (T, N, H)."""

    hidden: np.ndarray
    """W_hhᵀ ∂L/∂a_{t+1}."""
    cell: np.ndarray
    """f_{t+1} ⊙ ∂L/∂c_{t+1}."""


@dataclass(frozen=True, eq=False)
class FusedLSTM:
    """What the fused kernel computed; apart from autograd."""

    given: tuple[Tensor, ...]
    """Inputs (T, N, I); W_ih, W_hh, b_ih, b_hh; initial hidden state and cell (N, H)."""
    outputs: Tensor
    """h_t, shape (T, N, H)."""
    last_cell: Tensor
    """c_T, shape (N, H)."""
    workspace: Tensor
    """What the kernel keeps for its backward pass, in bytes."""
    floats: np.ndarray
    """The same memory."""
    layout: Layout

    def gates(self) -> np.ndarray:
        """i, f, g, o after their activations, shape (T, N, 4H), rows padded, not a copy."""
        return gates_in(self.floats, self.outputs.shape)

    def cells(self) -> Tensor:
        """c_0 … c_T, shape (T + 1, N, H)."""
        return torch.cat(
            [self.given[-1].unsqueeze(0), torch.from_numpy(self.cells_between()), self.last_cell.unsqueeze(0)]
        )

    def cells_between(self) -> np.ndarray:
        """c_1 … c_{T-1}, shape (T − 1, N, H), not a copy."""
        return cells_in(self.floats, self.layout.cells, self.outputs.shape)

    def squashed(self) -> Tensor:
        """The tanh of c_t, shape (T, N, H): h_t / o_t, as tanh takes three times as long."""
        exposing = torch.from_numpy(self.gates()[..., 3 * self.outputs.shape[-1] :])
        return self.outputs / exposing.clamp_min(torch.finfo(torch.float32).tiny)

    def flow(self, hidden: np.ndarray, cell: np.ndarray) -> Flow | None:
        """After the kernel's backward pass, what flowed back, not a copy; None where the workspace does not show it.

        `hidden` and `cell` are the gradients of the initial states, (N, H): those must be there.
        """
        if self.layout.into_hidden is None or self.layout.into_cell is None:
            return None
        shape = self.outputs.shape
        into_hidden = flow_in(self.floats, self.layout.into_hidden, self._row(), shape)
        into_cell = flow_in(self.floats, self.layout.into_cell, shape[-1], shape)
        is_there = np.array_equal(into_hidden[0], hidden) and np.array_equal(into_cell[0], cell)
        return Flow(into_hidden, into_cell) if is_there else None

    def learn(self, expected: Flow) -> None:
        """After the kernel's backward pass, find where the workspace shows what flowed back."""
        into_hidden = find_flow(self.floats, expected.hidden, self._row())
        into_cell = find_flow(self.floats, expected.cell, self.outputs.shape[-1])
        if into_hidden is not None and into_cell is not None:  # NaN is found nowhere, and says nothing of the places
            self.layout.into_hidden, self.layout.into_cell = into_hidden, into_cell

    def _row(self) -> int:
        return padded(max(self.given[0].shape[-1], self.outputs.shape[-1]))


_layouts: dict[tuple[int, ...], Layout | None] = {}
"""By T, N, I, H and number of threads; None: there the workspace is not as described."""


def fused_lstm(inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> FusedLSTM | None:
    """Run inputs (T, N, I) through the fused kernel from hidden and cell (N, H); None where it shows no gates."""
    if not is_fused(inputs, weights):
        return None
    given = tuple(tensor.detach() for tensor in contiguous(inputs, weights, hidden, cell))
    with torch.enable_grad():  # else the kernel keeps no workspace
        outputs, _, last_cell, workspace = run_kernel(given)
    return reading(given, outputs, last_cell, workspace)


def contiguous(inputs: Tensor, weights: Weights, hidden: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
    """What the kernel is given, in its order."""
    given = (inputs, weights.input, weights.hidden, weights.bias_input, weights.bias_hidden, hidden, cell)
    return tuple(tensor.contiguous() for tensor in given)  # type: ignore[union-attr]


def is_fused(inputs: Tensor, weights: Weights) -> bool:
    """Whether `torch.lstm` itself would use the kernel."""
    is_plain = inputs.device.type == "cpu" and inputs.dtype == torch.float32 and weights.projection is None
    has_biases = weights.bias_input is not None and weights.bias_hidden is not None
    return is_plain and has_biases and inputs.numel() > 0 and _is_available()


def _is_available() -> bool:
    return torch.backends.mkldnn.is_available() and torch._C._get_mkldnn_enabled()


def run_kernel(given: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """h_1 … h_T, h_T, c_T and the workspace, of contiguous tensors as in `FusedLSTM.given`, while grad is enabled."""
    inputs, *weights, hidden, cell = given
    size, (of_input, of_hidden, bias_input, bias_hidden) = cell.shape[1], weights
    return torch.mkldnn_rnn_layer(
        inputs, of_input, of_hidden, bias_input, bias_hidden, hidden, cell,
        False, [], LSTM_MODE, size, 1, True, False, False, True,
    )  # fmt: skip


def run_backward(fused: FusedLSTM, outputs: Tensor, last_cell: Tensor) -> tuple[Tensor, ...]:
    """Gradients of `fused.given`, from what reaches h_t (T, N, H) and c_T (N, H) from outside."""
    return torch.ops.aten.mkldnn_rnn_layer_backward(
        *fused.given, fused.outputs, fused.outputs[-1], fused.last_cell, outputs, None, last_cell,
        False, LSTM_MODE, outputs.shape[-1], 1, True, True, False, [], False, fused.workspace,
    )  # fmt: skip


def reading(given: tuple[Tensor, ...], outputs: Tensor, last_cell: Tensor, workspace: Tensor) -> FusedLSTM | None:
    """What the kernel computed from `given`, all detached; None where it is not found."""
    key = (*given[0].shape, outputs.shape[-1], torch.get_num_threads())
    floats = workspace.numpy().view(np.float32)
    if key not in _layouts and outputs.isfinite().all() and outputs.any():  # else they cannot show where they are
        _layouts[key] = _layout(outputs, last_cell, floats, given[-1])
    layout = _layouts.get(key)
    return None if layout is None else FusedLSTM(given, outputs, last_cell, workspace, floats, layout)


def _layout(outputs: Tensor, last_cell: Tensor, floats: np.ndarray, cell: Tensor) -> Layout | None:
    """Where the cells are, if the gates are where they are looked for: together they must make h_t."""
    if len(floats) < outputs.numel() // cell.shape[1] * padded(4 * cell.shape[1]):
        return None  # it keeps no gates
    gates = torch.from_numpy(gates_in(floats, outputs.shape))
    cells = _cells(gates, cell)
    exposed = gates[..., 3 * cell.shape[1] :] * torch.tanh(cells[1:])
    if not torch.allclose(exposed, outputs, atol=TOLERANCE) or not torch.allclose(cells[-1], last_cell, atol=TOLERANCE):
        return None
    place = find_cells(floats, cells[1:-1].numpy())
    return None if place is None else Layout(place)


def _cells(gates: Tensor, cell: Tensor) -> Tensor:
    """c_t = f ⊙ c_{t-1} + i ⊙ g, shape (T + 1, N, H)."""
    input, forget, candidate, _ = gates.chunk(4, -1)
    cells = [cell]
    for step in range(len(gates)):
        cells.append(torch.addcmul(forget[step] * cells[-1], input[step], candidate[step]))
    return torch.stack(cells)
