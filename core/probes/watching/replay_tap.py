"""The tap of what torch's graph does not show: the layer runs once more, apart, in float64, from what went in and came.

Axes: T timesteps by their place in the sequence, N batch, E watched examples, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..lstm_scan import LSTMScan
from ..replay import Replayed, Scanned, of_examples, replay, run_again
from .facts import Facts
from .taps import Arrays, Frame, carousel


class Replay:
    """One call, run again when it is first asked for; the taps of all its layers and directions share it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def begin(self) -> None:
        """Forget the last backward pass."""
        self.__dict__.pop("backward", None)

    @cached_property
    def backward(self) -> list[Replayed]:
        """By layer, then direction."""
        return replay(self.facts.call())

    @cached_property
    def gates(self) -> list[Arrays]:
        """Gates and states of the watched examples, by layer, then direction, each (T, E, H)."""
        examples, call = self.facts.shapes.examples, self.facts.call()
        if not examples:
            raise LookupError("no example is watched, so none has gates; pass examples=1 or more to core.watch.")
        is_whole = examples == len(call.lengths) and call.order is None
        found = run_again(call if is_whole else of_examples(call, range(examples)))
        return [self._gates(one) for one in found]

    def _gates(self, one: Scanned) -> Arrays:
        return {name: self.array(one.turned(value)) for name, value in one.scan.gates(slice(None)).items()}

    def array(self, value: Tensor) -> np.ndarray:
        """As an array of the layer's own precision."""
        is_double = self.facts.inputs.get().dtype == torch.float64
        return value.cpu().numpy().astype(np.float64 if is_double else np.float32)


class ReplayTap:
    """One layer in one direction of a replay."""

    def __init__(self, replay: Replay, index: int) -> None:
        self._replay, self.index = replay, index

    @cached_property
    def frame(self) -> Frame:
        """How this direction's steps stand in the call."""
        shapes = self._replay.facts.shapes
        return shapes.frame(self.index % shapes.directions)

    def be_careful(self, enter: Callable[[], None]) -> None:
        """Nothing is heard here but by way of the call."""

    def begin(self) -> None:
        """Forget the last backward pass."""
        self._replay.begin()
        self.__dict__.pop("hidden", None)

    @property
    def gates(self) -> Arrays:
        """Gates and states of the watched examples, each (T, E, H)."""
        return self._replay.gates[self.index]

    @cached_property
    def hidden(self) -> np.ndarray:
        """∂L/∂h_t, shape (T, N, P)."""
        one = self._one
        return self._replay.array(one.turned(one.adjoint.hidden))

    @property
    def cell(self) -> np.ndarray | None:
        """LSTM: ∂L/∂c_t, shape (T, E, H)."""
        total = self._one.adjoint.cell
        return None if total is None else self._of_some(total)

    @property
    def cell_through_gates(self) -> np.ndarray | None:
        """∂L/∂h_t ⊙ o_t ⊙ (1 − tanh² c_t), shape (T, E, H)."""
        scan, adjoint = self._one.scan, self._one.adjoint
        if not isinstance(scan, LSTMScan) or adjoint.exposed is None:
            return None
        return self._of_some(adjoint.exposed * scan.exposure(slice(None)))

    @property
    def cell_carousel(self) -> np.ndarray | None:
        """f_{t+1} ⊙ ∂L/∂c_{t+1}, shape (T, E, H)."""
        if self.cell is None or self.cell_through_gates is None:
            return None
        forget = self._of_some(self._one.scan.plane("forget"))
        return carousel(forget, self.cell, self.cell_through_gates, self.frame)

    @property
    def _one(self) -> Replayed:
        return self._replay.backward[self.index]

    def _of_some(self, values: Tensor) -> np.ndarray:
        return self._replay.array(self._one.turned(values)[:, self.frame.some])
