"""The host of the drawn cell: one step of a recurrent cell as a graph, with its equations and this step's numbers.

Mounted once, it asks the server for the reading by itself (`/unroll/reading`, see `dashboard.reading_asked`) in single
precision; to go through time and units needs no script run.

    place = cell_diagram(reading_question(asked), key="cell", cell="lstm", unit=51, t=0)
    place.unit, place.t
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.scripts import loader
from dashboard.theme import GATE_MARKS, STATE_COLORS
from dashboard.widgets.host_styles import host_styles

PHI = {"rnn": "tanh", "relu_rnn": "relu", "linear_rnn": "identity"}
"""What each plain RNN bends its sum with."""


@dataclass(frozen=True)
class DiagramResult:
    """Where the person looks."""

    unit: int
    t: int
    """Timestep, from 0."""


def cell_diagram(
    question: str,
    *,
    key: str,
    cell: str,
    unit: int = 0,
    t: int = 0,
    is_live: bool = False,
    label: str = "The cell, step by step",
    on_place: Callable[[], None] | None = None,
) -> DiagramResult:
    """Show one step of a reading.

    Args:
        question: As `dashboard.reading_asked.reading_question` writes it; the host asks anew when it changes.
        key: Of the host; it must not change while the page lives.
        cell: What the model is made of, as `ModelConfig.cell` names it.
        unit: The unit to look at; a new value moves the host, also for `t`.
        t: The timestep to look at.
        is_live: Whether the run goes on, so that its newest snapshot is asked for every few seconds.
        label: What the picture shows, in words.
        on_place: Called before the script run that a new unit or timestep causes; read `diagram_place(key)`.
    """
    data = {
        "question": question,
        "phi": PHI.get(cell, ""),
        "colors": {gate: mark.color for gate, mark in GATE_MARKS.items()} | STATE_COLORS,
        "unit": unit,
        "t": t,
        "live": is_live,
        "label": f"{label}. Arrow keys: left and right a timestep, up and down a unit; space plays.",
    }
    _HOST(key=key, data=data, on_place_change=on_place or _ignore)
    return diagram_place(key) or DiagramResult(unit, t)


def diagram_place(key: str) -> DiagramResult | None:
    """Where the person looks, as the browser told last; None before, and for anything of another form."""
    given = (st.session_state.get(key) or {}).get("place")
    if not isinstance(given, dict) or not all(_is_place(given.get(name)) for name in ("unit", "t")):
        return None
    return DiagramResult(given["unit"], given["t"])


def _is_place(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31


def _ignore() -> None:
    """Streamlit hands out only what has a callback."""


_READERS = ["reader_feed.js", "reader_loader.js", "reader_half.js", "reader_scales.js", "reader_words.js"]
_SCRIPTS = ["cell_diagram.js", *sorted(path.name for path in Path(__file__).parent.glob("cell_*.js")), *_READERS]
_BEGIN = 'load("reader_feed.js").then((feed) => feed.begin(component.data.question, []));'

_HOST = st.components.v2.component(
    "unroll_cell_diagram",
    css=host_styles("cell_diagram.css"),
    js=loader(_SCRIPTS, _BEGIN),
    isolate_styles=False,
)
