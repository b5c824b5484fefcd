"""The tap of a layer that torch runs one operation a node: a listener at every h_t, and at every c_t of an LSTM.

Axes: T timesteps by their place in the sequence, N batch as the kernel sorts it, E watched examples, H hidden units,
P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from .chains import Chain
from .graph import Hook, listen_inside
from .replay_tap import ReplayTap
from .taps import Arrays, Frame, as_array, carousel

LSTM_GATES = ("input", "forget", "candidate", "output")


class ChainTap:
    """What the nodes of one layer in one direction saved, and what was heard at them."""

    def __init__(self, kind: str, chain: Chain, replayed: ReplayTap, projection: Tensor | None) -> None:
        """Begin to listen; `replayed` gives the gates where the nodes saved none."""
        frame = replayed.frame
        self._kind, self._frame, self._replayed = kind, frame, replayed
        self._saved = saved_arrays(chain.values, frame)
        if projection is not None and "squashed" in self._saved:
            self._saved["hidden"] = _exposed(self._saved) @ as_array(projection).T
        self._heard: dict[str, list[Any]] = {"hidden": []}
        self._hooks = [listen_inside(chain.hidden, self._heard["hidden"].append)]
        for name in ("cell", "exposed"):
            if nodes := getattr(chain, name):
                self._heard[name] = []
                self._hooks.append(listen_inside(nodes, frame.keeping(self._heard[name])))

    def be_careful(self, enter: Callable[[], None]) -> None:
        """Call `enter` before anything is heard: a gradient of a gradient reaches steps without passing the results."""
        for hooks in self._hooks:
            hooks[0] = _entering(enter, hooks[0])

    def know_states(self, states: np.ndarray) -> None:
        """Take h of the watched examples, shape (T, E, P), from the layer's output."""
        self._saved["hidden"] = states

    def begin(self) -> None:
        """Forget the last backward pass."""
        for heard in self._heard.values():
            heard.clear()
        for name in ("hidden", "cell", "cell_carousel", "cell_through_gates"):
            self.__dict__.pop(name, None)

    @cached_property
    def gates(self) -> Arrays:
        """Gates and states of the watched examples, each (T, E, H)."""
        found = gates_of(self._kind, self._saved)
        return self._replayed.gates if found is None else found

    @cached_property
    def hidden(self) -> np.ndarray:
        """∂L/∂h_t, shape (T, N, P); zero where the pass did not come."""
        return self._frame.of_all(self._heard["hidden"][::-1])

    @cached_property
    def cell(self) -> np.ndarray | None:
        """LSTM: ∂L/∂c_t, shape (T, E, H)."""
        return self._frame.of_some(self._heard["cell"][::-1]) if "cell" in self._heard else None

    @cached_property
    def cell_through_gates(self) -> np.ndarray | None:
        """∂L/∂(o_t ⊙ tanh c_t) ⊙ o_t ⊙ (1 − tanh² c_t), shape (T, E, H)."""
        if self.cell is None:
            return None
        heard = self._heard.get("exposed")
        exposed = self._frame.pick(self.hidden) if heard is None else self._frame.of_some(heard[::-1])
        return exposed * self.gates["output"] * (1 - np.square(np.tanh(self.gates["cell"])))

    @cached_property
    def cell_carousel(self) -> np.ndarray | None:
        """f_{t+1} ⊙ ∂L/∂c_{t+1}, shape (T, E, H)."""
        if self.cell is None or self.cell_through_gates is None:
            return None
        return carousel(self.gates["forget"], self.cell, self.cell_through_gates, self._frame)


def _entering(enter: Callable[[], None], hook: Hook) -> Hook:
    def hear(gradient: Tensor | None) -> None:
        enter()
        hook(gradient)

    return hear


def saved_arrays(values: Mapping[str, Sequence[Tensor]], frame: Frame) -> Arrays:
    """What the steps saved, of the watched examples, each (T, E, H)."""
    return {name: frame.of_some(steps) for name, steps in values.items()}


def gates_of(kind: str, saved: Arrays) -> Arrays | None:
    """Gates and states by their names in `GateTrace`, from what steps saved; None where that is too little."""
    if kind == "lstm" and "output" in saved:
        return _lstm_gates(saved)
    if kind == "gru" and "update" in saved:
        return _gru_gates(saved)
    return {"hidden": saved["hidden"]} if kind.startswith("rnn") and "hidden" in saved else None


def _lstm_gates(saved: Arrays) -> Arrays:
    """By torch's own operations: c = f ⊙ c₋ + i ⊙ g, h = o ⊙ tanh c."""
    cell = saved["forget"] * saved["c before"] + saved["input"] * saved["candidate"]
    hidden = saved["hidden"] if "hidden" in saved else _exposed(saved)
    return {name: saved[name] for name in LSTM_GATES} | {"cell": cell, "hidden": hidden}


def _exposed(saved: Arrays) -> np.ndarray:
    return saved["output"] * saved["squashed"]


def _gru_gates(saved: Arrays) -> Arrays:
    """By torch's own operations: h = (h₋ − n) ⊙ z + n."""
    known = saved.get("hidden")
    hidden = saved["h − n"] * saved["update"] + saved["new"] if known is None else known
    return {name: saved[name] for name in ("reset", "update", "new")} | {"hidden": hidden}
