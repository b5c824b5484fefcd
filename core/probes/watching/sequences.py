"""The calls of one layer, put in order: which goes on from which, and which belong to the pass that is looked at.

Axes: L layers, D directions, N batch, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .graph import nearest_marked, origin
from .observed import Exits, Generation, ObservedCall
from .ran import Ran


class Calls:
    """All calls of one layer that count: those of the last pass, and those from whose states it goes on."""

    def __init__(self, owner: tuple[int, str]) -> None:
        self._owner, self._count = owner, 0
        self.all: list[ObservedCall] = []
        self._generation = Generation()
        self._tails: dict[int, ObservedCall] = {}
        """Calls from which none goes on yet, by number."""
        self.obstacle: str | None = None
        """Why a call could not be seen, in one sentence."""

    def add(self, ran: Ran, examples: int | None, exits: Exits | None) -> ObservedCall:
        """Keep a call, joined to the one from whose final state it starts."""
        observed = ObservedCall(self._count, ran, examples)
        self._count += 1
        if exits is not None:
            observed.mark(exits, self._owner)
        if ran.kind == "state":
            self._join_state(observed, ran.finals[0])
        elif ran.initial:
            self._join(observed, ran)
        if observed.is_recomputed:
            self._adopt(observed)
        elif self._generation.is_reached:
            self._generation = Generation()
        observed.generation = self._generation
        self.all.append(observed)
        self._tails.pop(observed.before, None)  # type: ignore[arg-type]
        self._tails[observed.number] = observed
        if observed.before is None and self.all[0].generation is not self._generation:
            self._forget_older()
        return observed

    def drop(self, observed: ObservedCall) -> None:
        """Forget a call that could not be seen after all."""
        self.all.remove(observed)
        self._tails.pop(observed.number, None)

    def _forget_older(self) -> None:
        """Another pass has begun: only what it goes on from is kept of those before."""
        rows = [row for row in self.all_sequences() if any(call.generation is self._generation for call in row)]
        self.all = sorted((call for row in rows for call in row), key=lambda call: call.number)
        numbers = {call.number for call in self.all}
        self._tails = {number: call for number, call in self._tails.items() if number in numbers}

    def _join(self, observed: ObservedCall, ran: Ran) -> None:
        starts = [state.grad_fn for state in ran.initial if state.grad_fn is not None]
        with_graph = [call.first_node for call in self._tails.values() if call.facts.has_graph]
        if starts and with_graph:
            observed.before = nearest_marked(starts, self._owner, min(with_graph))
        if observed.before is None:
            candidates = (call for call in reversed(self._tails.values()) if _goes_on(call, observed))
            found = next(candidates, None)
            is_checkpointed = bool(starts) and not observed.facts.has_graph  # then a gradient goes back past both
            observed.before = None if found is None else found.number
            observed.is_cut = found is not None and not is_checkpointed

    def _join_state(self, observed: ObservedCall, state: Tensor) -> None:
        """A state of the user's own goes on from the one that leads to it; without a graph, from the last one."""
        last = self.all[-1] if self.all else None
        if last is None:
            return
        if not observed.facts.has_graph:
            observed.before = None if last.facts.has_graph else last.number
            return
        found = origin(state)
        starts = [node for node, _ in found[0].next_functions if node is not None] if found is not None else []
        with_graph = [call.first_node for call in self._tails.values() if call.facts.has_graph]
        if starts and with_graph:
            observed.before = nearest_marked(starts, self._owner, min(with_graph))

    def _adopt(self, observed: ObservedCall) -> None:
        """A checkpoint runs a call again in the backward pass: it takes the place of the one that had no graph."""
        for place, call in enumerate(self.all):
            if not call.facts.has_graph and _are_equal(call.facts.finals, observed.facts.finals):
                observed.number, observed.before, observed.is_cut = call.number, call.before, call.is_cut
                del self.all[place]
                break

    def sequences(self) -> list[list[ObservedCall]]:
        """Calls joined in time, in the order in which they began; where a pass went back, those that it reached."""
        found = self.all_sequences()
        reached = [row for row in found if any(call.is_reached for call in row)]
        return reached or found

    def all_sequences(self) -> list[list[ObservedCall]]:
        """The same, whether a pass reached them or not."""
        found: list[list[ObservedCall]] = []
        for call in sorted(self.all, key=lambda call: call.number):
            before = next((row for row in found if row[-1].number == call.before), None)
            if before is None:
                found.append([call])
            else:
                before.append(call)
        return found


def current(calls: Sequence[ObservedCall]) -> list[bool]:
    """Which calls of a sequence the newest backward pass reached.

    Each part between two cuts has a pass of its own, and so has a call that a checkpoint ran again.
    """
    newest: list[int] = []
    for number, call in enumerate(calls):
        if number and not _has_own_pass(call):
            newest[-1] = max(newest[-1], call.last_pass)
        else:
            newest.append(call.last_pass)
    found, part = [], -1
    for number, call in enumerate(calls):
        part += _has_own_pass(call) or not number
        found.append(call.is_reached and call.last_pass == newest[part])
    return found


def _has_own_pass(call: ObservedCall) -> bool:
    return call.is_cut or call.is_recomputed


def _goes_on(before: ObservedCall, after: ObservedCall) -> bool:
    """Whether a call starts with the values that another ended with, but for examples that are reset to zero."""
    pairs = list(zip(before.facts.finals, after.facts.initial, strict=False))
    if not pairs or any(ended.get().shape != starts.get().shape for ended, starts in pairs):
        return False
    if not all(ended.is_intact for ended, _ in pairs):
        return False
    ended, starts = before.facts.shapes.states(pairs[0][0].get()), after.facts.shapes.states(pairs[0][1].get())
    same = _rows(ended == starts)
    is_zero = _rows(starts == 0)
    return bool((same & ~is_zero).any()) and bool((same | is_zero).all())


def _rows(flags: Tensor) -> Tensor:
    """Whether all units of all layers of an example are so, shape (N,)."""
    return flags.all(dim=2).all(dim=0)


def _are_equal(some: Sequence, others: Sequence) -> bool:
    pairs = [(one.get(), other.get()) for one, other in zip(some, others, strict=True)]
    return all(one.shape == other.shape and torch.equal(one, other) for one, other in pairs)
