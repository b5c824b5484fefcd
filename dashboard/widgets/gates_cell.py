"""The section *The cell* of the Gates view: one step as a computation graph, with its numbers."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.reading_asked import reading_question
from dashboard.readings import verbatim
from dashboard.widgets.cell_diagram import cell_diagram, diagram_place
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.gates_sections import hands_toggle


def cell_section(page: GatesPage) -> None:
    """The drawn cell of the layer and direction that one looks at."""
    hands_toggle()
    try:
        asked = page.asked(with_hands=bool(page.values["touched"]))
    except ValueError as error:
        st.error(verbatim(str(error)))
        return
    cell_diagram(
        reading_question(asked),
        key=state.DIAGRAM,
        cell=page.config.cell,
        unit=page.unit,
        t=min(int(page.values["t"]), page.length - 1),
        is_live=page.run_id is not None and page.run is not None and page.run.header.is_active,
        label=f"The cell of {page.label}, step by step",
        on_place=remember_place,
    )


def remember_place() -> None:
    """Keep unit and timestep of the diagram. A callback, before the controls are drawn."""
    place = diagram_place(state.DIAGRAM)
    if place is not None:
        st.session_state.update({"unit": place.unit, "t": place.t})
