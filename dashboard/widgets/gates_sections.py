"""The sections of the Gates view that are pictures: what each asks of the person, its panels, its texts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import state
from dashboard.gates_drawings import TITLES
from dashboard.gates_explanations import GATES_LESSONS
from dashboard.gates_measurements import planes_npz
from dashboard.readings import verbatim
from dashboard.theme import GATE_TITLES
from dashboard.widgets.gates_code import code
from dashboard.widgets.gates_fields import ACTS, MOST_UNIT
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.gates_panels import cells_panels, intervene_panels, saturation_panels
from dashboard.widgets.gates_situations import experiments_control
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.run_links import run_links


def pictures(page: GatesPage) -> None:
    """A section's controls and its pictures."""
    controls: dict[str, Callable[[GatesPage], None]] = {
        "saturation": _saturation_controls,
        "cells": _cells_controls,
        "intervene": _intervene_controls,
    }
    controls[page.show](page)
    try:
        panels = _panels(page)
    except ValueError as error:
        st.error(verbatim(str(error)))
        return
    # A search for cells takes seconds: it is of the newest weights when it is asked for, and does not follow.
    follows = page.run_id if page.show != "cells" else None
    status = None if page.run is None or follows is None else page.run.header.status
    live_figures(panels, key=f"{state.LIVE_FIGURES}-gates", run_id=follows, status=status, on_click=choose_unit)


def _panels(page: GatesPage) -> list[Panel]:
    panels: dict[str, Callable[[], list[Panel]]] = {
        "saturation": lambda: saturation_panels(page),
        "cells": lambda: cells_panels(page),
        "intervene": lambda: intervene_panels(page, page.last_touched),
    }
    return panels[page.show]()


def unit_control() -> None:
    """Which unit one looks at."""
    st.number_input("Unit", 0, MOST_UNIT, key="unit", width=120)


def _saturation_controls(page: GatesPage) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit_control()
        st.number_input("Shut below", 0.0, 1.0, step=0.05, format="%g", key="shut", width=140)
        st.number_input("Open above", 0.0, 1.0, step=0.05, format="%g", key="open", width=140)
        hands_toggle()
    if st.session_state["shut"] >= st.session_state["open"]:
        st.error("Shut must be below open; the paper has 0.1 and 0.9.")


def _cells_controls(page: GatesPage) -> None:
    st.pills("Property", list(TITLES), format_func=TITLES.__getitem__, key="property", required=True)
    st.caption(
        "The search reads the first 200,000 characters of the chosen text, which takes some seconds once. A click on a "
        "unit shows it on the text."
    )


def _intervene_controls(page: GatesPage) -> None:
    experiments_control()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        acts = [act for act in ACTS if act != "still" or page.kind == "lstm"]
        if st.session_state["act"] not in acts:
            st.session_state["act"] = page.act
        st.selectbox("Do", acts, format_func=ACTS.__getitem__, key="act", width=230)
        if page.act in ("ablate", "clamp", "scale"):
            if st.session_state["what"] not in page.gates:
                st.session_state["what"] = page.gates[-1]
            st.selectbox("To", page.gates, format_func=GATE_TITLES.__getitem__, key="what", width=150)
        if page.act in ("clamp", "scale"):
            st.number_input("Value" if page.act == "clamp" else "Factor", -100.0, 100.0, key="value", width=120)
        if page.act != "none":
            st.text_input("Of units", key="units", width=150, placeholder="all, or 51, 177")
            st.number_input("From timestep", 0, page.length - 1, key="first", width=140)
            st.number_input("To timestep", 0, page.length - 1, key="last", width=140)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Edit the symbol at", 0, page.length - 1, key="edit_at", width=160)
        st.text_input("To read there instead", key="edit", width=180, max_chars=20, placeholder="a symbol, ⏎ or ␣")
        unit_control()


def hands_toggle() -> None:
    """Whether the section shows the reading with hands in it."""
    st.toggle("With the hands of *Intervene*", key="touched")


def choose_unit() -> None:
    """Look at the unit of the point that was clicked; from *Cells*, on the text. Before the controls are drawn."""
    click = st.session_state[f"{state.LIVE_FIGURES}-gates"].get("click") or {}
    *place, unit = str(click.get("id") or "").split(" ")
    if not unit.isdigit():
        return
    st.session_state["unit"] = min(int(unit), MOST_UNIT)
    if click.get("panel") == "saturation" and len(place) == 2:
        st.session_state["layer"] = int(place[0]) + 1
        st.session_state["direction"] = "reverse" if place[1] == "1" else "forward"
    if click.get("panel") == "properties" and place:
        st.session_state["property"] = place[0]
    if click.get("panel") in ("cells", "properties"):
        st.session_state.update({"show": "read", "lens": "cell"})


def lesson(page: GatesPage) -> None:
    """What one sees, what to try, the code, and the numbers to take home."""
    lesson_texts(GATES_LESSONS[page.show])
    with code_expander() as is_open:
        if is_open:
            code(page)


def downloads(page: GatesPage) -> None:
    """The reading's numbers; of a run, its scalars and its whole recording."""
    with st.container(horizontal=True):
        st.download_button("Gates (NPZ)", lambda: planes_npz(page.asked(bool(page.values["touched"]))), "gates.npz",
                           on_click="ignore", icon=":material/download:", key="npz")  # fmt: skip
        if page.run_id is not None:
            run_links(page.run_id)
