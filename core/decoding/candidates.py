"""Hypotheses, and their candidates in the order in which a search prefers them.

Axes: B hypotheses, V vocabulary, n candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..recordings.search_tree import ROOT
from .rules import ALLOWED


@dataclass(frozen=True)
class Rows:
    """The hypotheses that a search holds, best first; finished ones among them only where they stay."""

    nodes: np.ndarray
    """Their places in the tree, shape (B,)."""
    log_probs: np.ndarray
    scores: np.ndarray
    """What they are ranked by."""
    histories: np.ndarray
    """Tokens of start and hypothesis, int64, shape (B, …)."""
    is_ended: np.ndarray

    @classmethod
    def beginning(cls, start: tuple[int, ...], score: float = 0.0) -> Rows:
        """The empty hypothesis."""
        histories, log_probs = np.array([start], dtype=np.int64), np.zeros(1)
        scores = np.full(1, score) if score else log_probs
        return cls(np.array([ROOT]), log_probs, scores, histories, np.zeros(1, dtype=bool))

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def is_any_ended(self) -> bool:
        """Whether a finished one is among them."""
        return bool(self.is_ended.any())

    @cached_property
    def alive(self) -> np.ndarray:
        """Places of those that go on."""
        return np.flatnonzero(~self.is_ended)


@dataclass(frozen=True)
class Candidates:
    """Every continuation of some rows by one token; a finished row that stays is its own only candidate.

    Sorted by score, highest first; ties by the rank of the parent, then by the token.
    """

    rows: Rows
    size: int
    """V."""
    order: np.ndarray
    """parent · V + token, best first, shape (n,)."""
    parents: np.ndarray
    """Row of each candidate, in order."""
    tokens: np.ndarray
    """Token of each candidate, in order."""
    count: int
    """How many of them are allowed and possible: the first so many."""
    step_log_probs: np.ndarray
    """As the model says, shape (B, V)."""
    log_probs: np.ndarray
    """Of the hypotheses, shape (B, V)."""
    scores: np.ndarray
    """What they are ranked by, shape (B, V); −∞ where forbidden."""
    forbidden: np.ndarray | None
    """As of `Law.forbidden`."""
    eos: int | None

    def ends(self, top: int) -> np.ndarray:
        """Which of the first `top` are end tokens."""
        return np.zeros(top, dtype=bool) if self.eos is None else self.tokens[:top] == self.eos

    def at(self, matrix: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Entries of one of the (B, V) matrices at positions of the order."""
        return matrix.ravel()[self.order[positions]]


def moved(found: Candidates, ids: np.ndarray, positions: np.ndarray) -> Rows:
    """The rows that candidates at these positions become; `ids` are their nodes, by position."""
    rows, parents, tokens = found.rows, found.parents[positions], found.tokens[positions]
    log_probs, is_ended = found.at(found.log_probs, positions), tokens == found.eos
    if rows.is_any_ended:
        log_probs = np.where(rows.is_ended[parents], rows.log_probs[parents], log_probs)
    histories = np.concatenate([rows.histories[parents], tokens[:, None]], axis=1)
    scores = log_probs if found.scores is found.log_probs else found.at(found.scores, positions)
    return Rows(ids[positions], log_probs, scores, histories, is_ended)


def spread(rows: Rows, alive_log_probs: np.ndarray) -> np.ndarray:
    """Step log-probabilities of every row, shape (B, V), from those of the alive ones; 0 in a finished row."""
    if len(alive_log_probs) == len(rows):
        return alive_log_probs
    log_probs = np.zeros((len(rows), alive_log_probs.shape[1]))
    log_probs[rows.alive] = alive_log_probs
    return log_probs


def candidates(
    rows: Rows,
    step_log_probs: np.ndarray,
    forbidden: np.ndarray | None,
    eos: int | None,
    raised: np.ndarray | None = None,
) -> Candidates:
    """Candidates of all rows at a step.

    Ranked by score + step log-probability, or by `raised`, shape (B, V), where a search ranks otherwise.
    """
    size = step_log_probs.shape[1]
    scores = rows.scores[:, None] + step_log_probs if raised is None else raised
    if forbidden is not None:
        scores = np.where(forbidden == ALLOWED, scores, -np.inf)
    flat = _of_finished_only_the_end(rows, scores, eos)
    values = scores.ravel() if flat is None else scores.ravel()[flat]
    order = np.argsort(-values, kind="stable")
    order = order if flat is None else flat[order]
    parents, tokens = np.divmod(order, size)
    count = int(np.count_nonzero(values > -np.inf))
    is_plain = raised is None and forbidden is None and rows.scores is rows.log_probs
    log_probs = scores if is_plain else rows.log_probs[:, None] + step_log_probs
    return Candidates(rows, size, order, parents, tokens, count, step_log_probs, log_probs, scores, forbidden, eos)


def _of_finished_only_the_end(rows: Rows, scores: np.ndarray, eos: int | None) -> np.ndarray | None:
    """Places of the candidates there are, None for all; a finished row keeps its score at the end token."""
    if not rows.is_any_ended:
        return None
    exists = np.ones(scores.shape, dtype=bool)
    exists[rows.is_ended] = False
    exists[rows.is_ended, eos] = True
    scores[rows.is_ended, eos] = rows.scores[rows.is_ended]
    return np.flatnonzero(exists)
