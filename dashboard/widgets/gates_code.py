"""The code under the Gates view: what reads the same passage with the same weights and the same hands."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.recordings.storage import RecordingError
from core.training.reading import Passage, passage_text
from dashboard.gates_measurements import settled
from dashboard.gates_snippets import reading_code
from dashboard.reading_asked import AskedReading
from dashboard.readings import verbatim
from dashboard.server import texts_root
from dashboard.widgets.gates_page import GatesPage

CHARACTERS, AFTER = 40, 10
"""Timesteps that the shown code reads at least, and those after the last hand."""


def code(page: GatesPage) -> None:
    """Whose code it is, and the code."""
    whose = "The shipped model," if page.is_shipped else f"{page.label} of this run, opened from its recording and"
    st.caption(f"{whose} read step by step in plain PyTorch: the numbers of this page, digit by digit.")
    try:
        asked = settled(page.asked(page.has_hands, page.pinned))
        text = passage_text(_beginning(asked), texts_root()) if page.reads_text else ()
    except (ValueError, RecordingError) as error:
        st.error(verbatim(str(error)))
        return
    st.code(reading_code(asked, page.config, page.unit, text))


def _beginning(asked: AskedReading) -> Passage:
    """As much of what is read as shows what the hands do."""
    passage = asked.passage
    ends = [step for step, _ in passage.edits]
    ends += [passage.length if hand.last is None else hand.last for hand in asked.hands]
    length = max([CHARACTERS, *(end + AFTER for end in ends)])
    return replace(passage, length=min(length, passage.length))
