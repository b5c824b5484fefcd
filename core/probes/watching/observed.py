"""One observed call and its place among the others of its layer.

Only the graph holds the call, by its hooks; the call holds nothing of the graph.

Axes: L layers, D directions, N batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..recurrent_call import RecurrentCall
from .facts import Facts
from .graph import Origin, Unreadable, current_pass, last_nodes, listen, mark, origin
from .ran import Ran
from .taps import Tap

TWICE = (
    "this pass goes through the gradient of a gradient as well, as with create_graph=True; what comes to the states "
    "that way is told where torch runs a step at a time, and not where it runs one kernel."
)
KERNEL = Origin("kernel", 0)
"""Of results as a kernel gives them, time first."""


class Generation:
    """The calls of a layer between two backward passes."""

    is_reached = False
    """Whether a backward pass has reached one of them."""


class ObservedCall:
    """A call of one watched layer, cell, step or state."""

    def __init__(self, number: int, ran: Ran, examples: int | None) -> None:
        self.number, self.facts = number, Facts(ran, examples)
        self.taps: list[Tap] = []
        """By layer, then direction."""
        self.before: int | None = None
        """The number of the call from whose final state this one starts."""
        self.is_cut = False
        """Whether only values came from there, and no gradient goes back."""
        self.is_recomputed = current_pass() >= 0
        """Whether it ran in a backward pass, as a checkpoint has it."""
        self.last_pass = -1
        """The newest backward pass that reached the call."""
        self.generation = Generation()
        """The forward calls between two backward passes to which it belongs."""
        self.first_node = 0
        """The lowest sequence number of the nodes of its results."""

    @property
    def call(self) -> RecurrentCall:
        """As probes take it."""
        return replace(
            self.facts.call(self.taps),
            number=self.number,
            starts_from=self.before,
            is_cut=self.is_cut,
            is_reached=self.is_reached,
        )

    @property
    def is_reached(self) -> bool:
        """Whether a backward pass came here."""
        return self.last_pass >= 0

    def hear_results(self, ran: Ran) -> None:
        """Listen to what reaches the results from outside."""
        for name, tensor in results_of(ran).items():
            found = origin(tensor)
            if found is not None:
                node, self.facts.origins[name] = found
                listen(node, found[1].output, self._hearing(name))

    def hear_all(self, outside: tuple[Tensor | None, ...]) -> None:
        """Hear at once what reached output, h_n and c_n of a kernel that is the whole call, which was entered."""
        for name, gradient in zip(("output", "hidden", "cell"), outside, strict=False):
            if gradient is not None:
                self.facts.origins[name], self.facts.outside[name] = KERNEL, gradient.detach()

    def mark(self, exits: Exits, owner: tuple[int, str]) -> None:
        """Mark where the graph leaves the call, so that a later one can be seen to go on from there."""
        for node in exits.nodes:
            mark(node, owner, self.number)
        self.first_node = min(node._sequence_nr() for node in exits.nodes)

    def _hearing(self, name: str) -> Callable[[Tensor | None], None]:
        def hear(gradient: Tensor | None) -> None:
            self.enter()
            if gradient is not None:
                self.facts.outside[name] = gradient.detach()

        return hear

    def enter(self) -> None:
        """Hear that a backward pass is at the call: if it is another one, what was heard before is forgotten."""
        this_pass = current_pass()
        if this_pass == self.last_pass:
            return
        if self.facts.is_derived:
            self.facts.note = TWICE
        elif torch.is_grad_enabled():
            self.facts.is_derived = True
            for tap in self.taps:
                tap.be_careful(self.enter)
        self.last_pass, self.generation.is_reached = this_pass, True
        self.facts.outside.clear()
        for tap in self.taps:
            tap.begin()


class Exits(NamedTuple):
    """The nodes by which the graph leaves a call; never kept, as they hold the graph."""

    nodes: list[Any]
    """Of the last h of each layer and direction, or where these cannot be told, of the results."""
    obstacle: Unreadable | None = None
    """Why these cannot be told."""


def exits_of(ran: Ran) -> Exits | None:
    """The exits of a call; None without a graph."""
    found = origin(ran.finals[0])
    if found is None:
        return None
    if ran.is_cell:
        return Exits([found[0]])
    try:
        return Exits(last_nodes(found[0]))
    except Unreadable as obstacle:
        every = map(origin, results_of(ran).values())
        return Exits([one[0] for one in every if one is not None], obstacle)


def results_of(ran: Ran) -> dict[str, Tensor]:
    """Output and final states by name."""
    named: dict[str, Any] = {"output": ran.output, **dict(zip(("hidden", "cell"), ran.finals, strict=False))}
    return {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
