"""One hand in the works of a recurrent stack: which gate or state, of which units, set or scaled, when."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

NAMES = {
    "lstm": ("input", "forget", "candidate", "output", "cell", "hidden"),
    "gru": ("reset", "update", "new", "hidden"),
    "rnn": ("hidden",),
}
"""Kind of a stack → what can be reached, in the order in which a step computes it."""
RANGES = {name: (0.0, 1.0) for name in ("input", "forget", "output", "reset", "update")} | {
    name: (-1.0, 1.0) for name in ("candidate", "new")
}
"""What σ and tanh can give; a value set stays within, a scaled one may leave it. States have no such bound."""
HOWS = ("set", "scale")


@dataclass(frozen=True)
class Intervention:
    """One hand in the works. To ablate is to set to 0, to clamp is to set.

    Errors: ValueError with rule, value and remedy.
    """

    what: str
    """A gate or state of NAMES; later values of the same step see it changed."""
    how: str = "set"
    """One of HOWS."""
    value: float = 0.0
    """What is set, or the factor."""
    units: tuple[int, ...] | None = None
    """None: all."""
    first: int = 0
    last: int | None = None
    """Timesteps by their place in the sequence, both included; None: to the end."""
    layer: int = 0
    direction: int = 0

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise ValueError(f"how must be one of {', '.join(HOWS)}, got {self.how!r}; choose one.")
        if not math.isfinite(self.value):
            raise ValueError(f"value must be a finite number, got {self.value!r}; give one.")
        low, high = RANGES.get(self.what, (-math.inf, math.inf))
        if self.how == "set" and not low <= self.value <= high:
            raise ValueError(
                f"{self.what} lies in [{low:g}, {high:g}], got {self.value!r} to set; give a value in this range."
            )
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise ValueError(
                f"a span needs 0 ≤ first ≤ last, got {self.first} to {self.last}; give its first timestep first."
            )
        if self.units is not None and (not self.units or min(self.units) < 0):
            raise ValueError(f"units are numbers from 0 on, at least one, got {self.units!r}; None means all.")

    def is_active(self, step: int) -> bool:
        """Whether a timestep lies in the span."""
        return self.first <= step and (self.last is None or step <= self.last)


def still_cell(
    first: int, last: int | None = None, units: tuple[int, ...] | None = None, layer: int = 0, direction: int = 0
) -> tuple[Intervention, Intervention]:
    """Let f = 1 and i = 0: c_t = 1 ⊙ c_{t−1} + 0 ⊙ g_t stands still, exactly."""
    return (
        Intervention("forget", "set", 1.0, units, first, last, layer, direction),
        Intervention("input", "set", 0.0, units, first, last, layer, direction),
    )


def kind_of(stack: nn.RNNBase) -> str:
    """What a stack is made of: "lstm", "gru" or "rnn"."""
    return stack.mode.lower().partition("_")[0]


def check(one: Intervention, stack: nn.RNNBase, length: int) -> None:
    """Errors: ValueError unless a stack has what is reached for, in a sequence of `length` timesteps."""
    kind, directions = kind_of(stack), 2 if stack.bidirectional else 1
    if one.what not in NAMES[kind]:
        raise ValueError(f"{kind.upper()} has {', '.join(NAMES[kind])}, got {one.what!r}; choose one of these.")
    if not (0 <= one.layer < stack.num_layers and 0 <= one.direction < directions):
        raise ValueError(
            f"the stack has {stack.num_layers} layers in {directions} directions, got layer {one.layer}, direction "
            f"{one.direction}; both count from 0."
        )
    width = (stack.proj_size or stack.hidden_size) if one.what == "hidden" else stack.hidden_size
    if one.units is not None and max(one.units) >= width:
        raise ValueError(f"{one.what} has {width} units, got unit {max(one.units)}; units count from 0.")
    if one.first >= length:
        raise ValueError(f"the sequence has {length} timesteps, got first = {one.first}; timesteps count from 0.")
