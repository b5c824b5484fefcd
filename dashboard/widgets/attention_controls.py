"""The controls of the page of sequence to sequence, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.tasks.pair_own import MAX_BYTES, MAX_PAIRS, store_pairs
from core.tasks.pair_table import FEWEST_PAIRS
from core.tasks.pairs import LANGUAGES, LONGEST, SYMBOL_TASKS, WORDED, PairError
from core.training.snapshots import is_snapshot
from dashboard import state
from dashboard.attention_explanations import PAIR_LESSONS
from dashboard.readings import verbatim
from dashboard.widgets.address import Choice, Flag, Number, set_values
from dashboard.widgets.attention_fields import (
    LANGUAGE_TITLES,
    MODEL_TITLES,
    OWN_MODEL,
    PAIRS,
    PLACES,
    SECTIONS,
    SITUATIONS,
    TASKS,
    values_of_situation,
)

OF_PAIRS = ("align", "hand", "bottleneck", "gradient")
"""Sections that show a run on pairs; the others have runs of their own."""

OF_OWN = (
    f"Source, then target, one pair a row: {FEWEST_PAIRS} to {MAX_PAIRS:,} rows, at most {LONGEST['own'][0]} "
    "characters a side, any script. A tenth is held out; what only that tenth has is read as [unk]."
)
"""What a file of one's own pairs may be."""


def section_control(fields: list[Any]) -> None:
    """Which section is shown, and the question that it answers."""
    _compare(fields)
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(PAIR_LESSONS[st.session_state["show"]].question)


def _compare(fields: list[Any]) -> None:
    """Where nothing is trained, open a section that compares with what has something to compare.

    Accuracy by length needs several lengths; the way back is first shown with attention and without.
    """
    show, has_come = st.session_state["show"], st.session_state["show"] != st.session_state.get(state.PAIRS_SECTION)
    st.session_state[state.PAIRS_SECTION] = show
    is_of_one = st.session_state["a_min"] == st.session_state["a_max"]
    is_first = has_come and all(st.session_state[one.key] == one.default for one in fields if one.key not in PLACES)
    if st.session_state.get(state.PAIRS_RUN) or not (
        show == "bottleneck" and is_of_one or show == "gradient" and is_first
    ):
        return
    values = values_of_situation("The bottleneck", fields)
    st.session_state.update({key: values[key] for key in SITUATIONS["The bottleneck"] if key != "show"})


def situation_control(fields: list[Any]) -> None:
    """A row of presets; the one that the controls show is lit."""
    kept = [field.key for field in fields if field.key not in PLACES]
    situations = {name: values_of_situation(name, fields) for name in SITUATIONS}
    lit = (name for name, values in situations.items() if all(values[key] == st.session_state[key] for key in kept))
    st.session_state["a_situation"] = next(lit, None)

    def choose() -> None:
        if (name := st.session_state["a_situation"]) is not None:
            set_values(fields, {"show": st.session_state["show"]} | situations[name] | _section_of(name), PAIRS)

    st.segmented_control("Situation", list(SITUATIONS), key="a_situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip


def _section_of(name: str) -> dict[str, str]:
    """The section that a situation opens; else the one that is open stays."""
    return {"show": SITUATIONS[name].get("show", st.session_state["show"])}


def pair_controls(fields: list[Any]) -> None:
    """The task, the models and their training, in popovers."""
    by_key = {field.key: field for field in fields}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Pairs", icon=":material/swap_horiz:"):
            _task_controls(by_key)
        with st.popover("Models", icon=":material/hub:"):
            st.pills("Models", list(MODEL_TITLES), format_func=MODEL_TITLES.__getitem__, key="a_models",
                     selection_mode="multi")  # fmt: skip
            if "own" in st.session_state["a_models"]:
                for key in OWN_MODEL:
                    _draw(by_key[key])
        with st.popover("Training", icon=":material/tune:"):
            for key in ("a_steps", "a_batch", "a_lr", "a_force"):
                _draw(by_key[key])
        _draw(by_key["a_seed"], 130)


def _task_controls(by_key: Mapping[str, Any]) -> None:
    st.selectbox("Task", list(TASKS), format_func=TASKS.__getitem__, key="a_task")
    task = st.session_state["a_task"]
    if task in SYMBOL_TASKS:
        for key in ("a_min", "a_max", "a_symbols", "a_test"):
            _draw(by_key[key])
    if LANGUAGES[task]:
        if st.session_state["a_language"] not in ("", *LANGUAGES[task]):
            st.session_state["a_language"] = ""
        st.selectbox("Language", ["", *LANGUAGES[task]], format_func=LANGUAGE_TITLES.__getitem__, key="a_language")
    if task in WORDED:
        _draw(by_key["a_level"])
    if task == "own":
        st.file_uploader(
            "Two columns, CSV or TSV (UTF-8)",
            key="a_file",
            on_change=_keep_pairs,
            args=(by_key["a_own"],),
            type=["csv", "tsv", "txt"],
            max_upload_size=MAX_BYTES // 1_000_000,
        )
        st.caption(OF_OWN)
        if problem := st.session_state.pop("a_file_problem", None):
            st.error(verbatim(problem))


def _keep_pairs(field: Any) -> None:
    file = st.session_state["a_file"]
    if file is None:
        return
    try:
        st.session_state[field.key] = store_pairs(file.getvalue(), field.folder)
    except (PairError, OSError) as error:
        st.session_state["a_file_problem"] = str(error)


def place_controls(labels: list[str], pairs: list[str], steps: list[int] | None) -> None:
    """Which model, which pair and, of a run that ships, which training step is shown.

    `labels` and `pairs` are for people, one a model and one a shown pair; `steps` are those that can be chosen.
    """
    for key, options in (("a_model", labels), ("a_example", pairs)):
        st.session_state[key] = min(int(st.session_state[key]), len(options) - 1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(labels) > 1:
            st.segmented_control("Model shown", range(len(labels)), format_func=labels.__getitem__, key="a_model",
                                 required=True)  # fmt: skip
        st.selectbox("Pair shown", range(len(pairs)), format_func=pairs.__getitem__, key="a_example", width=330)
        if steps is not None:
            st.session_state["a_at"] = max(step for step in steps if step <= int(st.session_state["a_at"]))
            st.select_slider("Training step", steps, key="a_at", width=330)


def snapshot_steps(steps: int) -> list[int]:
    """The steps of a run at which attention is kept."""
    return [step for step in range(steps + 1) if is_snapshot(step) or step == steps]


def _draw(field: Any, width: Any = "stretch") -> None:
    if isinstance(field, Choice):
        st.selectbox(field.label, list(field.options), format_func=field.options.__getitem__, key=field.key)
    elif isinstance(field, Flag):
        st.toggle(field.label, key=field.key)
    elif isinstance(field, Number):
        is_whole = isinstance(field.default, int)
        st.number_input(field.label, field.low, field.high, step=1 if is_whole else None, key=field.key, width=width,
                        format=None if is_whole else "%g")  # fmt: skip
