"""The tap of PyTorch's fused LSTM: autograd runs its own two passes, and all is read when it is asked for.

Read with NumPy, whose calls cost a fraction of PyTorch's on arrays this small.

Axes: T timesteps first, N batch, I input, H hidden, E watched examples.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from .fused_lstm import Flow, FusedLSTM, contiguous, is_fused, reading, run_backward, run_kernel
from .lstm_scan import GATES, LSTMScan
from .scans import WEIGHT_NAMES, Weights

NAMES = (*GATES, "cell", "hidden")
"""Of what a tap keeps of the watched examples."""

OUTSIDE = ("output", "hidden", "cell")
"""A layer's results, whose gradients reach it from outside; the last two are the final states."""


class FusedTap:
    """What one fused layer in one direction saw in one call: the same as a `Tap`, of the watched examples as arrays."""

    kind = "lstm"

    def __init__(self, fused: FusedLSTM, examples: Tensor | slice) -> None:
        self.examples = examples
        self._some = examples if isinstance(examples, slice) else examples.numpy()
        self._fused = fused
        self.from_outside: dict[str, Tensor] = {}
        """Gradients that reached OUTSIDE, of final states (1, N, H); the dictionary may be exchanged for another."""
        self._flow: Flow | None = None
        self._hidden: Tensor | None = None

    def went_back(self, into: tuple[Tensor | None, ...], outside: tuple[Tensor | None, ...]) -> None:
        """Hear from autograd that the kernel has gone back: gradients of its seven inputs, and of its results."""
        self._hidden = None
        self.from_outside.clear()
        for name, value in zip(OUTSIDE, outside, strict=False):  # the fourth result is the workspace
            if value is not None:
                self.from_outside[name] = value.detach() if name == "output" else value.detach().unsqueeze(0)
        self.__dict__.pop("_paths", None)
        hidden, cell = into[5:7]
        if hidden is None or cell is None:  # as for a gradient of some tensors alone
            self._flow = self._computed()
        else:
            self._flow = self._shown(hidden.detach().numpy(), cell.detach().numpy())

    def _shown(self, hidden: np.ndarray, cell: np.ndarray) -> Flow:
        """What flowed back as the kernel has it, given the gradients of the initial states (N, H)."""
        if (flow := self._fused.flow(hidden, cell)) is not None:
            return flow
        computed = self._computed()
        computed.hidden[0], computed.cell[0] = hidden, cell
        self._fused.learn(computed)
        return self._fused.flow(hidden, cell) or computed  # the kernel's, so that it is the same every time

    def _computed(self) -> Flow:
        """What flowed back, by a backward pass of our own."""
        scan, cells = LSTMScan.of_fused(self._fused), torch.zeros_like(self._fused.outputs)
        cells[-1] = self._entered_cell()
        adjoint = scan.backward(self._entered(), cells)
        assert adjoint.cell is not None  # of an LSTM
        into_hidden = adjoint.hidden_preactivation @ scan.recurrent
        return Flow(into_hidden.numpy(), (scan.plane("forget") * adjoint.cell).numpy())

    def _entered(self) -> Tensor:
        """What reached h_t from outside the recurrence, shape (T, N, H), to write into."""
        if (outputs := self.from_outside.get("output")) is None:
            entered = torch.zeros_like(self._fused.outputs)
        else:
            entered = outputs.clone(memory_format=torch.contiguous_format)
        if "hidden" in self.from_outside:
            entered[-1] += self.from_outside["hidden"][0]
        return entered

    def _entered_cell(self) -> Tensor:
        """What reached c_T from outside, shape (N, H)."""
        states = self.from_outside.get("cell")
        return torch.zeros_like(self._fused.last_cell) if states is None else states[0]

    @cached_property
    def gates(self) -> dict[str, np.ndarray]:
        """Gates and states of the watched examples, each (T, E, H)."""
        fused, some = self._fused, self._some
        steps, _, size = fused.outputs.shape
        gates = fused.gates()[:, some].reshape(steps, -1, 4, size)
        kept = np.empty((len(NAMES), *gates.shape[:2], size), np.float32)
        kept[:4] = gates.transpose(2, 0, 1, 3)  # (T, E, 4, H) -> (4, T, E, H)
        kept[4, :-1] = fused.cells_between()[:, some]
        kept[4, -1] = fused.last_cell.numpy()[some]
        kept[5] = fused.outputs.numpy()[:, some]
        return dict(zip(NAMES, kept, strict=True))

    @property
    def hidden(self) -> Tensor | None:
        """∂L/∂h_t, shape (T, N, H); None until the backward pass."""
        if self._hidden is None and self._flow is not None:
            self._hidden = self._entered()
            total = self._hidden.numpy()
            total[:-1] += self._flow.hidden[1:]
        return self._hidden

    @property
    def cell(self) -> np.ndarray | None:
        """∂L/∂c_t of the watched examples, shape (T, E, H), and its two parts; None until the backward pass."""
        return None if self._flow is None else self._paths[0] + self._paths[1]

    @property
    def cell_carousel(self) -> np.ndarray | None:
        """As `Tap` tells it."""
        return None if self._flow is None else self._paths[0]

    @property
    def cell_through_gates(self) -> np.ndarray | None:
        """As `Tap` tells it."""
        return None if self._flow is None else self._paths[1]

    @cached_property
    def _paths(self) -> tuple[np.ndarray, np.ndarray]:
        """∂L/∂c_t along the carousel, to the last one from outside, and through h_t; each (T, E, H)."""
        assert self._flow is not None and self.hidden is not None
        through_gates = np.tanh(self.gates["cell"])
        carousel = np.empty_like(through_gates)
        carousel[:-1] = self._flow.cell[1:, self._some]
        carousel[-1] = self._entered_cell().numpy()[self._some]
        np.square(through_gates, through_gates)
        np.subtract(1, through_gates, through_gates)
        through_gates *= self.gates["output"]  # ∂(o_t ⊙ tanh c_t)/∂c_t
        through_gates *= self.hidden.numpy()[:, self._some]
        return carousel, through_gates

    @property
    def parameters(self) -> dict[str, Tensor]:
        """Gradients of the weights, under the names of `Weights`; the kernel goes back once more."""
        if self._flow is None:
            return {}
        apart = replace(self._fused, workspace=self._fused.workspace.clone())  # it is written into
        _, *parameters, _, _ = run_backward(apart, self._entered(), self._entered_cell())
        return dict(zip(WEIGHT_NAMES, parameters, strict=False))


def tapped_lstm(
    examples: Tensor | slice, inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights
) -> tuple[FusedTap, Tensor, Tensor, Tensor] | None:
    """Run inputs (T, N, I) from hidden and cell (N, H): tap, outputs (T, N, H), h_T, c_T; None without the kernel."""
    if not is_fused(inputs, weights) or not _learns(inputs, weights):
        return None
    given = contiguous(inputs, weights, *map(_with_gradient, (hidden, cell)))
    outputs, last_hidden, last_cell, workspace = run_kernel(given)
    detached = tuple(tensor.detach() for tensor in given)
    fused = reading(detached, outputs.detach(), last_cell.detach(), workspace)
    if fused is None:
        return None
    tap = FusedTap(fused, examples)
    assert outputs.grad_fn is not None  # as something learns
    outputs.grad_fn.register_hook(tap.went_back)
    return tap, outputs, last_hidden, last_cell


def _with_gradient(state: Tensor) -> Tensor:
    """An initial state whose gradient is computed: it has to be in the workspace too."""
    return state if state.requires_grad else state.detach().requires_grad_()


def _learns(inputs: Tensor, weights: Weights) -> bool:
    """Whether a backward pass can come."""
    return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (inputs, weights.input, weights.hidden))
