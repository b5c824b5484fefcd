"""A search as /unroll/search sends it, made in a worker: the tree in columns, and what may follow a hypothesis.

The tree: all of `core.recordings.search_columns`, with repeats of each hypothesis (first and last token, both
included), symbols (V), prefix (tokens), end (its token, or null), label, step (of training), groups, best_status (a
sentence) and best: tokens, log_prob, score, path (its beginning, as far as it is listed, as nodes) and node (the whole
of it, or null), or null. What may follow: tokens, log_probs (V, nats; null is −∞) and filtered (V: cut by top-k or
top-p). Of a model that attends to a source, `source` are its symbols, S, and another question gives attention: tokens
and weights, (tokens, S).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from core.decoding.repetition import repeated_spans
from core.recordings.search import Hypothesis
from core.recordings.search_columns import search_columns
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_calls import attended, following, searched
from dashboard.decoding_sources import Source
from dashboard.decoding_verdict import verdict

COMPRESSION = 3
"""Level of gzip."""


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
        "source": None if one.opened.attending is None else one.opened.attending.symbols,
        "end": one.opened.decoder.eos,
        "label": source.label,
        "step": source.step,
        "best": None if one.best is None else _best(one.best, path),
        "best_status": verdict(one.best, one.why_unknown, one.error),
        "groups": one.search.tree.groups,
    }
    return _packed(answer)


def _best(best: Hypothesis, path: list[int]) -> dict[str, Any]:
    """With `path`, its listed beginning as nodes, and `node`, the whole of it; None where that is not listed."""
    node = path[-1] if len(path) == len(best.tokens) else None
    return {"node": node, "path": path, "tokens": best.tokens, "log_prob": best.log_prob, "score": best.score}


def next_body(source: Source, asked: AskedSearch, tokens: tuple[int, ...], texts: Path | None) -> bytes:
    """The answer of /unroll/search/next, compressed JSON. Errors: ValueError."""
    found = following(source, asked, tokens, texts)
    values = [float(f"{value:.10g}") if np.isfinite(value) else None for value in found.log_probs.tolist()]
    return _packed({"tokens": tokens, "log_probs": values, "filtered": found.is_cut.tolist()})


def attention_body(source: Source, asked: AskedSearch, tokens: tuple[int, ...], texts: Path | None) -> bytes:
    """The answer of /unroll/search/attention, compressed JSON. Errors: ValueError."""
    weights = attended(source, asked, tokens, texts)
    return _packed({"tokens": tokens, "weights": [[float(f"{one:.5g}") for one in row] for row in weights.tolist()]})


def _packed(answer: dict[str, Any]) -> bytes:
    written = json.dumps(answer, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return gzip.compress(written.encode(), COMPRESSION)
