"""Gates: what a recurrent model writes, keeps, forgets and shows while it reads, and what hands in it change."""

import streamlit as st

from core.training.limits import LimitReached
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.gates_cell import cell_section
from dashboard.widgets.gates_controls import page_of, reading_controls, recall_run, run_row, section_control
from dashboard.widgets.gates_fields import GATES, gates_fields
from dashboard.widgets.gates_reading import read_section
from dashboard.widgets.gates_sections import downloads, lesson, pictures

st.title("Gates")
fields = gates_fields(jobs().limits, texts_root())
for notice in [*read_address(fields, GATES), *([jobs().notice] if jobs().notice else [])]:
    st.warning(notice)
run = recall_run()
section_control()
reading_controls(run)
if run is not None:
    run_row(run)
page = page_of(run)
try:
    if run is not None:
        jobs().limits.check(run.config)
    if page.show == "read":
        read_section(page)
    elif page.show == "cell":
        cell_section(page)
    else:
        pictures(page)
except LimitReached as error:
    st.error(verbatim(str(error)))
lesson(page)
downloads(page)
write_address(fields, GATES)
