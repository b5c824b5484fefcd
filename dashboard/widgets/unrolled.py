"""The host of the unrolled model: copies of one cell over time, with every state, and one unit's step taken apart.

Mounted once, it asks the server by itself (`/unroll/unrolled`, see `dashboard.recurrence_asked`); to go through time,
units, layers and directions needs no script run.

    place = unrolled(unrolled_question(asked), key="unrolled", layers=2)
    place.unit, place.t, place.layer, place.direction
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from dashboard.scripts import loader
from dashboard.widgets.host_styles import host_styles


@dataclass(frozen=True)
class UnrolledPlace:
    """Where the person looks; all count from 0."""

    unit: int = 0
    t: int = 0
    """Timestep."""
    layer: int = 0
    direction: int = 0


def unrolled(
    question: str,
    *,
    key: str,
    place: UnrolledPlace = UnrolledPlace(),
    layers: int = 1,
    directions: int = 1,
    label: str = "The model unrolled over time",
    on_place: Callable[[], None] | None = None,
) -> UnrolledPlace:
    """Show a model over what it reads.

    Args:
        question: As `dashboard.recurrence_asked.unrolled_question` writes it; the host asks anew when it changes.
        key: Of the host; it must not change while the page lives.
        place: Where to look; a new value moves the host.
        layers: Of the model, so that the picture's room is kept until it comes; also `directions`.
        directions: One or two.
        label: What the picture shows, in words.
        on_place: Called before the script run that a new place causes; read `unrolled_place(key)`.
    """
    data = {
        "question": question,
        "layers": layers,
        "directions": directions,
        "label": f"{label}. Arrow keys: left and right a timestep, up and down a unit, with "
        "Shift a layer or direction; Enter the next gate; space plays.",
        **asdict(place),
    }
    _HOST(key=key, data=data, on_place_change=on_place or _ignore)
    return unrolled_place(key) or place


def unrolled_place(key: str) -> UnrolledPlace | None:
    """Where the person looks, as the browser told last; None before, and for anything of another form."""
    given = (st.session_state.get(key) or {}).get("place")
    if not isinstance(given, dict):
        return None
    values = [given.get(name) for name in ("unit", "t", "layer", "direction")]
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 2**31 for one in values):
        return None
    return UnrolledPlace(*values)  # type: ignore[arg-type]


def _ignore() -> None:
    """Streamlit hands out only what has a callback."""


_FOLDER = Path(__file__).parent
_CELL = ("bar", "equations", "exports", "host", "scene", "steps", "symbols", "units")
_READER = ("feed", "half", "scales", "words")
_SHARED = [*(f"cell_{part}.js" for part in _CELL), *(f"reader_{part}.js" for part in _READER)]
_SCRIPTS = ["unrolled_host.js", *sorted(path.name for path in _FOLDER.glob("unrolled_*.js")), *_SHARED]

_HOST = st.components.v2.component(
    "unroll_unrolled",
    css=host_styles("cell_diagram.css", "unrolled.css"),
    js=loader(_SCRIPTS),
    isolate_styles=False,
)
