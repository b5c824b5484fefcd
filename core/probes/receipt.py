"""The receipt: a tap's numbers found a second, slow way, and how far apart the two are.

The same weights, inputs and outside gradients run through our explicit cells, one timestep at a time, in float64;
autograd gives the gradient at each step, and central differences check one of them.

Axes: L layers, D directions, N batch, E watched examples, T timesteps first, H hidden units, P units of h.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.cells import Cell, GRUCell, LSTMCell, RNNCell
from ..recordings.records import GradientFlow, Receipt
from .recurrent_call import RecurrentCall, reversed_in_time
from .scans import Weights

Pair = tuple[Tensor, Tensor]
"""(the tap's value, the slow way's)."""
PARAMETERS = {
    "input": "weight_ih",
    "hidden": "weight_hh",
    "bias_input": "bias_ih",
    "bias_hidden": "bias_hh",
    "projection": "weight_hr",
}
NUDGE = 1e-5


@dataclass(frozen=True)
class Bump:
    """A displacement of one hidden state: ∂L along it by central differences."""

    index: int
    """Layer · D + direction."""
    step: int
    """Timestep as the direction scans."""
    by: Tensor
    """Shape (N, P)."""


@dataclass(frozen=True)
class Unrolled:
    """One call, run step by step in float64."""

    loss: Tensor
    """Σ output ⊙ ∂L/∂output + Σ state_n ⊙ ∂L/∂state_n: its gradients are the loss's own."""
    hidden: list[list[Tensor]]
    """h_t by layer · D + direction and timestep as scanned, each (N, P)."""
    cell: list[list[Tensor]]
    """c_t likewise, empty but for an LSTM."""


def receipt(calls: Sequence[RecurrentCall], flow: GradientFlow) -> Receipt:
    """Compare consecutive calls of a layer with the slow way.

    Errors: RuntimeError if a weight was changed in place since the calls, e.g. by `optimizer.step()`.
    """
    if any(call.changed_weights() for call in calls):
        raise RuntimeError(
            "receipt needs the weights with which the gradients were computed, but they have changed since; "
            "ask for it before optimizer.step()."
        )
    differences = [_differences(call) for call in calls]
    cells = [row["cell"] for row in differences if "cell" in row]
    step, finite = _finite_difference(calls[-1])
    return Receipt(
        hidden=_largest_ratio(row["hidden"] for row in differences),
        cell=_largest_ratio(cells) if cells else None,
        parameters=_largest_ratio(row["parameters"] for row in differences),
        finite_difference=finite,
        finite_difference_step=step + sum(len(call.inputs) for call in calls[:-1]),
        reference_norms=np.concatenate([_reference_norms(call) for call in calls], axis=2),
    )


