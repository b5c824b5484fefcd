"""What an analysis worker computes for the Decoding page, where core's searches meet the models.

Axes: L steps of a search, V vocabulary.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.decoding.methods import Decoder, comparable, search, true_best
from core.decoding.repetition import repeated_spans
from core.decoding.rules import ALLOWED
from core.decoding.scorer import Scorer
from core.decoding.search_error import search_error
from core.decoding.settings import EXACT, SearchSettings
from core.recordings.search import Hypothesis, Search
from core.recordings.search_account import SearchError
from core.recordings.search_columns import search_columns
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_sources import Opened, Source, opened_source

MOST_CANDIDATES = 3_000_000
"""k · V · T of one search."""
MOST_FED = 3000
"""Hypotheses fed in order to prove the best of all, beside a search."""
MOST_KEPT = 3
COMPRESSION = 3


@dataclass(frozen=True, eq=False)
class Searched:
    """A search, and what there is beside it to find."""

    opened: Opened
    search: Search
    best: Hypothesis | None
    """The best there is under the same settings; None where that is not known, or there is none."""
    why_unknown: str
    """Why the best is not known; empty if it is."""
    error: SearchError | None
    """Against the best; None without one."""


_kept: dict[Hashable, Searched] = {}
"""The searches asked for last, as tree and accounts of one are asked for one after the other."""


def searched(source: Source, asked: AskedSearch, texts: Path | None) -> Searched:
    """A search and the best there is. It is only to be looked at: the last ones are kept. Errors: ValueError."""
    key = (source.key, asked, texts)
    if key not in _kept:
        found = _searched(opened_source(source, asked, texts), asked.settings)
        while len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = found
    return _kept[key]


def _searched(opened: Opened, settings: SearchSettings) -> Searched:
    check_size(opened, settings)
    decoder = opened.decoder
    if settings.method in EXACT:
        found = search(decoder, settings)
        best = found.hypotheses[0] if found.hypotheses else None
        return Searched(opened, found, best, "", None if best is None else search_error(found, best))
    best, why = known_best(decoder, settings)
    found = search(decoder, settings, follow=() if best is None else best.tokens)
    error = None if best is None else search_error(comparable(found, settings), best)
    return Searched(opened, found, best, why, error)


def known_best(decoder: Decoder, settings: SearchSettings, limit: int = MOST_FED) -> tuple[Hypothesis | None, str]:
    """The best of all hypotheses, and why it is not known."""
    try:
        return true_best(decoder, settings, limit), ""
    except ValueError as error:
        return None, str(error)


def check_size(opened: Opened, settings: SearchSettings) -> None:
    """Errors: ValueError for a search that is too large for a server."""
    width = 1 if settings.method in ("greedy", *EXACT) else settings.size
    candidates = width * len(opened.symbols) * settings.max_length
    if candidates > MOST_CANDIDATES:
        raise ValueError(
            f"This server looks at most at {MOST_CANDIDATES:,} candidates in a search, got {candidates:,} "
            f"(size × {len(opened.symbols)} symbols × length); lower the size or the length."
        )


def tree_body(source: Source, asked: AskedSearch, texts: Path | None) -> bytes:
    """The answer of /unroll/search, compressed JSON. Errors: ValueError."""
    one = searched(source, asked, texts)
    path = [] if one.best is None else one.search.tree.listed_path(one.best.tokens)
    answer = search_columns(one.search, shown=path[-1:])
    for said, hypothesis in zip(answer["hypotheses"], one.search.hypotheses, strict=True):
        said["repeats"] = repeated_spans(hypothesis.tokens, one.opened.repeats, one.opened.prefix)
    answer |= {
        "symbols": one.opened.symbols,
        "prefix": one.opened.prefix,
        "end": one.opened.decoder.eos,
        "label": source.label,
        "step": source.step,
        "best": None if one.best is None else _best(one.best, path),
        "best_status": best_sentence(one),
        "groups": one.search.tree.groups,
    }
    return _packed(answer)


def _best(best: Hypothesis, path: list[int]) -> dict[str, Any]:
    """With `path`, its listed beginning as nodes, and `node`, the whole of it; None where that is not listed."""
    node = path[-1] if len(path) == len(best.tokens) else None
    return {"node": node, "path": path, "tokens": best.tokens, "log_prob": best.log_prob, "score": best.score}


def best_sentence(one: Searched) -> str:
    """Whether the best of all was found, lost, or is not known."""
    if one.best is None:
        return f"Whether this is the best there is, is not known: {one.why_unknown}" if one.why_unknown else (
            "There is no hypothesis at all: the rules leave none."
        )  # fmt: skip
    error = one.error
    if error is None or not error.is_search_error:
        return "The best hypothesis there is was found: exact search finds none with a higher score."
    if error.found is None:
        return "The search found nothing, yet there is a hypothesis."
    where = f"lost at step {error.lost_at}" + (f", where it ranked {error.rank}" if error.rank else "")
    return f"A search error: the best hypothesis there is scores {error.gap:.4g} nats more; it was {where}."


def next_body(source: Source, asked: AskedSearch, tokens: tuple[int, ...], texts: Path | None) -> bytes:
    """The answer of /unroll/search/next, compressed JSON: what may follow a hypothesis. Errors: ValueError."""
    opened = opened_source(source, asked, texts)
    log_probs, cut = next_tokens(opened, asked.settings, tokens)
    values = [float(f"{value:.10g}") if np.isfinite(value) else None for value in log_probs.tolist()]
    return _packed({"tokens": tokens, "log_probs": values, "filtered": cut.tolist()})


def next_tokens(
    opened: Opened, settings: SearchSettings, tokens: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Log-probabilities of what may follow, nats, and whether temperature, top-k and top-p cut it off; each (V,).

    Errors: ValueError for tokens that the model does not know, or that have come to their end.
    """
    decoder, size = opened.decoder, len(opened.symbols)
    strange = next((token for token in tokens if token >= size), None)
    if strange is not None:
        raise ValueError(f"tokens are numbers from 0 to {size - 1}, got {strange}; the model knows no other.")
    if decoder.eos in tokens:
        raise ValueError(f"nothing follows the end token {decoder.eos}; ask about a hypothesis without it.")
    scorer = Scorer(decoder.step, (*decoder.start, *tokens), decoder.eos, 1, replace(settings.rules, prefix=()))
    state = scorer.begin(decoder.state)
    log_probs, _ = scorer(state, np.array(scorer.start[-1:]))
    _, codes = settings.filters(log_probs, None)
    return log_probs[0], codes[0] != ALLOWED


def _packed(answer: dict[str, Any]) -> bytes:
    written = json.dumps(answer, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return gzip.compress(written.encode(), COMPRESSION)
