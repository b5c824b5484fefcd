"""The tap of oneDNN's fused LSTM: torch runs its own two passes, and all is read from the kernel's workspace.

Read with NumPy, whose calls cost a fraction of PyTorch's on arrays this small.

Axes: T timesteps by their place in the sequence, N batch, I input, H hidden, E watched examples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..watching.graph import Unreadable
from ..watching.taps import Arrays, Frame, Tap
from .workspace import Workspace, is_backward_there, is_forward_there, is_proven, prove, workspace_of

GATES = ("input", "forget", "candidate", "output")
ELSEWHERE = "the memory of oneDNN's LSTM does not hold its numbers where they are looked for"
DERIVABLE = "its backward pass was one that can itself be derived, which keeps nothing"


class FusedTap:
    """What one `MkldnnRnnLayerBackward0` node keeps, and what its backward pass leaves there."""

    def __init__(self, node: Any, frame: Frame, replayed: Callable[[str], Tap]) -> None:
        """Keep what the node has kept; `replayed` tells, for a reason, what cannot be read.

        Errors: Unreadable where the workspace is not as expected.
        """
        self._frame, self._replayed = frame, replayed
        outputs = node._saved_result0.detach()
        self._workspace: Workspace | None = _workspace(node, outputs)
        self._is_proven = is_proven(self._workspace.layout)
        states, last_cell = outputs.numpy(), node._saved_result2.detach().numpy()
        self._states, self._last_cell = frame.copied(states), frame.copied(last_cell[None])[0]
        if not self._is_proven:
            self._first = states[0 if frame.is_reversed else -1, 0].copy(), last_cell[0].copy()
        self._flow: Arrays = {}
        self._other: Tap | None = None

    def be_careful(self, enter: Callable[[], None]) -> None:
        """Nothing is heard here but by way of the call."""

    def begin(self) -> None:
        """Forget the last backward pass."""
        if self._other is not None:
            self._other.begin()
        self._flow, self._other = {}, None

    @cached_property
    def gates(self) -> Arrays:
        """Gates and states of the watched examples, each (T, E, H)."""
        workspace, frame = self._workspace, self._frame
        assert workspace is not None  # it is let go of after this
        if not self._is_proven and not is_forward_there(workspace, *self._first):
            return self._replayed(ELSEWHERE).gates
        steps, examples, size = self._states.shape
        gates = self._in_sequence(workspace.gates[:, frame.some].reshape(steps, examples, 4, size)).copy()
        cells = np.empty_like(self._states)
        scanned = self._in_sequence(cells)
        scanned[:-1], scanned[-1] = workspace.cells_between[:, frame.some], self._last_cell
        named = {name: gates[:, :, place] for place, name in enumerate(GATES)}
        return named | {"cell": cells, "hidden": self._states}

    @property
    def hidden(self) -> np.ndarray:
        """∂L/∂h_t, shape (T, N, H)."""
        return self._read("hidden") if self._other is None else self._other.hidden

    @property
    def cell(self) -> np.ndarray | None:
        """∂L/∂c_t, shape (T, E, H)."""
        if self._other is not None:
            return self._other.cell
        if "cell" not in self._flow:
            self._flow["cell"] = self._read("carousel") + self._read("through_gates")
        return self._flow["cell"]

    def _read(self, name: str) -> np.ndarray:
        """What the kernel's backward pass left; zeros where the pass came to the call, but not to this kernel."""
        if name not in self._flow:
            batch = self._frame.batch if name == "hidden" else self._states.shape[1]
            return np.zeros((len(self._states), batch, self._states.shape[2]), np.float32)
        return self._flow[name]

    @property
    def cell_carousel(self) -> np.ndarray | None:
        """f_{t+1} ⊙ ∂L/∂c_{t+1}, shape (T, E, H)."""
        return self._read("carousel") if self._other is None else self._other.cell_carousel

    @property
    def cell_through_gates(self) -> np.ndarray | None:
        """∂L/∂h_t ⊙ o_t ⊙ (1 − tanh² c_t), shape (T, E, H)."""
        return self._read("through_gates") if self._other is None else self._other.cell_through_gates

    def went_back(self, outside: tuple[Tensor | None, ...]) -> None:
        """Hear that the kernel has gone back, and what reached h_t, h_T and c_T from outside."""
        gates, workspace = self.gates, self._workspace
        if workspace is None or torch.is_grad_enabled():
            self._other = self._replayed(DERIVABLE)
            return
        self._flow = _flow(workspace, gates, outside, self._frame)
        if not self._is_proven and not self._prove(workspace, outside[2]):
            self._other = self._replayed(ELSEWHERE)
        if not torch._C._autograd._get_current_graph_task_keep_graph():
            self._workspace = None

    def _prove(self, workspace: Workspace, outside: Tensor | None) -> bool:
        """Hold what was read to the LSTM's equations; once they hold for numbers that say something, they do."""
        total, last_cell = self._in_sequence(self._flow["hidden"])[:, 0], self._first[1]
        is_there = is_backward_there(
            workspace, total, last_cell, np.zeros_like(last_cell) if outside is None else outside.numpy()[0]
        )
        if is_there and np.isfinite(total).all() and workspace.into_cell[:, 0].any():
            prove(workspace.layout)
        return is_there

    def _in_sequence(self, scanned: np.ndarray) -> np.ndarray:
        return scanned[::-1] if self._frame.is_reversed else scanned


def _workspace(node: Any, outputs: Tensor) -> Workspace:
    if outputs.dtype != torch.float32:
        raise Unreadable(f"oneDNN keeps an LSTM of {outputs.dtype} in a memory that is laid out otherwise.")
    steps, batch, size = outputs.shape
    found = workspace_of(node._saved_result3, steps, batch, node._saved_input.shape[-1], size)
    if found is None:
        raise Unreadable("the memory of oneDNN's LSTM is laid out otherwise than in the version that is known.")
    return found


def _flow(workspace: Workspace, gates: Arrays, outside: tuple[Tensor | None, ...], frame: Frame) -> Arrays:
    """∂L/∂h_t, shape (T, N, H), and the two paths to ∂L/∂c_t, each (T, E, H)."""
    outputs, last_hidden, last_cell = outside[:3]
    total = _total(workspace, outputs, last_hidden, frame.is_reversed)
    through_gates = np.tanh(gates["cell"])
    np.square(through_gates, through_gates)
    np.subtract(1, through_gates, through_gates)
    through_gates *= gates["output"]  # ∂(o_t ⊙ tanh c_t)/∂c_t
    through_gates *= total[:, frame.some]
    carousel = np.empty_like(through_gates)
    paths = carousel[::-1] if frame.is_reversed else carousel
    paths[:-1] = workspace.into_cell[1:, frame.some]
    paths[-1] = 0 if last_cell is None else last_cell.numpy()[frame.some]
    return {"hidden": total, "carousel": carousel, "through_gates": through_gates}


def _total(workspace: Workspace, outputs: Tensor | None, last_hidden: Tensor | None, is_reversed: bool) -> np.ndarray:
    """What reached h_t from outside, and what flows into it from the step that is scanned next; shape (T, N, H)."""
    if outputs is None:
        total = np.zeros(workspace.layout.shape, np.float32)
    else:
        total = outputs.detach().clone(memory_format=torch.contiguous_format).numpy()
    scanned = total[::-1] if is_reversed else total
    scanned[:-1] += workspace.into_hidden[1:]
    if last_hidden is not None:
        scanned[-1] += last_hidden.numpy()
    return total
