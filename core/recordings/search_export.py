"""A search as JSON and as a table; what is not a finite number is written as null, and as an empty cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from .search import Search
from .search_tree import Node

COLUMNS = tuple(field.name for field in fields(Node))


def search_json(search: Search, symbols: Sequence[str] | None = None) -> str:
    """Method, account, answers and every node listed; with `symbols`, tokens are given as text too."""
    answers = [asdict(one) | _text(symbols, one.tokens) for one in search.hypotheses]
    nodes = [asdict(node) | _text(symbols, (node.token,) if node.step else ()) for node in search.tree.nodes]
    whole = {
        "method": search.method,
        "stopped": search.stopped,
        "calls": search.calls,
        "rows": search.rows,
        "hypotheses": answers,
        "mass": search.tree.mass().tolist(),
        "stopping": search.stopping.tolist(),
        "nodes": nodes,
    }
    return json.dumps(_finite(whole), ensure_ascii=False, allow_nan=False)


def tree_csv(search: Search, symbols: Sequence[str] | None = None) -> str:
    """One line a node, columns as the fields of `Node`; with `symbols`, the hypothesis as text behind."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(["text"] if symbols else [])])
    for node in search.tree.nodes:
        cells = [_cell(getattr(node, name)) for name in COLUMNS]
        writer.writerow(cells + ([_written(symbols, search.tree.path(node.id))] if symbols else []))
    return out.getvalue()


def _text(symbols: Sequence[str] | None, tokens: tuple[int, ...]) -> dict[str, str]:
    return {"text": _written(symbols, tokens)} if symbols else {}


def _written(symbols: Sequence[str], tokens: tuple[int, ...]) -> str:
    return "".join(symbols[token] for token in tokens)


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and not np.isfinite(value) else value


def _finite(value: Any) -> Any:
    """The same with None for what JSON has no number for."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
