"""The host of the reader: heatmaps of a model's gates over a text, the text itself, and one cursor over all of it.

Mounted once, it asks the server for the reading by itself (`/unroll/reading`, see `dashboard.reading_asked`); cursor,
zoom and the choice of a unit need no script run.

Axes: T timesteps, H hidden units.

    place = gate_reader(reading_question(asked), key="reader", gates=("forget", "cell"), unit=51)
    place.unit, place.cursor, place.brush
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.scripts import loader
from dashboard.theme import GATE_MARKS, GATE_TITLES, STATE_COLORS
from dashboard.widgets.host_styles import host_styles

LOSS = "loss"
"""What a text can be coloured by beside gates and states."""
MOST_SHOWN = 200
"""Spans that are outlined."""
Span = tuple[int, int]
"""First and last timestep, both included."""


@dataclass(frozen=True)
class ReaderResult:
    """Where the person looks."""

    unit: int
    cursor: int
    """Timestep, from 0."""
    brush: Span | None
    """The span of text that is marked."""


def gate_reader(
    question: str,
    *,
    key: str,
    gates: Sequence[str],
    unit: int = 0,
    cursor: int = 0,
    brush: Span | None = None,
    order: Sequence[int] | None = None,
    lens: str = "hidden",
    highlights: Sequence[tuple[int, int, float]] = (),
    is_live: bool = False,
    height: int = 112,
    label: str = "Gates and states over the text",
    on_place: Callable[[], None] | None = None,
) -> ReaderResult:
    """Show a reading.

    Args:
        question: As `dashboard.reading_asked.reading_question` writes it; the host asks anew when it changes.
        key: Of the host; it must not change while the page lives.
        gates: The gates and states that have a heatmap and a line, from the top down.
        unit: The unit to look at; a new value moves the reader, also for `cursor` and `brush`.
        cursor: The timestep to look at.
        brush: The span that is marked.
        order: Every unit once, from the top row down; None: by number.
        lens: The gate or state that colours the text, or LOSS.
        highlights: Spans to outline: first and last timestep, both included, and their likeness in [0, 1].
        is_live: Whether the run goes on, so that its newest snapshot is asked for every few seconds.
        height: Of one heatmap, pixels.
        label: What the pictures show, in words.
        on_place: Called before the script run that a new unit, cursor or brush causes; read `reader_place(key)`.
    """
    data = {
        "question": question,
        "gates": list(gates),
        "strokes": _strokes(),
        "unit": unit,
        "cursor": cursor,
        "brush": None if brush is None else list(brush),
        "order": None if order is None else [int(one) for one in order],
        "lens": lens,
        "highlights": [[int(first), int(last), float(score)] for first, last, score in highlights[:MOST_SHOWN]],
        "live": is_live,
        "height": height,
        "label": f"{label}. Arrow keys: left and right a timestep, up and down a unit; plus, minus and 0 zoom.",
    }
    _HOST(key=key, data=data, on_place_change=on_place or _ignore)
    return reader_place(key) or ReaderResult(unit, cursor, brush)


def reader_place(key: str) -> ReaderResult | None:
    """Where the person looks, as the browser told last; None before, and for anything of another form."""
    return _place((st.session_state.get(key) or {}).get("place"))


def _ignore() -> None:
    """Streamlit hands out only what has a callback."""


def _strokes() -> dict[str, dict[str, str]]:
    """How each gate and state is called and drawn."""
    colors = {gate: mark.color for gate, mark in GATE_MARKS.items()} | STATE_COLORS
    return {gate: {"title": title, "color": colors[gate]} for gate, title in GATE_TITLES.items()}


def _place(given: Any) -> ReaderResult | None:
    if not isinstance(given, dict):
        return None
    unit, cursor = _whole(given.get("unit")), _whole(given.get("cursor"))
    return None if unit is None or cursor is None else ReaderResult(unit, cursor, _span(given.get("brush")))


def _span(given: Any) -> Span | None:
    if not isinstance(given, list) or len(given) != 2:
        return None
    first, last = map(_whole, given)
    return None if first is None or last is None or first > last else (first, last)


def _whole(given: Any) -> int | None:
    is_whole = isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31
    return given if is_whole else None


_SCRIPTS = ["reader_host.js", *sorted(path.name for path in Path(__file__).parent.glob("reader_*.js"))]
_BEGIN = 'load("reader_feed.js").then((feed) => feed.begin(component.data.question, component.data.gates));'

_HOST = st.components.v2.component(
    "unroll_gate_reader",
    css=host_styles("reader.css"),
    js=loader(_SCRIPTS, _BEGIN),
    isolate_styles=False,
)
