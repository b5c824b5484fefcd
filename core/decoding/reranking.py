"""Finished hypotheses ranked again by another length penalty, without decoding again.

Axes: L steps.
"""

from __future__ import annotations

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
