"""Whether a search found the best there is, in a sentence; a leaf, for workers say it too."""

from __future__ import annotations

from core.recordings.search import Hypothesis
from core.recordings.search_account import SearchError


def verdict(best: Hypothesis | None, why_unknown: str, error: SearchError | None) -> str:
    """Found, lost and where, or not known and why."""
    if best is None and why_unknown:
        return f"Whether this is the best there is, is not known: {why_unknown}"
    if best is None:
        return "There is no hypothesis at all: the rules leave none."
    if error is None or not error.is_search_error:
        return "The best hypothesis there is was found: exact search finds none with a higher score."
    if error.found is None:
        return f"The search found nothing, yet there is a hypothesis with a score of {best.score:.4g}. {_loss(error)}"
    return f"A search error: the best hypothesis there is scores {error.gap:.4g} nats more. {_loss(error)}"


def _loss(error: SearchError) -> str:
    rank = f", where it ranked {error.rank}" if error.rank else ""
    short = f", {error.short:.4g} nats short of the last one kept" if error.short and error.short > 0 else ""
    return f"It was lost at step {error.lost_at}{rank}{short}: {error.reason}."
