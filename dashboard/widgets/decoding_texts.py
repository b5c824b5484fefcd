"""What one sees on the Decoding page, what to try, the code, and the tree to take home."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.recordings.storage import RecordingError
from core.training.limits import LimitReached
from core.training.workers import WorkerDied
from dashboard.decoding_explanations import DECODING_LESSONS
from dashboard.decoding_measurements import exported
from dashboard.decoding_snippets import plain_code, search_code
from dashboard.readings import verbatim
from dashboard.widgets.decoding_page import DecodingPage
from dashboard.widgets.lesson import code_expander, lesson_texts

TROUBLES = (ValueError, RecordingError, LimitReached, WorkerDied, TimeoutError)
"""What can go wrong with a search, and is said in a sentence."""
FORMATS = {"json": ("Tree (JSON)", "application/json"), "csv": ("Tree (CSV)", "text/csv")}


def lesson(page: DecodingPage) -> None:
    """What one sees, and a task."""
    lesson_texts(DECODING_LESSONS[page.show])


def show_code(page: DecodingPage) -> None:
    """The code that reproduces the search, and where it is short the same without this project."""
    with code_expander() as is_open:
        if is_open:
            _codes(page)


def _codes(page: DecodingPage) -> None:
    try:
        asked = page.asked()
    except TROUBLES as error:
        st.caption(f"There is no search to show: {verbatim(str(error))}")
        return
    st.caption("Run in a clone of this repository, it gives the same hypotheses, scores and tree.")
    st.code(search_code(asked, page.has_source))
    plain = plain_code(asked)
    if plain is not None:
        st.caption("The same without this project.")
        st.code(plain)


def downloads(page: DecodingPage) -> None:
    """The whole tree, every candidate listed; its picture is saved beside the tree itself."""
    try:
        asked = page.asked()  # now, as a download is made without the session
    except TROUBLES:
        return
    with st.container(horizontal=True):
        for kind, (label, media) in FORMATS.items():
            st.download_button(label, partial(exported, asked, kind), f"search-tree.{kind}", media, on_click="ignore",
                               icon=":material/download:", key=f"tree-{kind}")  # fmt: skip
