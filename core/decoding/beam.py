"""Beam search, in the semantics asked for, with its whole tree.

Axes: B hypotheses alive, k beam size, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_whole
from ..recordings.search import Search, hypotheses_of
from ..recordings.search_tree import Reason, Status
from .candidates import Candidates, Rows, candidates, spread
from .choice import Choice, best, refilled
from .ended import Ended
from .growth import LISTED, Growth, moved
from .length_penalty import LengthPenalty
from .rules import FREE, MOST, Rules
from .scorer import Scorer, Step
from .semantics import HUGGING_FACE_CANONICAL, SHRINKING, Semantics, Stop, WhenFinished
from .states import chosen

CAME_TO_AN_END = "no hypothesis is alive"
AT_THE_HORIZON = "the greatest length is reached"


def beam_search(
    step: Step,
    state: Any,
    *,
    beam_size: int = 4,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    semantics: Semantics = HUGGING_FACE_CANONICAL,
    length_penalty: LengthPenalty | None = None,
    rules: Rules = FREE,
    listed: int = LISTED,
    follow: Sequence[int] = (),
) -> Search:
    """The best hypotheses that a beam of `beam_size` finds.

    A beam wider than the candidates there are holds all of them.

    Args:
        step: The model: log-probabilities of the next token, as of `scorer.Step`.
        state: Of one hypothesis, before `start`.
        beam_size: k.
        max_length: Most tokens generated, the end token included.
        eos: The end token; None: there is none, and every hypothesis has `max_length` tokens.
        start: The token, or tokens, fed before the first one is generated; they are not scored.
        semantics: Which beam search.
        length_penalty: None: that of the semantics.
        rules: What hypotheses may not do.
        listed: Candidates that the tree lists at each step, from the best; the others are counted.
        follow: Tokens of a hypothesis to list whatever its rank.

    Errors: ValueError for settings out of range, and a step whose rows are no probabilities.
    """
    check_whole("beam_size", beam_size, 1, MOST)
    scorer = Scorer(step, start, eos, max_length, rules, semantics.horizon)
    penalty = semantics.length_penalty if length_penalty is None else length_penalty
    search = _BeamSearch(scorer, beam_size, semantics, penalty, Growth(listed, follow))
    return search.run(state, f"beam of {beam_size}; {semantics}; ranked by {penalty}")


def greedy(
    step: Step,
    state: Any,
    *,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    rules: Rules = FREE,
    listed: int = LISTED,
) -> Search:
    """The hypothesis that takes the most probable token at every step; arguments as of `beam_search`."""
    scorer = Scorer(step, start, eos, max_length, rules)
    search = _BeamSearch(scorer, 1, SHRINKING, SHRINKING.length_penalty, Growth(listed))
    return search.run(state, "greedy: the most probable token at every step")


class _BeamSearch:
    """One search while it runs."""

    def __init__(self, scorer: Scorer, size: int, semantics: Semantics, penalty: LengthPenalty, growth: Growth):
        self.scorer, self.size, self.semantics, self.growth = scorer, size, semantics, growth
        self.stays = semantics.when_finished is WhenFinished.STAYS
        self.width = size
        self.ended = Ended(size, penalty)
        self.stopping: list[tuple[float, float]] = []

    def run(self, state: Any, method: str) -> Search:
        rows, stopped = Rows.beginning(self.scorer.start), ""
        state, length = self.scorer.begin(state), 0
        while not stopped:
            length += 1
            log_probs, state = self.scorer(state, rows.histories[rows.alive, -1])
            found = candidates(rows, spread(rows, log_probs), self.scorer.law, length)
            alive_before, rows = rows.alive, self._advance(found, length)
            stopped = self._stopped(rows, length)
            if not stopped:
                places = np.searchsorted(alive_before, self.parents[rows.alive])
                state = chosen(state, places)
        nodes, scores = [one.node for one in self.ended.best], [one.score for one in self.ended.best]
        tree = self.growth.tree()
        hypotheses = hypotheses_of(tree, nodes, scores)
        account = np.array(self.stopping)
        return Search(method, hypotheses, tree, self.scorer.calls, self.scorer.rows, stopped, account)

    def _advance(self, found: Candidates, length: int) -> Rows:
        """Choose, record and finish; the rows of the next step."""
        is_last = length == self.scorer.max_length
        choose = refilled if self.semantics.when_finished is WhenFinished.LEAVES else best
        choice = choose(found, self.width, is_last)
        ids = self.growth.step(found, choice, length)
        self._finish(found, choice, ids, length)
        goes_on = np.sort(np.concatenate([choice.kept, choice.ended])) if self.stays else choice.kept
        self.parents = found.parents[goes_on]
        return moved(found.rows, found, ids, goes_on)

    def _finish(self, found: Candidates, choice: Choice, ids: np.ndarray, length: int) -> None:
        new = choice.finished[~found.rows.is_ended[found.parents[choice.finished]]]
        if self.stays:
            self._push_out_of_the_beam(found, choice, ids, length)
        elif self.semantics.stop is Stop.FIRST_COME:
            new = self._first_come(new, ids)
        elif self.semantics.when_finished is WhenFinished.SHRINKS:
            self.width -= len(new)
        for node in self.ended.admit(ids[new], found.at(found.log_probs, new), length):
            self.growth.left[node] = length

    def _push_out_of_the_beam(self, found: Candidates, choice: Choice, ids: np.ndarray, length: int) -> None:
        held = set(ids[choice.finished].tolist())
        for one in [one for one in self.ended.best if one.node not in held]:
            self.growth.left[one.node] = length
            self.ended.best.remove(one)

    def _first_come(self, new: np.ndarray, ids: np.ndarray) -> np.ndarray:
        free = self.size - len(self.ended)
        for node in ids[new[free:]].tolist():
            self.growth.mark(node, Status.END_DROPPED, Reason.SLOTS_FULL)
        return new[:free]

    def _stopped(self, rows: Rows, length: int) -> str:
        """Why the search ends here; empty if it goes on."""
        bound = self._bound(rows, length)
        self.stopping.append((bound, self.ended.worst if np.isfinite(bound) else np.nan))
        if length == self.scorer.max_length:
            return AT_THE_HORIZON
        if not len(rows.alive):
            return CAME_TO_AN_END
        is_over = self.ended.is_full and self.semantics.stop is not Stop.ALL_FINISHED
        beaten = not np.isfinite(bound) or bound <= self.ended.worst
        return str(self.semantics.stop) if is_over and beaten else ""

    def _bound(self, rows: Rows, length: int) -> float:
        """The best score that the semantics grants a hypothesis alive; NaN where it asks for none."""
        longest = {Stop.BOUND_NOW: length, Stop.BOUND_HORIZON: self.scorer.max_length}.get(self.semantics.stop)
        if longest is None or not len(rows):
            return np.nan
        return self.ended.penalty.bound(float(rows.log_probs[0]), length, longest)
