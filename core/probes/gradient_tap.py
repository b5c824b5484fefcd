"""The gradient tap: a recurrent layer's own computation, with every ∂L/∂h_t and ∂L/∂c_t kept on the way back.

`output.retain_grad()` on a fused layer gives only what reaches output[t] from outside. The tap computes the same layer
as a scan whose backward pass keeps the totals. Values and gradients equal the fused layer's to float rounding. Where
PyTorch's own kernel can be read (`fused_tap`), it is not needed.

Axes: T timesteps first, N batch, I input, H hidden, P projection, E watched examples.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .gru_scan import GRUScan
from .lstm_scan import LSTMScan
from .rnn_scan import RNNScan
from .scans import WEIGHT_NAMES, Adjoint, Scan, Weights, at_last


@dataclass
class Tap:
    """What one layer in one direction saw in one call, filled forward and backward. Time runs as it scans."""

    kind: str
    """"lstm", "gru", "rnn_tanh", "rnn_relu" or "rnn_identity"."""
    examples: Tensor | slice
    """The watched examples: their indices in the batch, shape (E,), or a slice, which is cheaper."""
    gates: dict[str, Tensor] = field(default_factory=dict)
    """Gates and states of the watched examples, each (T, E, H)."""
    hidden: Tensor | None = None
    """∂L/∂h_t, shape (T, N, P); None until the backward pass."""
    cell: Tensor | None = None
    """LSTM: ∂L/∂c_t of the watched examples, shape (T, E, H), and its two parts."""
    cell_carousel: Tensor | None = None
    cell_through_gates: Tensor | None = None
    parameters: dict[str, Tensor] = field(default_factory=dict)
    """Gradients of the weights, under the names of `Weights`."""


def make_scan(kind: str, inputs: Tensor, hidden: Tensor, cell: Tensor | None, weights: Weights) -> Scan:
    """Run a layer from hidden (N, P) and cell (N, H), over inputs (T, N, I), or (T, N) of tokens as unit vectors."""
    if kind == "lstm":
        assert cell is not None
        return LSTMScan(inputs, hidden, cell, weights)
    if kind == "gru":
        return GRUScan(inputs, hidden, weights)
    return RNNScan(inputs, hidden, weights, kind.removeprefix("rnn_"))


class TappedLayer(torch.autograd.Function):
    """One layer in one direction as a single autograd node; its backward pass fills the tap."""

    @staticmethod
    def forward(
        ctx: Any,
        tap: Tap,
        last: Tensor | None,
        inputs: Tensor,
        hidden: Tensor,
        cell: Tensor | None,
        *weights: Tensor | None,
    ):
        """Outputs (T, N, P), and the hidden and cell state at each example's `last` timestep, None: at the end."""
        scan = make_scan(tap.kind, inputs, hidden, cell, Weights(*weights))  # type: ignore[arg-type]
        ctx.tap, ctx.scan, ctx.last = tap, scan, last
        ctx.save_for_backward(inputs, hidden, *weights)
        tap.gates = scan.gates(tap.examples)
        outputs = scan.outputs.detach()  # which gets this node as its origin; the node must not hold it in turn
        return outputs, at_last(outputs, last).clone(), scan.final_cell(last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outputs: Tensor, last_hidden: Tensor, last_cell: Tensor | None):
        """Gradients of inputs, initial states and weights."""
        inputs, initial, *weights = ctx.saved_tensors
        hidden, cells = _external(ctx.last, outputs, last_hidden, last_cell)
        adjoint = ctx.scan.backward(hidden, cells)
        _fill(ctx.tap, ctx.scan, adjoint, ctx.last, last_cell)
        parameters = _parameter_gradients(
            inputs, initial, ctx.scan, adjoint, Weights(*weights), ctx.needs_input_grad[5:]
        )
        ctx.tap.parameters = {
            name: value for name, value in zip(WEIGHT_NAMES, parameters, strict=False) if value is not None
        }
        into_inputs = adjoint.input_preactivation @ weights[0] if ctx.needs_input_grad[2] else None
        return None, None, into_inputs, adjoint.initial_hidden, adjoint.initial_cell, *parameters


def _add_at(states: Tensor, last: Tensor | None, values: Tensor) -> None:
    """Add values (N, H) to the states (T, N, H) of each example's last timestep, in place."""
    if last is None:
        states[-1] += values
    else:
        states[last, torch.arange(len(last), device=last.device)] += values


def _external(
    last: Tensor | None, outputs: Tensor, hidden: Tensor, cell: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """What reaches every h_t (T, N, P) and c_t (T, N, H) from outside the recurrence, as tensors to write into."""
    total = outputs.clone(memory_format=torch.contiguous_format)
    _add_at(total, last, hidden)
    if cell is None:
        return total, None
    cells = cell.new_zeros(outputs.shape[0], *cell.shape)
    _add_at(cells, last, cell)
    return total, cells


def _fill(tap: Tap, scan: Scan, adjoint: Adjoint, last: Tensor | None, last_cell: Tensor | None) -> None:
    """Keep the totals of all examples, and both paths into the cell of the watched ones."""
    tap.hidden = adjoint.hidden
    if isinstance(scan, LSTMScan):
        assert adjoint.cell is not None and adjoint.exposed is not None and last_cell is not None
        tap.cell = adjoint.cell[:, tap.examples].clone()
        tap.cell_through_gates = adjoint.exposed[:, tap.examples] * scan.exposure(tap.examples)
        tap.cell_carousel = torch.zeros_like(tap.cell)
        tap.cell_carousel[:-1] = tap.cell[1:] * tap.gates["forget"][1:]
        _add_at(tap.cell_carousel, None if last is None else last[tap.examples], last_cell[tap.examples])


def _parameter_gradients(
    inputs: Tensor, initial: Tensor, scan: Scan, adjoint: Adjoint, weights: Weights, wanted: tuple[bool, ...]
) -> list[Tensor | None]:
    """Gradients of W_ih, W_hh, b_ih, b_hh, W_hr: each a sum over timesteps and examples, None where none is wanted."""
    previous = torch.cat([initial.unsqueeze(0), scan.outputs[:-1]])
    found: list[Tensor | None] = [None] * 5
    if adjoint.input_preactivation is adjoint.hidden_preactivation:
        into = adjoint.input_preactivation
        both, bias = _weight_and_bias(into, [inputs, previous], wanted[0] or wanted[1], wanted[2] or wanted[3])
        if both is not None:
            found[:2] = both.split((inputs.shape[-1], previous.shape[-1]), dim=1)
        found[2:4] = bias, None if bias is None else bias.clone()
    else:
        found[0], found[2] = _weight_and_bias(adjoint.input_preactivation, [inputs], wanted[0], wanted[2])
        found[1], found[3] = _weight_and_bias(adjoint.hidden_preactivation, [previous], wanted[1], wanted[3])
    found = [value if asked else None for value, asked in zip(found, wanted, strict=True)]
    if wanted[4] and isinstance(scan, LSTMScan):
        found[4] = adjoint.hidden.flatten(0, 1).t() @ scan.exposed.flatten(0, 1)
    return found


def _weight_and_bias(
    preactivation: Tensor, sources: list[Tensor], weight: bool, bias: bool
) -> tuple[Tensor | None, Tensor | None]:
    """∂L/∂W and ∂L/∂b from ∂L/∂(W [sources] + b), shape (T, N, G): one product for the sources side by side."""
    flat = preactivation.flatten(0, 1)  # (T, N, G) -> (TN, G)
    product = flat.t() @ torch.cat(sources, dim=-1).flatten(0, 1) if weight else None
    return product, flat.sum(0) if bias else None
