"""The tap of one timestep: a cell in a loop, any module called once a timestep, or a state that the user marks.

Axes: N batch, E watched examples, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from torch import Tensor

from .taps import Arrays, Frame, as_array


class StepTap:
    """Totals at h_t and, of an LSTM, c_t; all arrays have one timestep: (1, N, H) or (1, E, H)."""

    def __init__(
        self,
        frame: Frame,
        heard: dict[str, Tensor],
        gates: Callable[[], Arrays],
        size: int,
        projection: np.ndarray | None = None,
    ) -> None:
        """Tell what the call hears.

        Args:
            frame: Its examples.
            heard: Filled by the call, under "hidden" and "cell", with what reaches each from all sides.
            gates: Makes gates and states, each (1, E, H).
            size: Units of h, P.
            projection: W_hr of an LSTM with one, shape (P, H).
        """
        self._frame, self._heard, self._make_gates, self._size = frame, heard, gates, size
        self._projection = projection

    def be_careful(self, enter: Callable[[], None]) -> None:
        """Nothing is heard here but by way of the call."""

    def begin(self) -> None:
        """Forget the last backward pass."""
        for name in ("hidden", "cell", "cell_through_gates"):
            self.__dict__.pop(name, None)

    @cached_property
    def gates(self) -> Arrays:
        """Gates and states of the watched examples, each (1, E, H)."""
        return self._make_gates()

    @cached_property
    def hidden(self) -> np.ndarray:
        """∂L/∂h_t, shape (1, N, P)."""
        heard = self._heard.get("hidden")
        if heard is None:
            return np.zeros((1, self._frame.batch, self._size), np.float32)
        return as_array(heard).reshape(1, self._frame.batch, -1)

    @cached_property
    def cell(self) -> np.ndarray | None:
        """LSTM: ∂L/∂c_t, shape (1, E, H)."""
        if "cell" in self._heard:
            return self._frame.pick(as_array(self._heard["cell"])[None])
        return np.zeros_like(self.gates["cell"]) if "cell" in self.gates else None

    @cached_property
    def cell_through_gates(self) -> np.ndarray | None:
        """∂L/∂h_t ⊙ o_t ⊙ (1 − tanh² c_t), shape (1, E, H)."""
        if self.cell is None or "output" not in self.gates:
            return None
        exposed = self._frame.pick(self.hidden)
        if self._projection is not None:
            exposed = exposed @ self._projection  # (1, E, P) -> (1, E, H)
        return exposed * self.gates["output"] * (1 - np.square(np.tanh(self.gates["cell"])))

    @property
    def cell_carousel(self) -> np.ndarray | None:
        """What reached c_t by another way than h_t: from the next timestep."""
        if self.cell is None or self.cell_through_gates is None:
            return None
        return self.cell - self.cell_through_gates
