"""Sampling: tokens drawn from the model's distribution, or a filtered one; equal beginnings are fed to the model once.

Axes: n samples, B different hypotheses alive, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_whole
from ..recordings.search import Search, hypotheses_of
from ..recordings.search_tree import Reason
from .beam import AT_THE_HORIZON
from .candidates import Candidates, Rows, candidates, moved
from .choice import Choice
from .filters import Filters
from .growth import LISTED, Growth
from .rules import FREE, MOST, Rules
from .scorer import Scorer, Step
from .states import chosen


def sample(
    step: Step,
    state: Any,
    *,
    count: int = 1,
    seed: int = 0,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    rules: Rules = FREE,
    listed: int = LISTED,
) -> Search:
    """`count` independent samples in the order drawn; the same seed draws the same.

    At temperature 1 without a filter or a rule they are exact samples of the model. `temperature`, `top_k`, `top_p` as
    of `Filters`; the others as of `beam_search`. Log-probabilities are the model's own, whatever was drawn from.

    Errors: ValueError for settings out of range, and where the rules forbid every token.
    """
    for name, value, lowest in (("count", count, 1), ("seed", seed, 0), ("listed", listed, 1)):
        check_whole(name, value, lowest, MOST)
    scorer, filters = Scorer(step, start, eos, max_length, rules), Filters(temperature, top_k, top_p)
    return _Sampling(scorer, filters, count, np.random.default_rng(seed), Growth(listed)).run(state)


class _Sampling:
    """Samples while they are drawn: each stands on a row, a hypothesis that several may share."""

    def __init__(self, scorer: Scorer, filters: Filters, count: int, rng: np.random.Generator, growth: Growth) -> None:
        self.scorer, self.filters, self.rng, self.growth = scorer, filters, rng, growth
        self.rows = Rows.beginning(scorer.start)
        self.row_of = np.zeros(count, dtype=np.int64)
        """Of each sample still alive."""
        self.alive = np.arange(count)
        self.nodes = np.zeros(count, dtype=np.int64)
        """Of each sample, where it has come to."""
        self.sources = np.zeros(1, dtype=np.int64)
        """Of each row, the place of its parent among the rows before."""

    def run(self, state: Any) -> Search:
        state, length, count = self.scorer.begin(state), 0, len(self.nodes)
        while len(self.alive):
            length += 1
            if length > 1:
                state = chosen(state, self.sources)
            log_probs, state = self.scorer(state, self.rows.histories[:, -1])
            self._advance(log_probs, length)
        tree, account = self.growth.tree(), np.full((length, 2), np.nan)
        hypotheses = hypotheses_of(tree, self.nodes.tolist(), tree.log_prob[self.nodes].tolist())
        stopped = AT_THE_HORIZON if length == self.scorer.max_length else "every sample has ended"
        method = f"{count} samples; {self.filters}"
        return Search(method, hypotheses, tree, self.scorer.calls, self.scorer.rows, stopped, account)

    def _advance(self, log_probs: np.ndarray, length: int) -> None:
        forbidden = self.scorer.law.forbidden(length, self.rows.histories, log_probs.shape[1])
        probabilities, codes = self.filters(log_probs, forbidden)
        found = candidates(self.rows, log_probs, codes, self.scorer.eos)
        drawn = self._positions(found, probabilities)
        choice = self._choice(found, np.unique(drawn), length)
        ids = self.growth.step(found, choice, length)
        self.nodes[self.alive] = ids[drawn]
        goes_on = np.isin(drawn, choice.kept)
        self.row_of, self.alive = np.searchsorted(choice.kept, drawn[goes_on]), self.alive[goes_on]
        self.rows, self.sources = moved(found, ids, choice.kept), found.parents[choice.kept]

    def _positions(self, found: Candidates, probabilities: np.ndarray) -> np.ndarray:
        """The candidate that each sample draws, by inverting the cumulative distribution of its row."""
        cumulative = np.cumsum(probabilities, axis=1)[self.row_of]  # (n, V)
        levels = self.rng.random(len(self.row_of)) * cumulative[:, -1]
        tokens = np.count_nonzero(cumulative <= levels[:, None], axis=1)
        positions = np.empty(len(found.order), dtype=np.int64)
        positions[found.order] = np.arange(len(found.order))
        return positions[self.row_of * found.size + tokens]

    def _choice(self, found: Candidates, drawn: np.ndarray, length: int) -> Choice:
        ends = found.tokens[drawn] == self.scorer.eos
        if length == self.scorer.max_length:
            return Choice(ended=drawn[ends], truncated=drawn[~ends], others=Reason.NOT_DRAWN)
        return Choice(drawn[~ends], drawn[ends], others=Reason.NOT_DRAWN)
