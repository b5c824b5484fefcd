"""Recurrence: what one step of a recurrent model computes, unrolled; a second layer; a second direction."""

import streamlit as st

from core.recordings.storage import RecordingError
from core.training.limits import LimitReached
from dashboard.readings import verbatim
from dashboard.server import jobs
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.recurrence_controls import model_controls, section_control, situation_control
from dashboard.widgets.recurrence_fields import RECURRENCE, RecurrencePage, recurrence_fields
from dashboard.widgets.recurrence_page import changes_section, downloads, lesson, stacking_section, unrolled_section

st.title("Recurrence")
fields = recurrence_fields(jobs().limits)
for notice in [*read_address(fields, RECURRENCE), *([jobs().notice] if jobs().notice else [])]:
    st.warning(notice)
page = RecurrencePage(st.session_state)
section_control()
run = stacking_section(page) if page.show == "stack" else None
if page.show == "step":
    situation_control(fields)
model_controls(page)
write_address(fields, RECURRENCE)
try:
    asked = page.asked()
    unrolled_section(asked, page)
except (ValueError, LimitReached, RecordingError) as error:
    st.error(verbatim(str(error)))
    st.stop()
if page.show == "both":
    changes_section(asked, int(page.values["r_edit"]))
lesson(page, asked)
downloads(asked, run)
