"""Embeddings: a token as a row of numbers, what training makes of the rows, and vectors from elsewhere."""

import streamlit as st

from core.training.limits import LimitReached
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.embeddings_controls import model_controls, section_control, situation_control, token_control
from dashboard.widgets.embeddings_fields import EMBEDDINGS, embeddings_fields
from dashboard.widgets.embeddings_page import page_of
from dashboard.widgets.embeddings_run import run_of_page, run_row
from dashboard.widgets.embeddings_sections import (
    TABLE_SECTIONS,
    downloads,
    lesson,
    pretrained_section,
    table_section,
    words_section,
)
from dashboard.widgets.embeddings_vectors import choose_what_was_read

st.title("Embeddings")
fields = embeddings_fields(jobs().limits, texts_root())
for notice in [*read_address(fields, EMBEDDINGS), *([jobs().notice] if jobs().notice else [])]:
    st.warning(notice)
choose_what_was_read()
section_control()
is_about_a_table = st.session_state["show"] in TABLE_SECTIONS
run = None
if is_about_a_table:
    run = run_of_page(fields)
    situation_control(fields)
    model_controls()
    run_row(fields, run)
try:
    page = page_of(run, st.session_state)
    if page.config is not None:
        jobs().limits.check(page.config)
except (ValueError, LimitReached) as error:
    write_address(fields, EMBEDDINGS)
    st.error(verbatim(str(error)))
    st.stop()
st.session_state[state.EMBEDDINGS_SYMBOLS] = page.tokens.symbols
if is_about_a_table:
    token_control(page)
    table_section(page)
elif page.show == "pretrained":
    pretrained_section()
else:
    words_section(page)
write_address(fields, EMBEDDINGS)
lesson(page)
downloads(page)