def _explicit(call: RecurrentCall, weights: Weights) -> Cell:
    rows, features = weights.input.shape
    projected = 0 if weights.projection is None else weights.hidden.shape[1]
    options: dict[str, Any] = dict(
        bias=weights.bias_input is not None, dtype=torch.float64, device=weights.input.device
    )
    if call.kind == "lstm":
        cell: Cell = LSTMCell(features, rows // 4, proj_size=projected, **options)
    elif call.kind == "gru":
        cell = GRUCell(features, rows // 3, **options)
    else:
        cell = RNNCell(features, rows, call.kind.removeprefix("rnn_"), **options)
    with torch.no_grad():
        for ours, theirs in PARAMETERS.items():
            if (value := getattr(weights, ours)) is not None:
                getattr(cell, theirs).copy_(value)
    return cell


def _unrolled(call: RecurrentCall, cells: Sequence[Cell], bump: Bump | None = None) -> Unrolled:
    hidden: list[list[Tensor]] = []
    memory: list[list[Tensor]] = []
    inputs = call.inputs.double()
    for layer in range(call.layers):
        if layer and call.masks:
            inputs = inputs * call.masks[layer - 1].double()
        parts = []
        for direction in range(call.directions):
            index = layer * call.directions + direction
            turned = reversed_in_time(inputs, call.lengths) if direction else inputs
            here = bump if bump is not None and bump.index == index else None
            outputs, states = _steps(call, cells[index], index, turned, here)
            hidden.append(outputs)
            memory.append(states)
            stacked = torch.stack(outputs)
            parts.append(reversed_in_time(stacked, call.lengths) if direction else stacked)
        inputs = torch.cat(parts, dim=-1)
    return Unrolled(_surrogate(call, inputs, hidden, memory), hidden, memory if call.kind == "lstm" else [])


def _steps(
    call: RecurrentCall, cell: Cell, index: int, inputs: Tensor, bump: Bump | None
) -> tuple[list[Tensor], list[Tensor]]:
    hidden = call.hidden[index].double()
    memory = hidden if call.cell is None else call.cell[index].double()
    outputs, states = [], []
    for step, current in enumerate(inputs.unbind(0)):
        if call.cell is None:
            hidden = cell(current, hidden)
        else:
            hidden, memory = cell(current, (hidden, memory))
        if bump is not None and step == bump.step:
            hidden = hidden + bump.by
        outputs.append(hidden)
        states.append(memory)
    return outputs, states


def _surrogate(call: RecurrentCall, outputs: Tensor, hidden: list[list[Tensor]], memory: list[list[Tensor]]) -> Tensor:
    total = outputs.new_zeros(())
    rows = torch.arange(len(call.lengths), device=outputs.device)
    for name, value in call.from_outside.items():
        gradient = value.double()
        if name == "output":
            total = total + (outputs * gradient).sum()
            continue
        chains = hidden if name == "hidden" else memory
        finals = [torch.stack(chain)[call.lengths - 1, rows] for chain in chains]
        total = total + (torch.stack(finals) * gradient).sum()
    return total


def _differences(call: RecurrentCall) -> dict[str, list[Pair]]:
    cells = [_explicit(call, weights) for weights in call.weights]
    run = _unrolled(call, cells)
    hidden = _gradients(run.loss, run.hidden)
    found = {"hidden": [(_kept(tap.hidden), slow) for tap, slow in zip(call.taps, hidden, strict=True)]}
    if run.cell:
        slow_cells = _gradients(run.loss, run.cell)
        pairs = zip(call.taps, slow_cells, strict=True)
        found["cell"] = [(_kept(tap.cell), slow[:, tap.examples]) for tap, slow in pairs]
    found["parameters"] = []
    for tap, cell in zip(call.taps, cells, strict=True):
        for name, value in tap.parameters.items():
            (slow,) = torch.autograd.grad(run.loss, getattr(cell, PARAMETERS[name]), retain_graph=True)
            found["parameters"].append((value, slow))
    return found


def _kept(value: Tensor | np.ndarray | None) -> Tensor:
    assert value is not None  # a receipt is asked for with a flow, which checked it
    return torch.as_tensor(value)


def _gradients(loss: Tensor, chains: list[list[Tensor]]) -> list[Tensor]:
    """∂loss/∂state for chains of states, each chain stacked to (T, N, H)."""
    flat = [state for chain in chains for state in chain]
    gradients = iter(torch.autograd.grad(loss, flat, retain_graph=True, materialize_grads=True))
    return [torch.stack([next(gradients) for _ in chain]) for chain in chains]


def _largest_ratio(pairs: Iterable[Pair] | Iterable[list[Pair]]) -> float:
    """Largest |a − b| over the largest |b|, both over all entries of all pairs."""
    flat = [pair for item in pairs for pair in ([item] if isinstance(item, tuple) else item)]
    difference = max((float((a.double() - b).abs().max()) for a, b in flat if b.numel()), default=0.0)
    largest = max((float(b.abs().max()) for _, b in flat if b.numel()), default=0.0)
    return difference / largest if largest else difference


def _reference_norms(call: RecurrentCall) -> np.ndarray:
    """‖∂L/∂h_t‖₂ over batch and units, shape (L, D, T), in the sequence's order."""
    run = _unrolled(call, [_explicit(call, weights) for weights in call.weights])
    rows = []
    for index, gradient in enumerate(_gradients(run.loss, run.hidden)):
        turned = reversed_in_time(gradient, call.lengths) if index % call.directions else gradient
        rows.append(turned.square().sum(dim=(1, 2)).sqrt())
    return torch.stack(rows).unflatten(0, (call.layers, call.directions)).cpu().numpy()


def _finite_difference(call: RecurrentCall) -> tuple[int, float]:
    """The earliest step with no less than 10⁻⁴ of the largest gradient, and how far central differences are from it."""
    cells = [_explicit(call, weights) for weights in call.weights]
    run = _unrolled(call, cells)
    gradient = _gradients(run.loss, run.hidden[:1])[0]  # (T, N, P) of the first layer
    norms = gradient.flatten(1).norm(dim=1)
    if not bool(norms.max() > 0):
        return 0, 0.0
    step = int((norms >= 1e-4 * norms.max()).nonzero()[0])
    exact = float(norms[step])
    direction = gradient[step] / norms[step] * NUDGE
    with torch.no_grad():
        ahead, behind = (_unrolled(call, cells, Bump(0, step, sign * direction)).loss for sign in (1, -1))
    return step, abs(float(ahead - behind) / (2 * NUDGE) - exact) / exact
