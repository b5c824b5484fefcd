"""The section *Read* of the Gates view: the reader, what orders its units, and what is like a brushed span."""

from __future__ import annotations

import streamlit as st

from core.recordings.storage import RecordingError
from core.training.workers import WorkerDied
from dashboard import state
from dashboard.gates_drawings import TITLES
from dashboard.gates_measurements import order_of, sentence_of, settled, similar_spans
from dashboard.gates_readings import similar_sentence
from dashboard.reading_asked import AskedReading, reading_question
from dashboard.readings import verbatim
from dashboard.theme import GATE_TITLES
from dashboard.widgets.gate_reader import LOSS, gate_reader, reader_place
from dashboard.widgets.gates_fields import ORDERS
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.gates_panels import loss_panel
from dashboard.widgets.gates_sections import hands_toggle
from dashboard.widgets.gates_situations import situations_control
from dashboard.widgets.live_figures import live_figures

TROUBLES = (ValueError, RecordingError, WorkerDied, TimeoutError)
ON = "Of the value that colours the text (c as tanh c). The units of a brushed span are on throughout it."
MAP_HEIGHT = 56
"""Of one heatmap, pixels."""
SPANS = 40
"""Similar spans that are outlined."""


def read_section(page: GatesPage) -> None:
    """Controls, the run's loss where a run's model reads, the reader, and its sentences."""
    _controls(page)
    step = _pinned_step(page)
    try:
        asked = page.asked(with_hands=bool(page.values["touched"]), step=step)
        now = settled(asked)
        order, (spans, said) = _order(page, now), _similar(page, now)
    except TROUBLES as error:
        st.error(verbatim(str(error)))
        return
    is_live = page.run_id is not None and step is None and page.run is not None and page.run.header.is_active
    gate_reader(
        reading_question(asked),
        key=state.READER,
        gates=page.maps,
        unit=page.unit,
        cursor=min(int(page.values["t"]), page.length - 1),
        brush=page.brush,
        order=order,
        lens=page.lens,
        highlights=spans[:SPANS],
        is_live=is_live,
        height=MAP_HEIGHT,
        label=f"Gates and states of {page.label} over the text",
        on_place=remember_place,
    )
    if said:
        st.markdown(said)
    _say(page, now)


def _similar(page: GatesPage, asked: AskedReading) -> tuple[list[tuple[int, int, float]], str]:
    """Spans like the brushed one, and the sentence about them."""
    if page.brush is None:
        return [], ""
    units, spans = similar_spans(asked, page.told, page.brush, float(page.values["on"]))
    return spans, similar_sentence(page.brush, units, spans)


def _controls(page: GatesPage) -> None:
    situations_control()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Units from the top", list(ORDERS), format_func=ORDERS.__getitem__, key="order", width=170)
        if st.session_state["order"] == "property" and page.reads_text:
            st.selectbox("Property", list(TITLES), format_func=TITLES.__getitem__, key="property", width=190)
        if st.session_state["lens"] not in (*page.gates, LOSS):
            st.session_state["lens"] = page.lens
        titles = {**GATE_TITLES, LOSS: "loss"}
        st.selectbox("Text coloured by", [*page.gates, LOSS], format_func=titles.__getitem__, key="lens", width=160)
        st.number_input("On is above", -1.0, 1.0, step=0.05, format="%g", key="on", width=130, help=ON)
        hands_toggle()
    st.session_state["maps"] = page.maps
    st.pills("Heatmaps", page.gates, selection_mode="multi", format_func=GATE_TITLES.__getitem__, key="maps",
             on_change=_leave_out, args=(page.gates,), label_visibility="collapsed")  # fmt: skip


def _leave_out(gates: tuple[str, ...]) -> None:
    st.session_state["without"] = [gate for gate in gates if gate not in st.session_state["maps"]]


def _order(page: GatesPage, asked: AskedReading) -> list[int] | None:
    """Units from the top; None: by number."""
    by = str(page.values["order"])
    if by == "index" or (by == "property" and not page.reads_text):
        return None
    return order_of(asked, page.told, by, str(page.values["property"]))


def _pinned_step(page: GatesPage) -> int | None:
    """The training step whose weights read; None: the newest, or no run."""
    if page.run_id is None:
        return None
    assert page.run is not None
    return live_figures([loss_panel(page)], key=f"{state.LIVE_FIGURES}-loss", run_id=page.run_id,
                        status=page.run.header.status, columns=1).scrub  # fmt: skip


def _say(page: GatesPage, asked: AskedReading) -> None:
    try:
        st.markdown(sentence_of(asked, page.unit))
    except TROUBLES as error:
        st.error(verbatim(str(error)))


def remember_place() -> None:
    """Keep unit, cursor and brush of the reader. A callback, before the controls are drawn."""
    place = reader_place(state.READER)
    if place is None:
        return
    st.session_state.update({"unit": place.unit, "t": place.cursor})
    st.session_state["brush"] = "" if place.brush is None else f"{place.brush[0]}-{place.brush[1]}"
