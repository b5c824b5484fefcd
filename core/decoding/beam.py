"""One beam while it runs: what it holds, what it records, and when it stops.

Axes: B hypotheses alive, k beam size, V vocabulary.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..recordings.search import Hypothesis, Search, hypotheses_of
from ..recordings.search_tree import Reason, SearchTree, Status
from .candidates import Candidates, Rows, candidates, moved, spread
from .choice import Choice, best, refilled
from .ended import Ended
from .growth import Growth
from .length_penalty import Bonus, LengthPenalty
from .scorer import Scorer
from .semantics import Semantics, Stop, WhenFinished
from .states import chosen

CAME_TO_AN_END = "no hypothesis is alive"
AT_THE_HORIZON = "the greatest length is reached"


class Beam:
    """The hypotheses of one beam and its finished ones; it grows a tree that other beams may grow too."""

    def __init__(
        self,
        scorer: Scorer,
        size: int,
        semantics: Semantics,
        penalty: LengthPenalty,
        growth: Growth,
        group: int = 0,
        root_score: float = 0.0,
        bonus: Bonus | None = None,
    ) -> None:
        self.scorer, self.size, self.semantics, self.growth, self.group = scorer, size, semantics, growth, group
        self.bonus = bonus
        self.extra: np.ndarray | None = None
        """What the rows alive get beside their score if they finish at this step."""
        self.width = size
        self.ended = Ended(size, penalty)
        self.rows = Rows.beginning(scorer.start, root_score)
        self.sources = np.zeros(1, dtype=np.int64)
        """Of each row alive, the place of its parent among the rows that were alive before."""
        self.stopped = ""
        """Why it has ended; empty while it runs."""
        self.stopping: list[tuple[float, float]] = []

    def advance(self, log_probs: np.ndarray, length: int, raised: np.ndarray | None = None) -> None:
        """One step, from the log-probabilities of the rows alive, shape (B, V); `raised` as of `candidates`."""
        forbidden = self.scorer.law.forbidden(length, self.rows.histories, log_probs.shape[1])
        found = candidates(self.rows, spread(self.rows, log_probs), forbidden, self.scorer.eos, raised)
        choose = refilled if self.semantics.when_finished is WhenFinished.LEAVES else best
        choice = choose(found, self.width, length == self.scorer.max_length)
        ids = self.growth.step(found, choice, length, self.group)
        self._finish(found, choice, ids, length)
        goes_on = choice.kept
        if self.semantics.when_finished is WhenFinished.STAYS:
            goes_on = np.sort(np.concatenate([choice.kept, choice.ended]))
        before, self.rows = self.rows.alive, moved(found, ids, goes_on)
        self.sources = np.searchsorted(before, found.parents[goes_on][self.rows.alive])
        self.stopped = self._why_stop(length)

    def hypotheses(self, tree: SearchTree) -> tuple[Hypothesis, ...]:
        """What has finished, best first."""
        return hypotheses_of(tree, [one.node for one in self.ended.best], [one.score for one in self.ended.best])

    def _finish(self, found: Candidates, choice: Choice, ids: np.ndarray, length: int) -> None:
        new = choice.finished
        if found.rows.is_any_ended:
            new = new[~found.rows.is_ended[found.parents[new]]]
        if self.semantics.when_finished is WhenFinished.STAYS:
            self._push_out_of_the_beam(set(ids[choice.finished].tolist()), length)
        elif self.semantics.when_finished is WhenFinished.SHRINKS:
            self.width -= len(new)
        elif self.semantics.stop is Stop.FIRST_COME:
            new = self._first_come(new, ids)
        if not len(new):
            return
        extra = None if self.extra is None else self.extra[found.parents[new]]
        for node in self.ended.admit(ids[new], found.at(found.scores, new), length, extra):
            self.growth.left[node] = length

    def _push_out_of_the_beam(self, held: set[int], length: int) -> None:
        self.growth.left.update({one.node: length for one in self.ended.best if one.node not in held})
        self.ended.best = [one for one in self.ended.best if one.node in held]

    def _first_come(self, new: np.ndarray, ids: np.ndarray) -> np.ndarray:
        free = self.size - len(self.ended)
        self.growth.mark(ids[new[free:]], Status.END_DROPPED, Reason.SLOTS_FULL)
        return new[:free]

    def _why_stop(self, length: int) -> str:
        """Why the search ends here; empty if it goes on."""
        bound = self._bound(length)
        self.stopping.append((bound, np.nan if np.isnan(bound) else self.ended.worst))
        if length == self.scorer.max_length:
            return AT_THE_HORIZON
        if not len(self.rows.alive):
            return CAME_TO_AN_END
        is_over = self.ended.is_full and self.semantics.stop is not Stop.ALL_FINISHED
        return str(self.semantics.stop) if is_over and not bound > self.ended.worst else ""

    def _bound(self, length: int) -> float:
        """The best score that the semantics grants a hypothesis alive; NaN where it asks for none."""
        longest = {Stop.BOUND_NOW: length, Stop.BOUND_HORIZON: self.scorer.max_length}.get(self.semantics.stop)
        if longest is None or not len(self.rows):
            return np.nan
        return self.ended.penalty.bound(float(self.rows.scores[0]), length, longest)


def _never_above_0(extra: np.ndarray) -> np.ndarray:
    if not (extra <= 0).all():  # the bounds by which a search stops rest on it
        raise ValueError(f"what a finished hypothesis gets may not be above 0, got {extra.max():g}; make it a penalty.")
    return extra


def run(beam: Beam, state: Any, method: str) -> Search:
    """Run one beam to its end."""
    scorer, length = beam.scorer, 0
    state = scorer.begin(state)
    while not beam.stopped:
        length += 1
        if length > 1:
            state = chosen(state, beam.sources)
        log_probs, state = scorer(state, beam.rows.histories[beam.rows.alive, -1])
        if beam.bonus is not None:
            beam.extra = _never_above_0(beam.bonus(state))
        beam.advance(log_probs, length)
    tree = beam.growth.tree()
    account = np.array(beam.stopping)
    return Search(method, beam.hypotheses(tree), tree, scorer.calls, scorer.rows, beam.stopped, account)
