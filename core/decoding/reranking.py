"""Finished hypotheses ranked again by another length penalty, without decoding again.

Axes: L steps, n hypotheses, A penalties.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..recordings.search import Hypothesis, hypotheses_of
from ..recordings.search_tree import SearchTree, Status
from .length_penalty import LengthPenalty


def reranked(tree: SearchTree, penalty: LengthPenalty, count: int | None = None) -> tuple[Hypothesis, ...]:
    """Everything that finished in a search, also what was pushed out later, best score first; `count`: so many.

    Decoding again with the penalty can find others only where the semantics stops by a bound, which depends on it.
    """
    nodes = np.flatnonzero(tree.has(Status.FINISHED))
    divisors = np.array([1.0, *(penalty.divisor(length) for length in range(1, tree.steps + 1))])
    scores = tree.log_prob[nodes] / divisors[tree.step[nodes]]
    order = np.argsort(-scores, kind="stable")[:count]
    return hypotheses_of(tree, nodes[order].tolist(), scores[order].tolist())


def ranked(hypotheses: Iterable[Hypothesis], penalty: LengthPenalty) -> tuple[Hypothesis, ...]:
    """Hypotheses with the score that a penalty gives them, best first; equal ones in the order given."""
    scored = [replace(one, score=penalty.score(one.log_prob, len(one.tokens))) for one in hypotheses]
    return tuple(sorted(scored, key=lambda one: -one.score))


def scores_under(hypotheses: Sequence[Hypothesis], penalties: Sequence[LengthPenalty]) -> np.ndarray:
    """Score of each hypothesis under each penalty, shape (n, A)."""
    return np.array([[one.score(each.log_prob, len(each.tokens)) for one in penalties] for each in hypotheses])
