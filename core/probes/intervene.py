"""Reach into a recurrent stack while it runs: set or scale any gate or state of any unit, over a span of timesteps.

Axes: L layers, D directions, N batch, T timesteps, I input features, H hidden units, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ..models.cells import Cell, GRUCell, LSTMCell
from ..models.explicit import explicit_cells
from ..models.unroll import State
from ..recordings.records import GateTrace
from .intervention import NAMES, Intervention, check, kind_of

Act = Callable[[str, Tensor], Tensor]
"""What becomes of a gate or state, by its name; shape (N, H) in and out."""
Row = dict[str, Tensor]
"""Gates and states of one timestep by name, each (N, H)."""


@torch.no_grad()
def intervene(
    stack: nn.RNNBase, inputs: Tensor, interventions: Sequence[Intervention] = ()
) -> tuple[Tensor, GateTrace]:
    """Run a stack from zero states, step by step, with hands in it; dropout does not act.

    Args:
        stack: An nn.RNN, nn.LSTM, nn.GRU or LinearRNN; it is not changed.
        inputs: Shape (N, T, I), whatever the stack's `batch_first`.
        interventions: In the order in which they act on the same value.

    Returns:
        The last layer's outputs, shape (N, T, D·P), and the gates and states of all examples as they were after the
        interventions.

    Errors: ValueError for an intervention that this stack, or a sequence so long, does not have.
    """
    for one in interventions:
        check(one, stack, inputs.shape[1])
    outputs, rows = inputs, []
    for depth, cells in enumerate(explicit_cells(stack)):
        here = [[one for one in interventions if (one.layer, one.direction) == (depth, d)] for d in range(len(cells))]
        runs = [_run(cell, outputs, here[d], backwards=d == 1) for d, cell in enumerate(cells)]
        outputs = torch.cat([run["hidden"] for run in runs], dim=-1)  # D x (N, T, P) -> (N, T, D·P)
        rows.append(runs)
    named = {
        name: torch.stack([torch.stack([run[name] for run in runs]) for runs in rows]).cpu().numpy()
        for name in NAMES[kind_of(stack)]
    }
    lengths = torch.full((len(inputs),), inputs.shape[1]).numpy()
    return outputs, GateTrace(kind=kind_of(stack), lengths=lengths, **named)  # type: ignore[arg-type]


def _run(cell: Cell, inputs: Tensor, interventions: list[Intervention], backwards: bool) -> dict[str, Tensor]:
    """Every gate and state of one direction by name, each (N, T, H), by its place in the sequence."""
    state: State = cell.initial_state(len(inputs))
    rows: list[Row] = []
    places = range(inputs.shape[1])
    for place in reversed(places) if backwards else places:
        act = _acting([one for one in interventions if one.is_active(place)])
        row, state = _step(cell, inputs[:, place], state, act)
        rows.append(row)
    if backwards:
        rows.reverse()
    return {name: torch.stack([row[name] for row in rows], dim=1) for name in rows[0]}


def _acting(active: Sequence[Intervention]) -> Act:
    """All interventions of one timestep as one function."""

    def act(name: str, value: Tensor) -> Tensor:
        for one in active:
            if one.what == name:
                value = _changed(one, value)
        return value

    return act


def _changed(one: Intervention, value: Tensor) -> Tensor:
    new = torch.full_like(value, one.value) if one.how == "set" else value * one.value
    if one.units is None:
        return new
    chosen = torch.zeros(value.shape[-1], dtype=torch.bool, device=value.device)
    chosen[list(one.units)] = True
    return torch.where(chosen, new, value)


def _step(cell: Cell, input: Tensor, state: State, act: Act) -> tuple[Row, State]:
    """One step of the cell's equations with `act` on each value as soon as it is there."""
    if isinstance(cell, LSTMCell):
        assert isinstance(state, tuple)
        return _lstm_step(cell, input, *state, act)
    assert isinstance(state, Tensor)
    if isinstance(cell, GRUCell):
        return _gru_step(cell, input, state, act)
    hidden = act("hidden", cell(input, state))
    return {"hidden": hidden}, hidden


def _lstm_step(cell: LSTMCell, input: Tensor, hidden: Tensor, before: Tensor, act: Act) -> tuple[Row, State]:
    names = NAMES["lstm"]
    gates = cell.gates(input, hidden)
    i, f, g, o = (act(name, gate) for name, gate in zip(names, gates, strict=False))
    c = act("cell", f * before + i * g)
    exposed = o * torch.tanh(c)
    h = act("hidden", linear(exposed, cell.weight_hr) if cell.proj_size else exposed)
    return dict(zip(names, (i, f, g, o, c, h), strict=True)), (h, c)


def _gru_step(cell: GRUCell, input: Tensor, hidden: Tensor, act: Act) -> tuple[Row, State]:
    (r_x, z_x, n_x), (r_h, z_h, n_h) = cell.from_input(input), cell.from_hidden(hidden)
    r, z = act("reset", torch.sigmoid(r_x + r_h)), act("update", torch.sigmoid(z_x + z_h))
    n = act("new", torch.tanh(n_x + r * n_h))
    h = act("hidden", (1 - z) * n + z * hidden)
    return dict(zip(NAMES["gru"], (r, z, n, h), strict=True)), h
