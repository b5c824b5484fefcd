"""What stands under a section's pictures: what one sees, what to try, and the code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.explanations import Lesson


def lesson_texts(lesson: Lesson) -> None:
    """What one sees, and a task."""
    with st.expander("What am I seeing?", icon=":material/help:"):
        st.markdown(lesson.seeing)
    with st.expander("Try it: predict, run, read", icon=":material/science:"):
        st.markdown(lesson.trying)


@contextmanager
def code_expander() -> Iterator[bool]:
    """Where the code stands; whether it is open. Drawn closed it is empty: browsers load a highlighter of 0.2 s."""
    expander = st.expander("Show the code", icon=":material/code:", key="shown_code", on_change="rerun")
    with expander:
        yield bool(expander.open)
