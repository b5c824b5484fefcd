"""What a search found, and what it cost.

Axes: T tokens of a hypothesis, L steps of the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .search_tree import REASON_CODES, Reason, SearchTree


@dataclass(frozen=True)
class Hypothesis:
    """One answer of a search."""

    tokens: tuple[int, ...]
    """Those generated, with the end token if there is one."""
    log_prob: float
    """Sum of the step log-probabilities, nats."""
    score: float
    """What it is ranked by: its log-probability after the length penalty."""
    step_log_probs: tuple[float, ...]
    """Of each token, nats."""
    is_ended: bool
    """False: cut at the greatest length, without an end token."""
    node: int
    """In the search's tree."""


@dataclass(frozen=True)
class Search:
    """Answers, the tree they come from, and the account."""

    method: str
    """Which search, in words that say exactly how it ranks and stops."""
    hypotheses: tuple[Hypothesis, ...]
    """Best first; of sampling, as drawn."""
    tree: SearchTree
    calls: int
    """Calls of the model's step."""
    rows: int
    """Hypotheses that were fed in these calls."""
    stopped: str
    """Why the search ended."""
    stopping: np.ndarray
    """Per step, the best score still in reach and the worst finished score that it has to beat, shape (L, 2).

    NaN where the search compares none.
    """


def hypotheses_of(tree: SearchTree, nodes: Sequence[int], scores: Sequence[float]) -> tuple[Hypothesis, ...]:
    """Hypotheses of nodes, in their order."""
    return tuple(_hypothesis(tree, int(node), float(score)) for node, score in zip(nodes, scores, strict=True))


def _hypothesis(tree: SearchTree, node: int, score: float) -> Hypothesis:
    path, place = [], node
    while tree.parent[place] >= 0:
        path.append(place)
        place = int(tree.parent[place])
    path.reverse()
    return Hypothesis(
        tokens=tuple(tree.token[path].tolist()),
        log_prob=float(tree.log_prob[node]),
        score=score,
        step_log_probs=tuple(tree.step_log_prob[path].tolist()),
        is_ended=bool(tree.reason[node] == REASON_CODES[Reason.ENDED]),
        node=node,
    )
