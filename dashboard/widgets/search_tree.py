"""The host of the search tree: every hypothesis that a search looked at, with what became of it and why.

Mounted once, it asks the server for the search by itself (`/unroll/search`); to walk, zoom, fold, filter, explore and
go through the steps needs no script run.

    place = search_tree(question, key="tree", node=(2, 0), step=None)
    place.node, place.forced
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.scripts import loader
from dashboard.theme import CHANCE, CHOSEN, GRU, LSTM, RNN_RELU
from dashboard.widgets.host_styles import host_styles

PRUNED_SHOWN = {"all": "all", "best": "the best of a step", "none": "none"}
"""How many pruned hypotheses have a node; the others are counted at their parent."""
COLORS = {
    "kept": LSTM,
    "finished": GRU,
    "pruned": CHANCE,
    "end token dropped": "#a35bb5",
    "explored": "#b07a00",
    "winner": CHOSEN,
    "true best": RNN_RELU,
}
"""By status, as `core.recordings.search_tree.Status` calls it, and for what is marked."""
MOST_TOKENS = 10_000
Tokens = tuple[int, ...]


@dataclass(frozen=True)
class TreeResult:
    """Where the person looks, and what they ask for."""

    node: Tokens | None
    """Tokens generated on the way to the node that is inspected; () is the root, None no node."""
    step: int | None
    """The search as it was after this step, from 1; None: as it ended."""
    pruned: str
    """A key of PRUNED_SHOWN."""
    forced: Tokens | None = None
    """Tokens that every hypothesis is to begin with; there in the one script run that the button causes."""


def search_tree(
    question: str,
    *,
    key: str,
    node: Sequence[int] | None = None,
    step: int | None = None,
    pruned: str = "best",
    height: int = 520,
    label: str = "The search tree",
    on_place: Callable[[], None] | None = None,
    on_forced: Callable[[], None] | None = None,
) -> TreeResult:
    """Show the tree of a search.

    Args:
        question: What is searched, as `/unroll/search` takes it; the host asks anew when it changes.
        key: Of the host; it must not change while the page lives.
        node: The node to inspect, as `TreeResult.node`; a new value moves the host, also for `step` and `pruned`.
        step: The step after which to show the search.
        pruned: Which pruned hypotheses have a node.
        height: Of the tree, pixels.
        label: What the picture shows, in words.
        on_place: Called before the script run that another node, step or filter causes; read `tree_place(key)`.
        on_forced: Called before the script run of "decode from here"; read `tree_place(key).forced`.
    """
    data = {
        "question": question,
        "node": None if node is None else [int(token) for token in node],
        "step": step,
        "pruned": pruned,
        "colors": COLORS,
        "filters": PRUNED_SHOWN,
        "height": height,
        "label": f"{label}. Arrow keys walk from node to node, Enter inspects, space folds, Escape shows all of it.",
    }
    _HOST(key=key, data=data, on_place_change=on_place or _ignore, on_forced_change=on_forced or _ignore)
    return tree_place(key) or TreeResult(None if node is None else tuple(node), step, pruned)


def tree_place(key: str) -> TreeResult | None:
    """Where the person looks, as the browser told last; None before, and for anything of another form."""
    heard = st.session_state.get(key) or {}
    place, forced = heard.get("place"), _tokens(heard.get("forced"))
    if not isinstance(place, dict) or place.get("pruned") not in PRUNED_SHOWN:
        return None if forced is None else TreeResult(None, None, "best", forced)
    step = place.get("step")
    return TreeResult(_tokens(place.get("node")), step if _is_whole(step) else None, place["pruned"], forced)


def _tokens(given: Any) -> Tokens | None:
    is_path = isinstance(given, list) and len(given) <= MOST_TOKENS and all(map(_is_whole, given))
    return tuple(given) if is_path else None


def _is_whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31


def _ignore() -> None:
    """Streamlit hands out only what has a callback."""


_SHARED = ["reader_words.js", "reader_feed.js"]
_SCRIPTS = ["search_host.js", *sorted(path.name for path in Path(__file__).parent.glob("search_*.js")), *_SHARED]
_BEGIN = 'load("search_feed.js").then((feed) => feed.begin(component.data.question));'

_HOST = st.components.v2.component(
    "unroll_search_tree",
    css=host_styles("search_tree.css"),
    js=loader(_SCRIPTS, _BEGIN),
    isolate_styles=False,
)
