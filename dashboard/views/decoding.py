"""Decoding: what a search looks at, what it keeps and lets go, and whether the search failed or the model."""

import streamlit as st

from dashboard.readings import verbatim
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.decoding_controls import search_controls, section_control, situation_control
from dashboard.widgets.decoding_fields import DECODING, decoding_fields
from dashboard.widgets.decoding_page import DecodingPage
from dashboard.widgets.decoding_sections import section
from dashboard.widgets.decoding_texts import TROUBLES, downloads, lesson, show_code
from dashboard.widgets.decoding_tree import tree_section

st.title("Decoding")
fields = decoding_fields()
for notice in read_address(fields, DECODING):
    st.warning(notice)
section_control()
situation_control(fields)
page = DecodingPage(st.session_state)
search_controls(page)
try:
    if page.show == "tree":
        tree_section(page)
    else:
        section(page)
except TROUBLES as error:
    st.error(verbatim(str(error)))
lesson(page)
show_code(page)
downloads(page)
write_address(fields, DECODING)
