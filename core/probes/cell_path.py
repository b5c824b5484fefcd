"""How much of an LSTM's cell state at one timestep is still in a later one: measured, and along the carousel alone.

Axes: T timesteps, I input features, H hidden units, U units measured.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ..models.cells import LSTMCell
from ..models.explicit import explicit_cells
from ..models.unroll import unroll, unroll_stack
from ..recordings.interventions import CellPath


def cell_path(
    stack: nn.LSTM,
    inputs: Tensor,
    first: int,
    last: int,
    units: Sequence[int] | None = None,
    layer: int = 0,
    direction: int = 0,
) -> CellPath:
    """∂c_last/∂c_first by autograd through an unrolled float64 loop, and ∏ f_t over the same gap.

    Args:
        stack: It is not changed; dropout does not act.
        inputs: One example, shape (T, I).
        first: Timestep of the state that is varied, in the order in which the direction scans.
        last: Timestep of the state that is looked at, later than `first`.
        units: Units of c_last to measure; None: all, which takes as many backward passes, batched.
        layer: Which layer, from 0.
        direction: 0 forward, 1 reverse.

    Errors: ValueError unless it is an LSTM, 0 ≤ first < last < T, and it has the units.
    """
    if not isinstance(stack, nn.LSTM):
        raise ValueError(f"cell_path needs an LSTM, got {type(stack).__name__}; only an LSTM has a cell state.")
    if not 0 <= first < last < len(inputs):
        raise ValueError(
            f"cell_path needs 0 ≤ first < last < {len(inputs)}, got {first} and {last}; choose two timesteps in order."
        )
    chosen = torch.arange(stack.hidden_size) if units is None else torch.tensor(units)
    if not len(chosen) or not bool(((chosen >= 0) & (chosen < stack.hidden_size)).all()):
        raise ValueError(
            f"units are numbers from 0 to {stack.hidden_size - 1}, at least one, got {units}; choose some."
        )
    cells = explicit_cells(copy.deepcopy(stack).double())
    steps, _ = unroll_stack(cells[:layer], inputs.detach().double().unsqueeze(0))
    cell = cells[layer][direction].requires_grad_(False)
    assert isinstance(cell, LSTMCell)
    product, jacobian = _measure(
        cell, steps.flip(1).detach() if direction == 1 else steps.detach(), first, last, chosen
    )
    return CellPath(first, last, chosen.numpy(), product.numpy(), jacobian.numpy())


def _measure(cell: LSTMCell, steps: Tensor, first: int, last: int, units: Tensor) -> tuple[Tensor, Tensor]:
    """∏ f, shape (U,), and ∂c_last/∂c_first, shape (U, H): from U copies of c_first, and one unit read of each."""
    state = unroll(cell, steps[:, :first])[1][-1] if first else cell.initial_state(1)
    assert isinstance(state, tuple)
    i, f, g, o = cell.gates(steps[:, first], state[0])
    start = (f * state[1] + i * g).repeat(len(units), 1).requires_grad_()  # c_first, (1, H) -> (U, H)
    exposed = o * torch.tanh(start)
    hidden = linear(exposed, cell.weight_hr) if cell.proj_size else exposed
    current, product = start, torch.ones(cell.hidden_size, dtype=torch.double)
    for step in range(first + 1, last + 1):
        f = cell.gates(steps[:, step], hidden[:1].detach())[1]
        product = product * f[0]
        hidden, current = cell(steps[:, step], (hidden, current))
    read = current[torch.arange(len(units)), units].sum()
    return product[units], torch.autograd.grad(read, start)[0]
