"""One call of a layer run step by step through our explicit cells, in any precision: the slow way of a receipt.

Axes: L layers, D directions, N batch, T timesteps first, H hidden units, P units of h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..models.cells import Cell, GRUCell, LSTMCell, RNNCell
from .recurrent_call import RecurrentCall, reversed_in_time
from .scans import Weights

PARAMETERS = {
    "input": "weight_ih",
    "hidden": "weight_hh",
    "bias_input": "bias_ih",
    "bias_hidden": "bias_hh",
    "projection": "weight_hr",
}


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
    """One call, run step by step."""

    loss: Tensor
    """Σ output ⊙ ∂L/∂output + Σ state_n ⊙ ∂L/∂state_n: its gradients are the loss's own."""
    hidden: list[list[Tensor]]
    """h_t by layer · D + direction and timestep as scanned, each (N, P)."""
    cell: list[list[Tensor]]
    """c_t likewise, empty but for an LSTM."""


def unrolled(call: RecurrentCall, cells: Sequence[Cell], bump: Bump | None = None) -> Unrolled:
    """Run a call through `cells`, by layer, then direction, in their precision."""
    hidden: list[list[Tensor]] = []
    memory: list[list[Tensor]] = []
    inputs = call.inputs.to(cells[0].weight_ih.dtype)
    for layer in range(call.layers):
        if layer and call.masks:
            inputs = inputs * call.masks[layer - 1].to(inputs)
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


def explicit_cells_of(call: RecurrentCall, dtype: torch.dtype) -> list[Cell]:
    """Cells with the call's weights, by layer, then direction."""
    return [_explicit(call, weights, dtype) for weights in call.weights]


def gradients(loss: Tensor, chains: list[list[Tensor]]) -> list[Tensor]:
    """∂loss/∂state for chains of states, each chain stacked to (T, N, H)."""
    flat = [state for chain in chains for state in chain]
    found = iter(torch.autograd.grad(loss, flat, retain_graph=True, materialize_grads=True))
    return [torch.stack([next(found) for _ in chain]) for chain in chains]


def in_sequence(call: RecurrentCall, scanned: Sequence[Tensor]) -> list[Tensor]:
    """What each direction gave as it scans, (T, N, …), by its place in the sequence."""
    return [
        reversed_in_time(value, call.lengths) if index % call.directions else value
        for index, value in enumerate(scanned)
    ]


def torchs_name(call: RecurrentCall, index: int, name: str) -> str:
    """What torch calls a parameter of layer · D + direction in a stack, as weight_hh_l0_reverse."""
    return f"{name}_l{index // call.directions}{'_reverse' if index % call.directions else ''}"


def _explicit(call: RecurrentCall, weights: Weights, dtype: torch.dtype) -> Cell:
    rows, features = weights.input.shape
    projected = 0 if weights.projection is None else weights.hidden.shape[1]
    options: dict[str, Any] = dict(bias=weights.bias_input is not None, dtype=dtype, device=weights.input.device)
    with torch.random.fork_rng(devices=[]):  # a cell draws its parameters when it is made
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


def _steps(
    call: RecurrentCall, cell: Cell, index: int, inputs: Tensor, bump: Bump | None
) -> tuple[list[Tensor], list[Tensor]]:
    hidden = call.hidden[index].to(inputs)
    memory = hidden if call.cell is None else call.cell[index].to(inputs)
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
        gradient = value.to(outputs)
        if name == "output":
            total = total + (outputs * gradient).sum()
            continue
        chains = hidden if name == "hidden" else memory
        finals = [torch.stack(chain)[call.lengths - 1, rows] for chain in chains]
        total = total + (torch.stack(finals) * gradient).sum()
    return total
