"""Where oneDNN keeps what an LSTM computes: the workspace that goes from its forward pass to its backward one.

It holds i, f, g, o of every timestep at its head, and c_t; and after the backward pass, for every t, what flows from
step t back into h_{t-1}, W_hhᵀ ∂L/∂a_t, and into c_{t-1}, f_t ⊙ ∂L/∂c_t. No document promises that or says where. So
places are looked for by what they must hold, at the beginnings of pages, and taken only if one alone holds it.

Axes: T timesteps first, N batch, I input, H hidden. Places are counted in floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

LINE = 16
"""Floats in a cache line, to which oneDNN pads a row; and it adds one where successive rows would collide."""
COLLISION = 256
PAGE = 1024
"""Floats in a page."""
TOLERANCE = 1e-4


def gates_in(workspace: Tensor, steps: int, batch: int, size: int) -> Tensor | None:
    """i, f, g, o after their activations, shape (T, N, 4H), rows padded; None where the workspace is too small."""
    row = padded(4 * size)
    if len(workspace) < steps * batch * row:
        return None
    return workspace[: steps * batch * row].view(steps, batch, row)[..., : 4 * size]


def cells_in(workspace: Tensor, start: int, steps: int, batch: int, size: int) -> Tensor:
    """c_1 … c_{T-1} if they begin at `start`, shape (T − 1, N, H)."""
    return workspace[start : start + (steps - 1) * batch * size].view(steps - 1, batch, size)


def flow_in(workspace: Tensor, start: int, row: int, shape: Sequence[int]) -> Tensor:
    """What flows back into a state at t = 0 … T−1 if it begins at `start`, in rows that wide, of shape (T, N, H)."""
    steps, batch, size = shape
    return workspace.as_strided((steps, batch, size), (batch * row, row, 1), start)


def find_cells(workspace: Tensor, expected: Tensor) -> int | None:
    """The one place that holds these cells c_1 … c_{T-1}, shape (T − 1, N, H); without any, none is needed: 0."""
    steps, batch, size = len(expected) + 1, *expected.shape[1:]
    if steps == 1:
        return 0
    first = (steps + 2) * batch * size  # before it there are c_0 … c_T of the layer's input
    starts = range(first, len(workspace) - expected.numel() + 1, PAGE)
    return _only_one(start for start in starts if _close(cells_in(workspace, start, steps, batch, size), expected))


def find_flow(workspace: Tensor, expected: Tensor, row: int) -> int | None:
    """The one place that holds these gradients, shape (T, N, H), in rows that wide; those of t = 0 to the bit."""
    steps, batch, _ = expected.shape
    heads = workspace[: max(len(workspace) - steps * batch * row + 1, 0) : PAGE] == expected[0, 0, 0]
    found = []
    for start in (heads.nonzero().flatten() * PAGE).tolist():
        flow = flow_in(workspace, start, row, expected.shape)
        if torch.equal(flow[0], expected[0]) and _close(flow, expected):
            found.append(start)
    return _only_one(found)


def padded(width: int) -> int:
    """How many floats a row of that width takes."""
    row = -(-width // LINE) * LINE
    return row + LINE * (row % COLLISION == 0)


def _close(found: Tensor, expected: Tensor) -> bool:
    """Whether two differ by little next to the largest; NaN is close to nothing."""
    if not expected.numel():
        return True
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())


def _only_one(places: Iterable[int]) -> int | None:
    first, *others = [*places, None]
    return first if others == [None] else None
