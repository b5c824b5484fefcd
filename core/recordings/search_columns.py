"""A search tree as columns of bounded length, for drawing: what is left out is counted where it was.

Axes: M nodes listed, n nodes given out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .search import Search
from .search_tree import REASONS, STATUSES, SearchTree, Status

MOST_NODES = 4000
"""Nodes given out, unless more were kept and finished."""
MOST_KEPT = 20_000
"""Kept and finished ones given out."""
DIGITS = 10
"""Significant digits of a number."""


def search_columns(search: Search, most: int = MOST_NODES, shown: Iterable[int] = ()) -> dict[str, Any]:
    """What a picture of the search needs, ready for JSON; what is not a finite number is None.

    method, stopped, calls, rows, steps (L); hypotheses, each with the fields of `Hypothesis`; mass, shape (L, 3);
    stopping, shape (L, 2); cuts, the score of the last one kept at each step, shape (L,), or (L, groups) if there are
    several; statuses and reasons, in which nodes count; nodes and hidden as of `tree_columns`.

    Args:
        search: What is shown.
        most: As of `tree_columns`.
        shown: Nodes to give out with their ancestors beside the hypotheses'.
    """
    tree = search.tree
    paths = [one.node for one in search.hypotheses] + list(shown)
    cuts = tree.cuts[1:]
    return {
        "method": search.method,
        "stopped": search.stopped,
        "calls": search.calls,
        "rows": search.rows,
        "steps": tree.steps,
        "hypotheses": [_hypothesis(one) for one in search.hypotheses],
        "mass": _numbers(tree.mass()),
        "stopping": _numbers(search.stopping),
        "cuts": _numbers(cuts[:, 0] if tree.groups == 1 else cuts),
        "statuses": [str(status) for status in STATUSES],
        "reasons": [str(reason) for reason in REASONS],
        **tree_columns(tree, most, paths),
    }


def tree_columns(tree: SearchTree, most: int = MOST_NODES, shown: Iterable[int] = ()) -> dict[str, Any]:
    """The columns of n nodes, each as the field of that name in `Node`, ids as in the tree; parents stand first.

    Every node that was kept or finished, at most MOST_KEPT; of the others the best of each step, up to `most` in all.
    Their `rest_count` and `rest_mass` hold what is left out below them too, so that the probability of the leaves and
    of what is left out is still 1. `hidden` is the sum of what is left out: how many, and their probability.
    """
    given = _given(tree, most, shown)
    counts, masses = _rest(tree, given)
    whole = {name: getattr(tree, name)[given] for name in ("parent", "step", "token", "rank", "status", "reason")}
    whole |= {"left": tree.left[given], "group": tree.group[given], "rest_count": counts}
    real = {name: getattr(tree, name)[given] for name in ("step_log_prob", "log_prob", "score", "gap")}
    columns = {"id": given.tolist()} | {name: column.tolist() for name, column in whole.items()}
    columns |= {name: _numbers(column) for name, column in real.items()} | {"rest_mass": _numbers(masses)}
    hidden = {"count": int(counts.sum()), "mass": _number(float(masses.sum()) / tree.groups)}
    return {"nodes": columns, "hidden": hidden}


def _given(tree: SearchTree, most: int, shown: Iterable[int]) -> np.ndarray:
    """Ids of the nodes that are given out, ascending, shape (n,)."""
    is_shown = np.zeros(len(tree), dtype=bool)
    is_shown[0] = True
    for node in shown:
        while not is_shown[node]:
            is_shown[node], node = True, int(tree.parent[node])
    lasting = np.flatnonzero((tree.has(Status.KEPT) | tree.has(Status.FINISHED)) & ~is_shown)
    lasting = lasting[np.argsort(-tree.log_prob[lasting], kind="stable")]  # a parent is no less probable, and first
    is_shown[lasting[:MOST_KEPT]] = True
    others = np.flatnonzero(~is_shown & is_shown[tree.parent] & ~tree.has(Status.KEPT) & ~tree.has(Status.FINISHED))
    others = others[np.lexsort((-tree.log_prob[others], tree.rank[others]))]
    is_shown[others[: max(most - int(is_shown.sum()), 0)]] = True
    return np.flatnonzero(is_shown)


def _rest(tree: SearchTree, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many are left out below each given node, and their probability; each of shape (n,)."""
    is_given = np.zeros(len(tree), dtype=bool)
    is_given[given] = True
    owner = np.where(is_given, np.arange(len(tree)), tree.parent)
    while not is_given[owner].all():
        owner = np.where(is_given[owner], owner, tree.parent[owner])
    counts = np.bincount(owner, weights=tree.rest_count + ~is_given, minlength=len(tree)).astype(np.int64)
    topmost = ~is_given & is_given[tree.parent]  # what is below them is part of their probability
    masses = np.where(is_given, tree.rest_mass, 0.0)
    masses += np.bincount(tree.parent[topmost], weights=np.exp(tree.log_prob[topmost]), minlength=len(tree))
    return counts[given], masses[given]


def _hypothesis(one: Any) -> dict[str, Any]:
    return {
        "tokens": list(one.tokens),
        "log_prob": _number(one.log_prob),
        "score": _number(one.score),
        "step_log_probs": _numbers(np.array(one.step_log_probs)),
        "is_ended": one.is_ended,
        "node": one.node,
    }


def _numbers(values: np.ndarray) -> list[Any]:
    """The same as nested lists."""
    return [_numbers(row) for row in values] if values.ndim > 1 else [_number(value) for value in values.tolist()]


def _number(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
