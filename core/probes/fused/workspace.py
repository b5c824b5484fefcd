"""Where oneDNN keeps what an LSTM computes: the workspace that goes from its forward pass to its backward one.

It holds i, f, g, o of every timestep at its head, and c_t; and after the backward pass, for every t, what flows from
step t back into h_{t-1}, W_hhᵀ ∂L/∂a_t, and into c_{t-1}, f_t ⊙ ∂L/∂c_t. No document promises that. The places follow
from the sizes as oneDNN's source computes them (`src/cpu/rnn/rnn_utils`, version 3); a workspace of another length is
not read, and what is read has to fulfil the LSTM's own equations (`is_forward_there`, `is_backward_there`).

Axes: T timesteps first, N batch, I input, H hidden. Places are counted in floats. Arrays are the workspace, not copies.
Time runs as the direction scans.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

LINE = 16
"""Floats in a cache line, to which oneDNN pads a row; and it adds one where successive rows would collide."""
COLLISION = 256
PAGE = 1024
"""Floats in a page, at the beginning of which every part starts."""
TOLERANCE = 1e-4
"""Of the largest number: how well the equations have to hold."""


@dataclass(frozen=True)
class Layout:
    """Where the workspace of one shape keeps what."""

    shape: tuple[int, int, int]
    """T, N, H."""
    row: int
    """Floats of a padded row of states."""
    cells: int
    """c_1 … c_{T-1}."""
    into_hidden: int
    """W_hhᵀ ∂L/∂a_t, after the backward pass."""
    into_cell: int
    """f_t ⊙ ∂L/∂c_t, after the backward pass."""
    length: int
    """Of the whole."""

    @classmethod
    def of(cls, steps: int, batch: int, features: int, size: int) -> Layout:
        """The layout for T, N, I, H: gates, padded states, states, cells, and three of gradients, in this order."""
        row = padded(max(features, size))
        states = _paged(2 * (steps + 1) * batch * row)  # of the layer and of its input, with the initial ones
        cells = _paged(2 * (steps + 1) * batch * size)
        start = _paged(steps * batch * padded(4 * size)) + _paged(steps * batch * padded(size)) + states
        into_hidden = start + cells + states
        into_cell = into_hidden + states
        first = start + (steps + 2) * batch * size  # past c_0 … c_T of the layer's input, and c_0
        return cls((steps, batch, size), row, first, into_hidden, into_cell, into_cell + cells)


@dataclass(frozen=True, eq=False)
class Workspace:
    """One workspace, and how to read it."""

    floats: np.ndarray
    layout: Layout

    @property
    def gates(self) -> np.ndarray:
        """i, f, g, o after their activations, shape (T, N, 4H), rows padded."""
        steps, batch, size = self.layout.shape
        return self._rows(0, padded(4 * size), (steps, batch, 4 * size))

    @property
    def cells_between(self) -> np.ndarray:
        """c_1 … c_{T-1}, shape (T − 1, N, H)."""
        steps, batch, size = self.layout.shape
        return self._rows(self.layout.cells, size, (steps - 1, batch, size))

    @property
    def into_hidden(self) -> np.ndarray:
        """What flows from step t into h_{t-1}, for t = 1 … T, shape (T, N, H)."""
        return self._rows(self.layout.into_hidden, self.layout.row, self.layout.shape)

    @property
    def into_cell(self) -> np.ndarray:
        """What flows from step t into c_{t-1}, for t = 1 … T, shape (T, N, H)."""
        return self._rows(self.layout.into_cell, self.layout.shape[2], self.layout.shape)

    def _rows(self, start: int, row: int, shape: tuple[int, int, int]) -> np.ndarray:
        steps, batch, size = shape
        return self.floats[start : start + steps * batch * row].reshape(steps, batch, row)[..., :size]


def workspace_of(kept: Tensor, steps: int, batch: int, features: int, size: int) -> Workspace | None:
    """The workspace that the kernel kept for T, N, I, H, in bytes; None if it is laid out otherwise."""
    layout = Layout.of(steps, batch, features, size)
    if kept.numel() * kept.element_size() != 4 * layout.length:
        return None
    return Workspace(kept.numpy().view(np.float32), layout)


_proven: set[Layout] = set()
"""Layouts in which gates, cells and gradients were where they are looked for."""


def is_proven(layout: Layout) -> bool:
    """Whether a workspace of this layout has been held to the equations already."""
    return layout in _proven


def prove(layout: Layout) -> None:
    """Note that the equations held."""
    _proven.add(layout)


def is_forward_there(workspace: Workspace, hidden: np.ndarray, cell: np.ndarray) -> bool:
    """Whether gates and cells make up the first example's final h and c, shape (H,)."""
    gates = workspace.gates[-1, 0].reshape(4, -1)
    if len(workspace.cells_between):
        remembered = gates[0] * gates[2] + gates[1] * workspace.cells_between[-1, 0]
        if not is_close(remembered, cell):
            return False
    return is_close(gates[3] * np.tanh(cell), hidden)


def is_backward_there(workspace: Workspace, total: np.ndarray, last_cell: np.ndarray, outside: np.ndarray) -> bool:
    """Whether what flows into c_{t-1} is f_t ⊙ ∂L/∂c_t, for the first example.

    `total` is ∂L/∂h_t, shape (T, H), as scanned; `last_cell` is c_T and `outside` what reached it, shape (H,).
    """
    gates, into_cell = workspace.gates[:, 0].reshape(len(total), 4, -1), workspace.into_cell[:, 0]
    cells = np.concatenate([workspace.cells_between[:, 0], last_cell[None]])
    carousel = np.concatenate([into_cell[1:], outside[None]])
    with np.errstate(invalid="ignore", over="ignore"):  # whatever numbers happen to lie there
        passed = gates[:, 1] * (carousel + total * gates[:, 3] * (1 - np.square(np.tanh(cells))))
    return is_close(into_cell, passed)


def is_close(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two differ by little next to the largest; where NaN or Inf is expected, anything will do."""
    finite = np.isfinite(expected)
    found, expected = found[finite], expected[finite]
    if not np.isfinite(found).all():
        return False
    with np.errstate(over="ignore"):  # whatever numbers happen to lie there
        return not len(found) or bool(np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max())


def padded(width: int) -> int:
    """How many floats a row of that width takes."""
    row = -(-width // LINE) * LINE
    return row + LINE * (row % COLLISION == 0)


def _paged(length: int) -> int:
    return -(-length // PAGE) * PAGE
