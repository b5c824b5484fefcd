"""One page with a drawn cell: the address says who reads what, and where one looks."""

import streamlit as st

from dashboard.reading_asked import read_reading, reading_question
from dashboard.widgets.cell_diagram import cell_diagram, diagram_place

st.set_page_config(layout="wide")
given = st.query_params.to_dict()
st.session_state.script_runs = st.session_state.get("script_runs", 0) + 1
place = diagram_place("cell")
heard = cell_diagram(
    given.get("question") or reading_question(read_reading({"length": "300", **given})),
    key="cell",
    cell=given.get("cell", "lstm"),
    unit=place.unit if place else int(given.get("unit", 0)),
    t=place.t if place else int(given.get("t", 0)),
    is_live="live" in given,
)
st.text(f"script runs: {st.session_state.script_runs}")
st.text(f"heard: {heard}")
