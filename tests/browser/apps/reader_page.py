"""One page with a reader: the address says who reads what, and how it is shown."""

import json

import streamlit as st

from core.training.reading import Passage
from dashboard.reading_asked import AskedReading, reading_question
from dashboard.widgets.gate_reader import gate_reader, reader_place

st.set_page_config(layout="wide")
given = st.query_params
st.session_state.script_runs = st.session_state.get("script_runs", 0) + 1
asked = AskedReading(
    given.get("model", "shipped"),
    None,
    Passage(typed=given.get("typed", ""), start=int(given.get("start", 0)), length=int(given.get("length", 200))),
)
gates = given.get("gates", "input,forget,candidate,output,cell,hidden").split(",")
place = reader_place("reader")
units = int(given.get("units", 256))
heard = gate_reader(
    reading_question(asked),
    key="reader",
    gates=gates,
    unit=place.unit if place else int(given.get("unit", 51)),
    cursor=place.cursor if place else int(given.get("cursor", 0)),
    brush=place.brush if place else None,
    order=list(range(units))[::-1] if "reversed" in given else None,
    lens=given.get("lens", "cell" if "cell" in gates else "hidden"),
    highlights=json.loads(given.get("highlights", "[]")),
    is_live="live" in given,
)
st.text(f"script runs: {st.session_state.script_runs}")
st.text(f"heard: {heard}")
