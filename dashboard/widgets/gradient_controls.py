"""The controls of the gradient-flow view, drawn: presets, task, models and training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.tasks.config import BUNDLED_TEXTS
from core.tasks.texts import TextError, store_text
from dashboard.readings import verbatim
from dashboard.widgets.address import Choice, Number, set_values
from dashboard.widgets.gradient_fields import SITUATIONS, TextField, situation

TEXTS = {"python-reference": "Python's language reference", "python-source": "Python's standard library"}


def situation_control(fields: list[Any]) -> None:
    """A row of presets; choosing one sets every control. The one that the controls show is lit."""
    st.session_state["situation"] = _current_situation(fields)

    def choose() -> None:
        name = st.session_state["situation"]
        if name in SITUATIONS:
            set_values(fields, situation(name, fields))

    st.segmented_control("Situation", list(SITUATIONS), key="situation", on_change=choose, label_visibility="collapsed")


def _current_situation(fields: list[Any]) -> str | None:
    values = {field.key: st.session_state[field.key] for field in fields}
    return next((name for name in SITUATIONS if values == situation(name, fields)), None)


def gradient_controls(fields: list[Any]) -> None:
    """Draw the controls: three popovers and the two that are used most."""
    by_key = {field.key: field for field in fields}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _number(by_key["T"], width=190)
        _number(by_key["seed"], width=130)
        with st.popover("Models", icon=":material/hub:"):
            _model_controls(by_key)
        with st.popover("Task", icon=":material/flag:"):
            _task_controls(by_key)
        with st.popover("Training", icon=":material/tune:"):
            for key in ("steps", "batch", "optimizer", "lr", "clip", "max_norm"):
                _draw(by_key[key])


def _model_controls(by_key: Mapping[str, Any]) -> None:
    _draw(by_key["models"])
    for slot in range(1, st.session_state["models"] + 1):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _choice(by_key[f"m{slot}_cell"], width=130)
            _choice(by_key[f"m{slot}_init"], width=170)
            if st.session_state[f"m{slot}_init"] != "pytorch":
                _number(by_key[f"m{slot}_gain"], width=110)
            if st.session_state[f"m{slot}_cell"] == "lstm":
                _choice(by_key[f"m{slot}_bias"], width=160)
            st.toggle("Clip", key=f"m{slot}_clip", disabled=st.session_state["clip"] == "none")
    for key in ("H", "layers", "both"):
        _draw(by_key[key])


def _task_controls(by_key: Mapping[str, Any]) -> None:
    _draw(by_key["task"])
    if st.session_state["task"] == "adding":
        _draw(by_key["variant"])
    if st.session_state["task"] == "next_character":
        _text_controls(by_key["text"])
    _draw(by_key["loss_at"])


def _text_controls(field: TextField) -> None:
    options = [*BUNDLED_TEXTS, *([st.session_state["text"]] if st.session_state["text"] not in BUNDLED_TEXTS else [])]
    st.selectbox(field.label, options, format_func=lambda value: TEXTS.get(value, "Your own text"), key=field.key)
    st.file_uploader("Your own text (UTF-8)", key="own_text", on_change=_keep_text, args=(field,))
    if problem := st.session_state.pop("own_text_problem", None):
        st.error(verbatim(problem))


def _keep_text(field: TextField) -> None:
    file = st.session_state["own_text"]
    if file is None:
        return
    try:
        st.session_state[field.key] = store_text(file.getvalue(), field.folder)
    except (TextError, OSError) as error:
        st.session_state["own_text_problem"] = str(error)


def _draw(field: Any) -> None:
    if isinstance(field, Number):
        _number(field)
    elif isinstance(field, Choice):
        _choice(field)
    else:
        st.toggle(field.label, key=field.key)


def _choice(field: Choice, width: Any = "stretch") -> None:
    options = dict(field.options)
    st.selectbox(field.label, list(options), format_func=options.__getitem__, key=field.key, width=width)


def _number(field: Number, width: Any = "stretch") -> None:
    step = 1 if isinstance(field.default, int) else None
    form = None if isinstance(field.default, int) else "%g"
    st.number_input(field.label, field.low, field.high, step=step, format=form, key=field.key, width=width)
