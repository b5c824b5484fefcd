"""Exact search without looking at everything: best first, and depth first with a bound.

Both rest on log-probabilities never rising along a hypothesis, so that one which is behind stays behind.

Axes: V vocabulary, T greatest length.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..checks import check_whole
from ..recordings.search import Search, hypotheses_of
from ..recordings.search_tree import REASON_CODES, ROOT, Reason, Status
from .growth import Growth, Siblings
from .length_penalty import NO_PENALTY, LengthPenalty
from .rules import ALLOWED, FREE, MOST, Rules
from .scorer import Scorer, Step
from .semantics import Horizon

LIMIT = 20_000
"""Hypotheses that are fed to the model unless a search is allowed more."""
ROUNDING = 1e-9
"""A bound from another search may be off by this, relative to 1 nat or to itself."""


class Open(NamedTuple):
    """A hypothesis that was looked at and not yet fed."""

    bound: float
    """The best score that it or any continuation can have; its own where it is complete."""
    node: int
    log_prob: float
    history: tuple[int, ...]
    state: Any
    """Before its last token is fed."""
    is_complete: bool
    is_ended: bool


class _Fan(NamedTuple):
    """What may follow one hypothesis, n tokens from the most probable."""

    state: Any
    """After the hypothesis was fed."""
    length: int
    """Tokens generated with one of these."""
    first: int
    """Node of the first; the others follow it."""
    tokens: np.ndarray
    log_probs: np.ndarray
    """Of the hypothesis with each."""


class Explorer:
    """Feeds one hypothesis at a time and lists all of its children.

    Errors: ValueError once it would feed more than `limit`.
    """

    def __init__(self, scorer: Scorer, penalty: LengthPenalty, limit: int) -> None:
        check_whole("limit", limit, 1, MOST)
        self.scorer, self.penalty, self.limit, self.growth = scorer, penalty, limit, Growth()

    def beginning(self, state: Any) -> Open:
        """The empty hypothesis."""
        return Open(0.0, ROOT, 0.0, self.scorer.start, self.scorer.begin(state), False, False)

    def children(self, parent: Open) -> Iterator[Open]:
        """What may follow a hypothesis, most probable first; ties by the token. Fed now, made as they are asked for."""
        fan = self._fed(parent)
        return (self._open(parent, fan, place) for place in range(len(fan.tokens)))

    def streams(self, parent: Open) -> list[Iterator[Open]]:
        """The same in two, those that are complete and those that go on; each has the best bound first."""
        fan = self._fed(parent)
        is_complete = (fan.tokens == self.scorer.eos) | (fan.length == self.scorer.max_length)
        places = (np.flatnonzero(is_complete), np.flatnonzero(~is_complete))
        return [map(partial(self._open, parent, fan), part.tolist()) for part in places]

    def _fed(self, parent: Open) -> _Fan:
        """Feed a hypothesis, and list all of its children."""
        if self.scorer.rows - len(self.scorer.start) + 1 >= self.limit:
            raise ValueError(
                f"an exact search may feed {self.limit:,} hypotheses, and has not proved the best one with them; "
                "lower max_length or let it feed more."
            )
        log_probs, state = self.scorer(parent.state, np.array(parent.history[-1:]))
        length, step_log_probs = len(parent.history) - len(self.scorer.start) + 1, log_probs[0]
        codes = self.scorer.law.forbidden(length, np.array([parent.history]), len(step_log_probs))
        reasons = np.full(len(step_log_probs), ALLOWED) if codes is None else codes[0]
        order = np.argsort(-np.where(reasons == ALLOWED, step_log_probs, -np.inf), kind="stable")
        first = self._list(parent, order, step_log_probs, reasons, length)
        allowed = order[(reasons[order] == ALLOWED) & (step_log_probs[order] > -np.inf)]
        return _Fan(state, length, first, allowed, parent.log_prob + step_log_probs[allowed])

    def finish(self, one: Open) -> None:
        """Note that a complete hypothesis was reached."""
        self.growth.mark(np.array([one.node]), Status.FINISHED, Reason.ENDED if one.is_ended else Reason.TRUNCATED)

    def _open(self, parent: Open, fan: _Fan, place: int) -> Open:
        token, log_prob, length = int(fan.tokens[place]), float(fan.log_probs[place]), fan.length
        is_ended = token == self.scorer.eos
        is_complete = is_ended or length == self.scorer.max_length
        best = (
            self.penalty.score(log_prob, length)
            if is_complete
            else self.penalty.bound(log_prob, length + 1, self.scorer.max_length)
        )
        return Open(best, fan.first + place, log_prob, (*parent.history, token), fan.state, is_complete, is_ended)

    def _list(
        self, parent: Open, order: np.ndarray, step_log_probs: np.ndarray, reasons: np.ndarray, length: int
    ) -> int:
        """Add the children in order; the id of the first."""
        self.growth.mark(np.array([parent.node]), Status.KEPT, Reason.CHOSEN)
        count, sorted_log_probs = len(order), step_log_probs[order]
        why = np.where(np.isneginf(sorted_log_probs), REASON_CODES[Reason.IMPOSSIBLE], REASON_CODES[Reason.BOUNDED])
        why = np.where(reasons[order] == ALLOWED, why, reasons[order])
        totals = parent.log_prob + sorted_log_probs
        parents, ranks = np.full(count, parent.node), np.arange(1, count + 1)
        return self.growth.add(Siblings(parents, length, order, sorted_log_probs, totals, totals, ranks, why, 0))

    def search(self, method: str, found: Sequence[Open], stopped: str) -> Search:
        """The result, of complete hypotheses from the best."""
        tree = self.growth.tree()
        hypotheses = hypotheses_of(tree, [one.node for one in found], [one.bound for one in found])
        account = np.full((tree.steps, 2), np.nan)
        return Search(method, hypotheses, tree, self.scorer.calls, self.scorer.rows, stopped, account)


_Waiting = tuple[float, int, Open, Iterator[Open]]
"""On the heap: −bound, node, the hypothesis, and its siblings that wait behind it."""


def best_first_search(
    step: Step,
    state: Any,
    *,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    length_penalty: LengthPenalty = NO_PENALTY,
    horizon: Horizon = Horizon.TRUNCATE,
    rules: Rules = FREE,
    limit: int = LIMIT,
    returned: int = 1,
) -> Search:
    """The `returned` best hypotheses of all: always goes on with the one that could become the best (uniform cost).

    The first complete one that it comes to is the best, as nothing left can beat it. Arguments as of
    `exhaustive_search`.

    Errors: ValueError once more than `limit` hypotheses would be fed.
    """
    explorer = Explorer(Scorer(step, start, eos, max_length, rules, horizon), length_penalty, limit)
    found = list(itertools.islice(_best_first(explorer, state), returned))
    return explorer.search(
        f"best first; exact; ranked by {length_penalty}", found, "nothing left can beat what is found"
    )


def _best_first(explorer: Explorer, state: Any) -> Iterator[Open]:
    """Complete hypotheses, best first."""
    heap: list[_Waiting] = []
    _push(heap, iter([explorer.beginning(state)]))
    while heap:
        _, _, one, siblings = heapq.heappop(heap)
        _push(heap, siblings)
        if one.is_complete:
            explorer.finish(one)
            yield one
        else:
            for stream in explorer.streams(one):
                _push(heap, stream)


def _push(heap: list[_Waiting], stream: Iterator[Open]) -> None:
    """Put the best of a stream on the heap; the others wait behind it, as none of them can come earlier."""
    one = next(stream, None)
    if one is not None:
        heapq.heappush(heap, (-one.bound, one.node, one, stream))


def depth_first_search(
    step: Step,
    state: Any,
    *,
    bound: float = -np.inf,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    length_penalty: LengthPenalty = NO_PENALTY,
    horizon: Horizon = Horizon.TRUNCATE,
    rules: Rules = FREE,
    limit: int = LIMIT,
) -> Search:
    """The best hypothesis of all, depth first; what cannot beat the best so far is not fed (Stahlberg & Byrne, 2019).

    `bound` is a score that some hypothesis has, such as a beam's best. Other arguments as of `exhaustive_search`.

    Errors: ValueError once more than `limit` hypotheses would be fed, and if no hypothesis reaches the bound.
    """
    explorer = Explorer(Scorer(step, start, eos, max_length, rules, horizon), length_penalty, limit)
    found = _depth_first(explorer, explorer.beginning(state), bound - ROUNDING * max(1.0, abs(bound)))
    if found is None and np.isfinite(bound):
        raise ValueError(f"bound must be a score that some hypothesis has, got {bound:g}; take that of a beam search.")
    method = f"depth first with bound {bound:.4g}; exact; ranked by {length_penalty}"
    return explorer.search(method, [found] if found else [], "everything left was behind the best one found")


def _depth_first(explorer: Explorer, beginning: Open, bound: float) -> Open | None:
    stack, best = [iter([beginning])], None
    while stack:
        one = next(stack[-1], None)
        if one is None:
            stack.pop()
        elif one.bound < bound or (best is not None and one.bound <= best.bound):
            continue
        elif one.is_complete:
            explorer.finish(one)
            best = one
        else:
            stack.append(explorer.children(one))
    return best
