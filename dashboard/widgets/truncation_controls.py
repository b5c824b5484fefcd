"""The controls of the Truncation view, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.tasks.config import BUNDLED_TEXTS
from core.tasks.texts import TextError, store_text
from dashboard.readings import verbatim
from dashboard.truncation_explanations import CUT_LESSONS
from dashboard.widgets.address import Number, set_values
from dashboard.widgets.gradient_controls import TEXTS
from dashboard.widgets.gradient_fields import TextField
from dashboard.widgets.truncation_fields import CELLS, CUT, LAG_WAYS, SECTIONS, SITUATIONS, TASKS, values_of_situation


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(CUT_LESSONS[st.session_state["show"]].question)


def situation_control(fields: list[Any]) -> None:
    """A row of presets; the one that the controls show is lit."""
    now = {field.key: st.session_state[field.key] for field in fields}
    lit = (name for name in SITUATIONS if values_of_situation(name, fields) == now)
    st.session_state["c_situation"] = next(lit, None)

    def choose() -> None:
        if (name := st.session_state["c_situation"]) is not None:
            set_values(fields, values_of_situation(name, fields), CUT)

    st.segmented_control("Situation", list(SITUATIONS), key="c_situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip


def cut_controls(fields: list[Any]) -> None:
    """Where it is cut and where the loss stands; model, text and training in popovers."""
    by_key = {field.key: field for field in fields}
    show = st.session_state["show"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if show == "lag":
            st.segmented_control("Windows of the sweep", list(LAG_WAYS), format_func=LAG_WAYS.__getitem__,
                                 key="c_lag_way", required=True)  # fmt: skip
        else:
            _cut_numbers(by_key, show)
        with st.popover("Model", icon=":material/hub:"):
            st.segmented_control("Cell", list(CELLS), format_func=CELLS.__getitem__, key="c_cell", required=True)
            _number(by_key["c_units"])
            _number(by_key["c_seed"])
        if show != "lag":
            with st.popover("Text", icon=":material/article:"):
                _text_controls(by_key)
        with st.popover("Training", icon=":material/tune:"):
            for key in ("c_steps", "c_batch", "c_lr"):
                _number(by_key[key])


def _cut_numbers(by_key: Mapping[str, Any], show: str) -> None:
    _number(by_key["c_T"], 150)
    _number(by_key["c_window"], 150)
    _number(by_key["c_period"], 180)
    if show == "reach":
        _number(by_key["c_place"], 150)
        _number(by_key["c_example"], 180)


def _text_controls(by_key: Mapping[str, Any]) -> None:
    st.selectbox("Task", list(TASKS), format_func=TASKS.__getitem__, key="c_task")
    if st.session_state["c_task"] != "next_character":
        return
    chosen = st.session_state["c_text"]
    options = [*BUNDLED_TEXTS, *([chosen] if chosen not in BUNDLED_TEXTS else [])]
    st.selectbox("Text", options, format_func=lambda value: TEXTS.get(value, "Your own text"), key="c_text")
    st.file_uploader("Your own text (UTF-8)", key="c_own_text", on_change=_keep_text, args=(by_key["c_text"],))
    if problem := st.session_state.pop("c_text_problem", None):
        st.error(verbatim(problem))


def _keep_text(field: TextField) -> None:
    file = st.session_state["c_own_text"]
    if file is None:
        return
    try:
        st.session_state[field.key] = store_text(file.getvalue(), field.folder)
    except (TextError, OSError) as error:
        st.session_state["c_text_problem"] = str(error)


def _number(field: Number, width: Any = "stretch") -> None:
    is_whole = isinstance(field.default, int)
    st.number_input(field.label, field.low, field.high, step=1 if is_whole else None, key=field.key, width=width,
                    format=None if is_whole else "%g")  # fmt: skip
