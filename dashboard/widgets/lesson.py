"""What stands under a section's pictures: what one sees, what to try, and the code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import streamlit as st

from dashboard.explanations import Lesson


def lesson_texts(lesson: Lesson) -> None:
    """What one sees, and a task."""
    with st.expander("What am I seeing?", icon=":material/help:"):
        st.markdown(lesson.seeing)
    with st.expander("Try it: predict, run, read", icon=":material/science:"):
        st.markdown(lesson.trying)


def code_expander() -> AbstractContextManager[bool]:
    """Where the code stands: browsers load a highlighter of 0.2 s for it."""
    return late_expander("Show the code", ":material/code:", "shown_code")


@contextmanager
def late_expander(label: str, icon: str, key: str) -> Iterator[bool]:
    """What is costly to draw and read by few; gives whether it is open. Closed it is to be left empty."""
    expander = st.expander(label, icon=icon, key=key, on_change="rerun")
    with expander:
        yield bool(expander.open)
