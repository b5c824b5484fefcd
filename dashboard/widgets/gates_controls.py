"""The controls of the Gates view, drawn: which section, who reads, what is read, and a run to train beside."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.tasks.texts import TextError, store_text
from dashboard import state
from dashboard.gates_explanations import GATES_LESSONS
from dashboard.reading_asked import SHIPPED as SHIPPED_MODEL
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.gates_fields import SECTIONS, TEXT_TITLES, module_starts, text_options
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.gates_training import TRAIN_OPEN, shipped_config, training
from dashboard.widgets.gradient_page import DIRECTIONS
from dashboard.widgets.run_controls import ShownRun, run_of_address, run_status, steering_buttons

OWN_MODULE = "–"


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(GATES_LESSONS[st.session_state["show"]].question)


def recall_run() -> ShownRun | None:
    """The run in the address; where the menu of pages left none there, the one that this session showed last."""
    last = st.session_state.get(state.GATES_RUN) or st.session_state.get(state.LAST_RUN)
    if state.run_id() is None and last:
        state.show_run(last)
    run = run_of_address()
    st.session_state[state.GATES_RUN] = None if run is None else run.header.id
    if st.session_state["model"] not in _models(run):
        st.session_state["model"] = SHIPPED_MODEL
    return run


def _models(run: ShownRun | None) -> dict[str, str]:
    """Every model that can read, and how it is called."""
    return {SHIPPED_MODEL: "the shipped LSTM"} | _models_of_run(run)


def _models_of_run(run: ShownRun | None) -> dict[str, str]:
    if run is None:
        return {}
    return {name: f"{one.label} (run)" for name, one in zip(run.config.names, run.config.models, strict=True)}


def page_of(run: ShownRun | None) -> GatesPage:
    """Who reads what, by the controls' values."""
    name = st.session_state["model"]
    if run is None or name == SHIPPED_MODEL:
        return GatesPage(shipped_config(), "the shipped LSTM", True, run, st.session_state)
    config = run.config.models[run.config.names.index(name)]
    return GatesPage(config, config.label, run.config.task.name == "next_character", run, st.session_state)


def reading_controls(run: ShownRun | None) -> None:
    """Who reads what, from where; a run to train beside."""
    models, page = _models(run), page_of(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Who reads", list(models), format_func=models.__getitem__, key="model", width=290)
        if page.reads_text:
            _text_controls()
        else:
            assert run is not None
            st.number_input("Example of its first batch", 1, run.config.batch_size, key="example", width=190)
        _place_controls(page)
        with st.popover("Train one", icon=":material/model_training:", key=TRAIN_OPEN, on_change="rerun"):
            training(jobs().limits)
    _notes(page)


def _text_controls() -> None:
    typed = bool(st.session_state["typed"])
    chosen = st.session_state["reads"]
    st.selectbox("Text", text_options(chosen), format_func=lambda one: TEXT_TITLES.get(one, "Your own text"),
                 key="reads", width=300, disabled=typed)  # fmt: skip
    starts = module_starts(chosen)
    if starts and not typed:
        names = [OWN_MODULE, *starts]
        st.session_state["module"] = _module_at(st.session_state["start"], starts)
        st.selectbox("Module", names, key="module", width=160, on_change=_go_to_module)
    st.number_input("From character", 0, key="start", step=100, width=150, disabled=typed)
    st.number_input("Characters", 10, 4000, key="chars", step=100, width=130, disabled=typed)
    with st.popover("Your text", icon=":material/edit:"):
        st.text_area("Typed here, it is read in place of the text", key="typed", max_chars=1000, height=140)
        st.file_uploader("A file of your own (UTF-8)", key="gates_text", on_change=_keep_text)
        if problem := st.session_state.pop("gates_text_problem", None):
            st.error(verbatim(problem))


def _module_at(start: int, starts: Any) -> str:
    return next((name for name, place in reversed(starts.items()) if place <= start), OWN_MODULE)


def _go_to_module() -> None:
    starts = module_starts(st.session_state["reads"])
    if st.session_state["module"] in starts:
        st.session_state["start"] = starts[st.session_state["module"]]


def _keep_text() -> None:
    file = st.session_state["gates_text"]
    if file is None:
        return
    try:
        st.session_state["reads"] = store_text(file.getvalue(), texts_root())
        st.session_state["start"] = 0
    except (TextError, OSError) as error:
        st.session_state["gates_text_problem"] = str(error)


def _place_controls(page: GatesPage) -> None:
    """Layer and direction, where there is more than one."""
    if page.config.layers > 1:
        st.segmented_control("Layer", range(1, page.config.layers + 1), key="layer", required=True)
    if page.config.bidirectional:
        st.segmented_control("Direction", list(DIRECTIONS), key="direction", required=True)


def _notes(page: GatesPage) -> None:
    """What a reader has to know of the model and its text."""
    if page.is_shipped:
        note = (
            "An LSTM of 256 units, trained on nine tenths of Python's standard library, character by character: "
            "1.246 nats (1.80 bits) a character on modules that it never saw."
        )
        if st.session_state["reads"] == "python-source" and not st.session_state["typed"]:
            note += " Most of this text it has seen in training."
        st.caption(note)
    elif page.run is not None and page.reads_text and page.run.config.task.text == "python-source":
        st.caption("This run learns from all of Python's standard library, so it may have seen what it reads here.")


def run_row(run: ShownRun) -> None:
    """How the run stands, and what steers it; away with it from this page."""
    problem = st.session_state.pop(state.PROBLEM, None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.header.is_active:
            steering_buttons(run)
        st.button("Leave the run", key="leave", icon=":material/close:", on_click=_leave)
    if problem:
        st.error(verbatim(problem))
    run_status(run)


def _leave() -> None:
    """Show the shipped model again; a run that goes on is left alone."""
    state.show_run(None)
    st.session_state[state.GATES_RUN] = st.session_state[state.LAST_RUN] = None
    st.session_state["model"] = SHIPPED_MODEL
