"""Rows of presets of the Gates view: what each sets, and which one the controls show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import streamlit as st

from core.tasks.library_source import held_out_modules
from core.tasks.texts import UNSEEN
from dashboard.server import jobs, texts_root
from dashboard.widgets.gates_fields import EXPERIMENTS, FIRST_UNIT, first_place, gates_fields, module_starts

KEPT = frozenset(
    ("show", "t", "brush", "without", "lens", "order", "property", "on", "shut", "open", "unit", "touched", "example",
     "layer", "direction")
)  # fmt: skip
"""Fields that an experiment leaves as they are, for they say where one looks."""
READ = ("model", "reads", "typed", "start", "chars", "lens", "unit")
"""Fields that a situation of *Read* sets."""
SITUATIONS = {
    "Brackets": (FIRST_UNIT, "Unit 233 is low (blue) inside brackets, and high outside of them."),
    "Quotes": (177, "Unit 177 is high (warm) inside quotes. Does it know whether they are single or double?"),
    "Indentation": (109, "Unit 109 rises with the indentation of the line. When does it learn of it?"),
    "Position in the line": (201, "Unit 201 falls along the line, and begins anew after each line break."),
}
"""Unit of the shipped model, and what to look for."""
_PLACES = {
    "Quotes": ("ftplib.py", "        if self.af == socket.AF_INET"),
    "Indentation": ("colorsys.py", "def rgb_to_yiq("),
    "Position in the line": ("colorsys.py", "def rgb_to_yiq("),
}
"""Module that the shipped model never saw, and the words with which what is read begins."""


@cache
def situations() -> Mapping[str, Mapping[str, Any]]:
    """What each situation of *Read* sets, beside the defaults."""
    places = {"Brackets": first_place()} | {name: _place(*words) for name, words in _PLACES.items()}
    return {name: {"unit": unit, "start": places[name]} for name, (unit, _) in SITUATIONS.items()}


def _place(module: str, words: str) -> int:
    """Where words stand in the unseen modules; the module's beginning, or 0, in a Python that has others."""
    return module_starts(UNSEEN).get(module, 0) + max(held_out_modules().get(module, "").find(words), 0)


def situations_control() -> None:
    """A row of cells that track something, and what to look for in the one shown."""
    shown = _presets("situation", situations(), lambda key: key in READ)
    if shown is not None:
        st.caption(SITUATIONS[shown][1])


def experiments_control() -> None:
    """A row of interventions."""
    _presets("experiment", EXPERIMENTS, lambda key: key not in KEPT)


def _presets(key: str, presets: Mapping[str, Mapping[str, Any]], is_set: Any) -> str | None:
    """A row of presets, and the one that the controls show, which is lit. `is_set`: whether they set a field."""
    defaults = {one.key: one.default for one in gates_fields(jobs().limits, texts_root()) if is_set(one.key)}
    values = {name: {**defaults, **one} for name, one in presets.items()}
    now = {name: st.session_state[name] for name in defaults}
    shown = st.session_state[key] = next((name for name, one in values.items() if one == now), None)

    def choose() -> None:
        st.session_state.update(values.get(st.session_state[key], {}))

    st.segmented_control(key.capitalize(), list(presets), key=key, on_change=choose, label_visibility="collapsed")
    return shown
