"""Session and address: the only file that names their keys."""

from __future__ import annotations

import secrets

import streamlit as st

from core.recordings.storage import check_run_id
from dashboard.frontdoor import VISITOR_COOKIE

RUN = "run"
"""Address: the run shown, so that a reload, a link or another page finds it again."""
LIVE_FIGURES = "live-figures"
"""Widget: the host of live figures of the page."""
READER, DIAGRAM = "gate-reader", "cell-diagram"
"""Widgets of the Gates page: the reader, and the cell as a graph."""
SEARCH_TREE = "search-tree"
"""Widget of the Decoding page: the tree."""
ADDRESS = "address"
"""Session, a group of fields each: what the address said of it when the page was last drawn."""
ADDRESSES_BEFORE = "addresses-before"
"""Session, a group each: what the address said before, and until when."""
ADDRESS_NOTICES = "address-notices"
"""Session, a group each: what in the address was not allowed."""
CONTROLS = "controls"
"""Session, a group each: the values, which outlive a change of page."""
LAST_RUN = "last-run"
"""Session: the run that this page showed last."""
GATES_RUN = "gates-run"
"""Session: the run that the Gates page showed last, which the controls of no other page need to describe."""
UNROLLED = "unrolled"
"""Widget of the Recurrence page: the unrolled model."""
SUMMED_RUN, STACK_RUN = "summed-run", "stack-run"
"""Session: the sweeps that the pages of claims and of recurrence showed last."""
KNOBS = "knobs"
"""Session: learning rate and clipping as the run was last told."""
PROBLEM = "problem"
"""Session: why the last button did nothing, until it is shown."""
TREATED = "treated"
"""Session: the runs that were started as remedies, newest last."""
CUT_RUN, CUT_SWEEP = "cut-run", "cut-sweep"
"""Session: the run and the sweep that the Truncation page showed last."""
EMBEDDINGS_RUN, EMBEDDINGS_SWEEP = "embeddings-run", "embeddings-sweep"
"""Session: the run and the sweep that the Embeddings page showed last."""
EMBEDDINGS_WANTED, EMBEDDINGS_RATE = "embeddings-wanted", "embeddings-rate"
"""Session: the controls as that run was started, and the learning rate as it was last told."""
EMBEDDINGS_SYMBOLS = "embeddings-symbols"
"""Session: the tokens of the table that was drawn last, as a click says a place among them."""
PAIRS_RUN, FUSION_RUN, DIGITS_RUN, CHEAT_RUN = "pairs-run", "fusion-run", "digits-run", "cheat-run"
SPREAD_RUN, PAIRS_SECTION = "spread-run", "pairs-section"
"""Session: the runs that the sections of the page of sequence to sequence showed last, and the section."""
_VISITOR = "visitor"


def visitor() -> str:
    """Who is asking, for the limits per visitor: the cookie of the browser, else this session."""
    cookie = st.context.cookies.get(VISITOR_COOKIE)
    if cookie and 16 <= len(cookie) <= 64:
        return str(cookie)
    if _VISITOR not in st.session_state:
        st.session_state[_VISITOR] = secrets.token_urlsafe(16)
    return str(st.session_state[_VISITOR])


def run_id() -> str | None:
    """The run that the address names, unchecked; None if it names none."""
    return st.query_params.get(RUN) or None


def checked(run: str) -> str:
    """The run's id. Errors: RecordingError for what cannot be one."""
    return check_run_id(run)


def show_run(run: str | None) -> None:
    """Put a run into the address, or take it out."""
    if run is None:
        st.query_params.pop(RUN, None)
    else:
        st.query_params[RUN] = run
