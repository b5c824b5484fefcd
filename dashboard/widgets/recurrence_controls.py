"""The controls of the Recurrence view, drawn: which section, which model reads what."""

from __future__ import annotations

import streamlit as st

from core.models.config import TITLES
from core.recordings.storage import RecordingError, read_header
from core.training.config import TrainingConfig
from core.training.kinds import kind_of
from dashboard import state
from dashboard.reading_asked import SHIPPED
from dashboard.recurrence_asked import DRAWN
from dashboard.recurrence_explanations import RECURRENCE_LESSONS
from dashboard.server import jobs, runs_root
from dashboard.widgets.address import Field
from dashboard.widgets.recurrence_fields import CELLS, PLACE, SECTIONS, SITUATIONS, RecurrencePage


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control("Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="r_show", required=True,
                         label_visibility="collapsed")  # fmt: skip
    st.markdown(RECURRENCE_LESSONS[st.session_state["r_show"]].question)


def situation_control(fields: list[Field]) -> None:
    """A row of presets of *One step*; the one that the controls show is lit."""
    chosen = [field for field in fields if field.key in ("r_model", "r_units", "r_seed", "r_typed")]
    values = {name: {field.key: field.default for field in chosen} | one for name, one in SITUATIONS.items()}
    now = {field.key: st.session_state[field.key] for field in chosen}
    st.session_state["r_situation"] = next((name for name, one in values.items() if one == now), None)

    def choose() -> None:
        if (name := st.session_state["r_situation"]) is not None:
            st.session_state.update(values[name] | PLACE)

    st.segmented_control("Situation", list(SITUATIONS), key="r_situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip


def model_controls(page: RecurrencePage) -> None:
    """Who is unrolled, over what."""
    models = _models(page)
    if st.session_state["r_model"] not in models:
        st.session_state["r_model"] = page.model
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Model", list(models), format_func=models.__getitem__, key="r_model", width=240)
        if page.is_drawn:
            st.number_input("Units", 1, 32, key="r_units", width=120)
            st.number_input("Seed", 0, key="r_seed", width=120)
        st.text_input("Text that is read", key="r_typed", width=300, max_chars=120)
        if page.model.startswith("run:"):
            st.number_input("Example, where it reads no text", 1, key="r_example", width=220)
        if page.show == "both":
            st.number_input(
                "Edit the symbol at", 0, max(len(st.session_state["r_typed"]) - 1, 0), key="r_edit", width=160
            )


def _models(page: RecurrencePage) -> dict[str, str]:
    """Every model that the section can unroll, and how it is called."""
    drawn = {cell: f"{TITLES[cell]}, untrained" for cell in DRAWN}
    if page.show != "step":
        return drawn
    return drawn | {SHIPPED: "the shipped LSTM"} | _models_of_run() | _model_of_address(str(page.values["r_model"]))


def _models_of_run() -> dict[str, str]:
    """Of the run that another page showed last."""
    run_id = st.session_state.get(state.LAST_RUN) or st.session_state.get(state.GATES_RUN)
    config = None if run_id is None else _training(run_id)
    if config is None:
        return {}
    named = zip(config.names, config.models, strict=True)
    return {f"run:{run_id}:{name}": f"{model.label} (your last run)" for name, model in named}


def _training(run_id: str) -> TrainingConfig | None:
    try:
        data = read_header(runs_root() / state.checked(run_id)).config
        return TrainingConfig.from_dict(data) if kind_of(data) == TrainingConfig.kind else None
    except (RecordingError, ValueError):
        return None


def _model_of_address(model: str) -> dict[str, str]:
    if not model.startswith("run:"):
        return {}
    _, run_id, name = f"{model}::".split(":")[:3]
    return {model: f"{name} of run {run_id}"}


def stack_controls() -> None:
    """Which cell's layers are compared, and how wide one is."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Cell to train", list(CELLS), format_func=CELLS.__getitem__, key="r_cell", required=True)
        st.number_input("Units of one layer", 4, jobs().limits.max_hidden_size, key="r_width", step=8, width=170)
