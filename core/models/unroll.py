"""Cells run over time, one step after the other: slow, and nothing hidden.

Axes: N batch, T timesteps, I input features, P units of the hidden state, L layers, D directions.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .cells import Cell

State = Tensor | tuple[Tensor, Tensor]
"""h_t, shape (N, P); for an LSTM (h_t, c_t)."""


def hidden_of(state: State) -> Tensor:
    """The hidden state h_t of a cell's state, shape (N, P)."""
    return state[0] if isinstance(state, tuple) else state


def unroll(
    cell: Cell, inputs: Tensor, state: State | None = None, backwards: bool = False
) -> tuple[Tensor, list[State]]:
    """Run one cell over a sequence.

    Args:
        cell: One of the explicit cells.
        inputs: Shape (N, T, I).
        state: The state before the first step; zeros if None.
        backwards: Whether the first step is the last timestep, as in the reverse direction of a stack.

    Returns:
        h_t of every timestep, shape (N, T, P), and the T states themselves, by their place in the sequence.

    Errors: ValueError if inputs have not three axes or no timestep.
    """
    if inputs.dim() != 3 or inputs.shape[1] == 0:
        raise ValueError(
            f"unroll needs inputs of shape (N, T, I) with T ≥ 1, got {tuple(inputs.shape)}; add the missing axis."
        )
    current: State = cell.initial_state(len(inputs)) if state is None else state
    states = []
    for step in reversed(inputs.unbind(1)) if backwards else inputs.unbind(1):
        current = cell(step, current)
        states.append(current)
    if backwards:
        states.reverse()
    return torch.stack([hidden_of(state) for state in states], dim=1), states


def unroll_stack(
    cells: Sequence[Sequence[Cell]], inputs: Tensor, initial: Sequence[Sequence[State | None]] | None = None
) -> tuple[Tensor, list[list[list[State]]]]:
    """Run a stack of cells, `cells[layer][direction]`, without dropout.

    Args:
        cells: What `explicit_cells` returns.
        inputs: Shape (N, T, I).
        initial: A state for each layer and direction; zeros if None.

    Returns:
        The last layer's outputs, shape (N, T, D·P), and the states by [layer][direction][timestep].
    """
    outputs, stack = inputs, []
    for layer, directions in enumerate(cells):
        runs = [
            unroll(cell, outputs, initial[layer][direction] if initial else None, backwards=direction == 1)
            for direction, cell in enumerate(directions)
        ]
        outputs = torch.cat([hidden for hidden, _ in runs], dim=-1)  # D x (N, T, P) -> (N, T, D·P)
        stack.append([states for _, states in runs])
    return outputs, stack
