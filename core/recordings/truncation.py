"""Records of what cutting a sequence does to a gradient, and of what it costs.

Axes: T timesteps, K window lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CutReach:
    """How far back the loss of one timestep reaches with one way of cutting, in one example."""

    label: str
    norms: np.ndarray
    """‖∂L_t*/∂h_t‖ of the last layer, shape (T,): exactly 0 before `start` and after t*. Loss per unit of h."""
    loss: float
    """L_t*, nats or squared error; NaN where the task asks for nothing there."""
    start: int
    """First timestep that is reached, from 0."""
    borders: tuple[int, ...]
    """Where segments begin, without the first: timesteps from 0."""


@dataclass(frozen=True, eq=False)
class CutText:
    """One example with its cuts."""

    tokens: tuple[str, ...]
    """As people read them, one a timestep."""
    place: int
    """t*, from 0."""
    reaches: tuple[CutReach, ...]
    """One a way of cutting."""


@dataclass(frozen=True, eq=False)
class GradientLikeness:
    """Truncated gradients beside the whole one, at the same weights on the same batch, for one way of cutting."""

    label: str
    windows: np.ndarray
    """Shape (K,)."""
    cosine: np.ndarray
    """Between the two gradients of all weights, shape (K,), in [−1, 1]; NaN where one of them is zero."""
    recurrent_cosine: np.ndarray
    """The same of the recurrent weights W_hh alone, shape (K,)."""
    ratio: np.ndarray
    """Norm of the truncated gradient by that of the whole one, all weights, shape (K,)."""


@dataclass(frozen=True, eq=False)
class WindowCosts:
    """What one batch costs, by window length, with h carried."""

    windows: np.ndarray
    """Shape (K,); the last is the whole sequence."""
    seconds: np.ndarray
    """Forwards and backwards through all windows, the best of some tries, shape (K,)."""
    bytes: np.ndarray
    """Largest sum of what the graph of one window keeps for the way back, weights apart, shape (K,), int64."""
    updates: np.ndarray
    """Windows with a loss, each of which makes an update, shape (K,), int64."""


@dataclass(frozen=True, eq=False)
class Undetached:
    """What happens to the windows of one sequence when the carried state is not detached."""

    timesteps: np.ndarray
    """Read by the end of each window, shape (K,)."""
    detached: np.ndarray
    """Seconds of the way back from each window with detach, shape (K,)."""
    attached: np.ndarray
    """Seconds without it, the graph of all windows before kept, shape (K,)."""
    attached_bytes: np.ndarray
    """What the graph keeps by then without it, shape (K,), int64."""
    detached_bytes: np.ndarray
    """With it, shape (K,), int64."""
    second_backward: str
    """What PyTorch says at the second window's backward()."""
    after_update: str
    """What it says when the graph is kept by retain_graph=True, but an update changed the weights."""
