"""Did the search fail or the model? Where a search lost the best hypothesis, and what other beams make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ..recordings.search import Hypothesis, Search
from ..recordings.search_account import ScoreAgainstSize, SearchError, is_behind
from ..recordings.search_tree import Status

NOT_LISTED = "among the candidates that are only counted: follow the best hypothesis in the search"
STOPPED_BEFORE = "its beginning was kept, and the search stopped before its end"
PUSHED_OUT = "finished, and later pushed out by better ones"


def search_error(search: Search, best: Hypothesis) -> SearchError:
    """Compare a search with the best hypothesis of an exact one, both under the same length penalty.

    For an exact rank of what was lost, the search is to `follow` the tokens of the best one.
    """
    found = search.hypotheses[0] if search.hypotheses else None
    is_found = any(one.tokens == best.tokens for one in search.hypotheses)
    gap = np.inf if found is None else 0.0 if found.tokens == best.tokens else best.score - found.score
    if is_found or (found is not None and not is_behind(found.score, best.score)):
        return SearchError(best, found, max(float(gap), 0.0), None, None, None, None, None)
    return SearchError(best, found, float(gap), *_loss(search, best.tokens))


def _loss(search: Search, tokens: tuple[int, ...]) -> tuple[int, int | None, float | None, Status | None, str]:
    """Step, rank, shortfall, status and reason of the first node on the way that was not kept."""
    path = search.tree.listed_path(tokens)
    for length, place in enumerate(path, 1):
        node = search.tree.nodes[place]
        if node.left:
            return node.left, node.rank, None, node.status, PUSHED_OUT
        if node.status is not Status.KEPT:
            return length, node.rank, -node.gap, node.status, node.reason
    if len(path) == len(tokens):
        return len(tokens), node.rank, -node.gap, node.status, STOPPED_BEFORE
    if len(path) == search.tree.steps:
        return len(path) + 1, None, None, None, STOPPED_BEFORE
    return len(path) + 1, None, None, Status.PRUNED, NOT_LISTED


def score_against_size(run: Callable[[int], Search], sizes: Iterable[int]) -> ScoreAgainstSize:
    """The best hypothesis of `run(size)` for every beam size, such as `lambda k: beam_search(…, beam_size=k)`."""
    ordered = sorted(set(sizes))
    searches = [run(size) for size in ordered]
    tops = [search.hypotheses[0] if search.hypotheses else None for search in searches]
    return ScoreAgainstSize(
        sizes=np.array(ordered),
        scores=np.array([-np.inf if top is None else top.score for top in tops]),
        answers=tuple(() if top is None else top.tokens for top in tops),
        calls=np.array([search.calls for search in searches]),
        rows=np.array([search.rows for search in searches]),
    )
