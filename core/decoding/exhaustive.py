"""Exhaustive search: every hypothesis there is, guarded by how many that is.

Axes: V vocabulary, T greatest length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_whole
from ..recordings.search import Search
from .beam import AT_THE_HORIZON, CAME_TO_AN_END
from .candidates import Rows, candidates, moved
from .choice import best
from .growth import Growth
from .length_penalty import NO_PENALTY, LengthPenalty
from .reranking import reranked
from .rules import FREE, MOST, Rules
from .scorer import Scorer, Step
from .semantics import Horizon
from .states import chosen

LIMIT = 200_000
"""Candidates that an exhaustive search looks at unless it is allowed more."""


def exhaustive_count(vocabulary_size: int, max_length: int, has_end: bool = True) -> int:
    """Hypotheses that go on, Σ (V − 1)^i for i = 0…T − 1; with an end token as many end, and (V − 1)^T are cut.

    Each is fed to the model once. Without an end token, V stands in the place of V − 1.
    """
    others = vocabulary_size - has_end
    return max_length if others == 1 else (others**max_length - 1) // (others - 1)


def exhaustive_search(
    step: Step,
    state: Any,
    *,
    max_length: int = 6,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    length_penalty: LengthPenalty = NO_PENALTY,
    horizon: Horizon = Horizon.TRUNCATE,
    rules: Rules = FREE,
    limit: int = LIMIT,
    returned: int = 10,
) -> Search:
    """The best `returned` of all hypotheses of at most `max_length` tokens; its tree lists every candidate.

    `horizon` says whether a hypothesis without an end token counts. Other arguments as of `beam_search`.

    Errors: ValueError where there would be more than `limit` candidates.
    """
    check_whole("limit", limit, 1, 10 * MOST)
    scorer, growth = Scorer(step, start, eos, max_length, rules, horizon), Growth(listed=limit + 1)
    rows, length, state = Rows.beginning(scorer.start), 0, scorer.begin(state)
    while len(rows) and length < max_length:
        length += 1
        log_probs, state = scorer(state, rows.histories[:, -1])
        if length == 1:
            _check_count(log_probs.shape[1], scorer, limit)
        forbidden = scorer.law.forbidden(length, rows.histories, log_probs.shape[1])
        found = candidates(rows, log_probs, forbidden, eos)
        choice = best(found, found.count, length == max_length)
        rows = moved(found, growth.step(found, choice, length), choice.kept)
        state = chosen(state, found.parents[choice.kept])
    tree, account = growth.tree(), np.full((length, 2), np.nan)
    method = f"exhaustive; at the greatest length a hypothesis {horizon}; ranked by {length_penalty}"
    stopped = CAME_TO_AN_END if length < max_length else AT_THE_HORIZON
    hypotheses = reranked(tree, length_penalty, returned)
    return Search(method, hypotheses, tree, scorer.calls, scorer.rows, stopped, account)


def _check_count(size: int, scorer: Scorer, limit: int) -> None:
    free = scorer.max_length - len(scorer.law.rules.prefix)
    fed = exhaustive_count(size, free, scorer.eos is not None) + len(scorer.law.rules.prefix)
    if fed * size > limit:
        raise ValueError(
            f"exhaustive_search may look at {limit:,} candidates, got {_quantity(fed)} hypotheses of {size} each "
            f"(V = {size}, {free} free tokens); lower max_length, or use best_first_search, which is exact too."
        )


def _quantity(count: int) -> str:
    """A count as people read it; a huge one by its power of ten."""
    return f"{count:,}" if count < 10**15 else f"about 10^{int(count.bit_length() * np.log10(2))}"
