"""Where oneDNN keeps what an LSTM computes: the workspace that goes from its forward pass to its backward one.

It holds i, f, g, o of every timestep at its head, and c_t; and after the backward pass, for every t, what flows from
step t back into h_{t-1}, W_hhᵀ ∂L/∂a_t, and into c_{t-1}, f_t ⊙ ∂L/∂c_t. No document promises that or says where. So
places are looked for by what they must hold, at the beginnings of pages, and taken only if one alone holds it.

Axes: T timesteps first, N batch, I input, H hidden. Places are counted in floats. Arrays are the workspace, not copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

LINE = 16
"""Floats in a cache line, to which oneDNN pads a row; and it adds one where successive rows would collide."""
COLLISION = 256
PAGE = 1024
"""Floats in a page."""
TOLERANCE = 1e-4


def gates_in(workspace: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """i, f, g, o after their activations, shape (T, N, 4H), rows padded, of states of shape (T, N, H)."""
    size = shape[2]
    return _rows_in(workspace, 0, padded(4 * size), (*shape[:2], 4 * size))


def cells_in(workspace: np.ndarray, start: int, shape: Sequence[int]) -> np.ndarray:
    """c_1 … c_{T-1} if they begin at `start`, shape (T − 1, N, H), of states of shape (T, N, H)."""
    steps, batch, size = shape
    return _rows_in(workspace, start, size, (steps - 1, batch, size))


def flow_in(workspace: np.ndarray, start: int, row: int, shape: Sequence[int]) -> np.ndarray:
    """What flows back into a state at t = 0 … T − 1 if it begins at `start`, in rows that wide, of shape (T, N, H)."""
    return _rows_in(workspace, start, row, shape)


def find_cells(workspace: np.ndarray, expected: np.ndarray) -> int | None:
    """The one place that holds these cells c_1 … c_{T-1}, shape (T − 1, N, H); without any, none is needed: 0."""
    shape = len(expected) + 1, *expected.shape[1:]
    if shape[0] == 1:
        return 0
    first = (shape[0] + 2) * shape[1] * shape[2]  # before it there are c_0 … c_T of the layer's input
    starts = range(first, len(workspace) - expected.size + 1, PAGE)
    return _only_one(start for start in starts if _close(cells_in(workspace, start, shape), expected))


def find_flow(workspace: np.ndarray, expected: np.ndarray, row: int) -> int | None:
    """The one place that holds these gradients, shape (T, N, H), in rows that wide; those of t = 0 to the bit."""
    steps, batch, _ = expected.shape
    heads = workspace[: max(len(workspace) - steps * batch * row + 1, 0) : PAGE] == expected[0, 0, 0]
    found = []
    for start in (np.flatnonzero(heads) * PAGE).tolist():
        flow = flow_in(workspace, start, row, expected.shape)
        if np.array_equal(flow[0], expected[0]) and _close(flow, expected):
            found.append(start)
    return _only_one(found)


def padded(width: int) -> int:
    """How many floats a row of that width takes."""
    row = -(-width // LINE) * LINE
    return row + LINE * (row % COLLISION == 0)


def _rows_in(workspace: np.ndarray, start: int, row: int, shape: Sequence[int]) -> np.ndarray:
    steps, batch, size = shape
    return workspace[start : start + steps * batch * row].reshape(steps, batch, row)[..., :size]


def _close(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two differ by little next to the largest; NaN is close to nothing."""
    with np.errstate(invalid="ignore", over="ignore"):  # whatever numbers happen to lie there
        return bool(np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max())


def _only_one(places: Iterable[int]) -> int | None:
    first, *others = [*places, None]
    return first if others == [None] else None
