"""Truncation: what training on windows of a sequence can and cannot learn."""

import streamlit as st

from core.training.limits import LimitReached
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.live_figures import live_figures
from dashboard.widgets.sweep_run import sweep_row
from dashboard.widgets.truncation_controls import cut_controls, section_control, situation_control
from dashboard.widgets.truncation_fields import CUT, PLACES, config_of, cut_fields, place_fields
from dashboard.widgets.truncation_lessons import downloads, lesson
from dashboard.widgets.truncation_outcomes import outcomes
from dashboard.widgets.truncation_page import TruncationPage
from dashboard.widgets.truncation_panels import section_panels
from dashboard.widgets.truncation_runs import adopt_run, run_row, shown_run, shown_sweep

st.title("Truncation")
fields, places = cut_fields(jobs().limits, texts_root()), place_fields()
adopt_run(fields)
notices = [*read_address(fields, CUT), *read_address(places, PLACES), *([jobs().notice] if jobs().notice else [])]
for notice in notices:
    st.warning(notice)
section_control()
situation_control(fields)
cut_controls(fields)
write_address(fields, CUT)
write_address(places, PLACES)
try:
    config = config_of(st.session_state)
    jobs().limits.check(config)
except (ValueError, LimitReached) as error:
    st.error(verbatim(str(error)))
    st.stop()
if st.session_state["show"] == "lag":
    sweep = shown_sweep()
    page = TruncationPage(config, sweep, st.session_state)
    sweep_row(state.CUT_SWEEP, sweep, "Train the sweep, here", page.sweep)
else:
    run = shown_run(config)
    page = TruncationPage(config, run, st.session_state)
    run_row(fields, run)
live_figures(
    section_panels(page),
    key=f"{state.LIVE_FIGURES}-truncation",
    run_id=page.run.header.id if page.run else None,
    status=page.run.header.status if page.run else None,
)
if page.run is not None and page.show == "train":
    outcomes(page.run, config)
lesson(page)
downloads(page)
