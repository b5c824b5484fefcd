"""What an analysis worker computes for the Decoding page, where core's searches meet the models.

Axes: L steps of a search.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.decoding.comparison import by_semantics, by_size, side_by_side
from core.decoding.length_penalty import NO_PENALTY
from core.decoding.methods import Decoder, comparable, search, true_best
from core.decoding.repetition import repeated_spans
from core.decoding.reranking import reranked
from core.decoding.rules import ALLOWED, FREE
from core.decoding.scorer import Scorer
from core.decoding.search_error import search_error
from core.decoding.settings import EXACT, SearchSettings
from core.recordings.search import Hypothesis, Search
from core.recordings.search_account import ScoreAgainstSize, SearchError
from core.recordings.search_export import search_json, tree_csv
from core.recordings.search_outcomes import Account, NextTokens, Outcome
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_sources import Opened, Source, opened_source

MOST_CANDIDATES = 3_000_000
"""k · V · T of one search."""
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64)
MOST_FINISHED = 200
MOST_KEPT = 3


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
        found = _searched(opened_source(source, asked, texts), asked.settings, asked.proof)
        while len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = found
    return _kept[key]


def _searched(opened: Opened, settings: SearchSettings, proof: int) -> Searched:
    check_size(opened, settings)
    decoder = opened.decoder
    if settings.method in EXACT:
        found = search(decoder, settings)
        best = found.hypotheses[0] if found.hypotheses else None
        return Searched(opened, found, best, "", None if best is None else search_error(found, best))
    best, why = known_best(decoder, settings, proof)
    found = search(decoder, settings, follow=() if best is None else best.tokens)
    error = None if best is None else search_error(comparable(found, settings), best)
    return Searched(opened, found, best, why, error)


def known_best(decoder: Decoder, settings: SearchSettings, limit: int) -> tuple[Hypothesis | None, str]:
    """The best of all hypotheses, and why it is not known."""
    if settings.coverage and settings.method == "beam":
        return None, "exact search knows no coverage penalty."
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


def account(source: Source, asked: AskedSearch, texts: Path | None) -> Account:
    """A search, accounted for. Errors: ValueError."""
    one = searched(source, asked, texts)
    found, tree = one.search, one.search.tree
    listed = np.bincount(tree.step, minlength=tree.steps + 1)[1:]
    spans = [repeated_spans(each.tokens, one.opened.repeats, one.opened.prefix) for each in found.hypotheses]
    return Account(
        found.method,
        found.stopped,
        found.calls,
        found.rows,
        one.opened.symbols,
        found.hypotheses,
        tree.mass(),
        found.stopping,
        listed + tree.rest()[0],
        one.best,
        one.why_unknown,
        one.error,
        tuple(map(tuple, spans)),
        one.opened.read,
    )


def finished(source: Source, asked: AskedSearch, texts: Path | None) -> tuple[tuple[str, ...], tuple[Hypothesis, ...]]:
    """Symbols, and what finished in a search, at most MOST_FINISHED, the most probable first. Errors: ValueError."""
    one = searched(source, asked, texts)
    return one.opened.symbols, reranked(one.search.tree, NO_PENALTY, MOST_FINISHED)


def methods(source: Source, asked: AskedSearch, texts: Path | None) -> tuple[tuple[str, ...], tuple[Outcome, ...]]:
    """Symbols, and every method on the question. Errors: ValueError."""
    opened = _checked(source, asked, texts)
    return opened.symbols, side_by_side(opened.decoder, replace(asked.settings, limit=asked.proof))


def meanings(source: Source, asked: AskedSearch, texts: Path | None) -> tuple[tuple[str, ...], tuple[Outcome, ...]]:
    """Symbols, and beam search in every semantics. Errors: ValueError."""
    opened = _checked(source, asked, texts)
    return opened.symbols, by_semantics(opened.decoder, asked.settings)


def sizes(
    source: Source, asked: AskedSearch, texts: Path | None
) -> tuple[tuple[str, ...], ScoreAgainstSize, Hypothesis | None]:
    """Symbols, the best of each beam size that the server allows, and the best there is. Errors: ValueError."""
    opened = _checked(source, asked, texts)
    settings = replace(asked.settings, method="beam")
    most = MOST_CANDIDATES // (len(opened.symbols) * settings.max_length)
    found = by_size(opened.decoder, settings, [size for size in SIZES if size <= most])
    return opened.symbols, found, known_best(opened.decoder, settings, asked.proof)[0]


def _checked(source: Source, asked: AskedSearch, texts: Path | None) -> Opened:
    opened = opened_source(source, asked, texts)
    check_size(opened, replace(asked.settings, method="beam"))
    return opened


def following(source: Source, asked: AskedSearch, tokens: tuple[int, ...], texts: Path | None) -> NextTokens:
    """What may follow a hypothesis. Errors: ValueError for tokens that the model does not know, or that have ended."""
    opened = opened_source(source, asked, texts)
    decoder, size = opened.decoder, len(opened.symbols)
    strange = next((token for token in tokens if token >= size), None)
    if strange is not None:
        raise ValueError(f"tokens are numbers from 0 to {size - 1}, got {strange}; the model knows no other.")
    if decoder.eos in tokens:
        raise ValueError(f"nothing follows the end token {decoder.eos}; ask about a hypothesis without it.")
    scorer = Scorer(decoder.step, (*decoder.start, *tokens), decoder.eos, 1, FREE)
    log_probs, _ = scorer(scorer.begin(decoder.state), np.array(scorer.start[-1:]))
    drawn_from, codes = asked.settings.filters(log_probs, None)
    return NextTokens(opened.symbols, tokens, log_probs[0], drawn_from[0], codes[0] != ALLOWED)


def attended(source: Source, asked: AskedSearch, tokens: tuple[int, ...], texts: Path | None) -> np.ndarray:
    """Where the model looked while it wrote a hypothesis, shape (tokens, symbols of the source).

    Errors: ValueError for a model without attention, or tokens that it does not know.
    """
    opened = opened_source(source, asked, texts)
    if opened.attending is None:
        raise ValueError("attention needs a model that attends to a source, got one that does not; choose another.")
    return opened.attending.weights(tokens)


def export(source: Source, asked: AskedSearch, kind: str, texts: Path | None) -> str:
    """The whole tree as "json" or "csv". Errors: ValueError."""
    one = searched(source, asked, texts)
    return {"json": search_json, "csv": tree_csv}[kind](one.search, one.opened.symbols)
