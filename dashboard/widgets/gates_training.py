"""What the Gates view trains beside the shipped model: one like it from zero, or the shipped one further."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.models.character_model import load_character_model
from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import SHIPPED_START, TrainingConfig
from core.training.limits import LimitReached, Limits
from core.training.start import SHIPPED
from dashboard import state
from dashboard.server import jobs
from dashboard.widgets.run_controls import begin

TRAINED_LENGTH, TRAINED_BATCH = 100, 32
TRAINED = {"steps": 3000, "units": 128, "drawn": 3e-3, SHIPPED_START: 5e-4}
"""Updates; units of a new model; learning rates of a new model, and of one that goes on from the shipped weights."""
TRAIN_OPEN = "train-open"
"""Widget: whether the popover is open; it closes when a run begins."""


@st.cache_resource(show_spinner=False)
def shipped_config() -> ModelConfig:
    """Of the shipped model."""
    return load_character_model(SHIPPED).config


def training_config(start: str, limits: Limits, wanted: Mapping[str, float] = TRAINED) -> TrainingConfig:
    """The shipped model itself, or one like it that is drawn, as far as the server lets it; `wanted` as TRAINED."""
    like = shipped_config()
    model = ModelConfig("lstm", min(int(wanted["units"]), limits.max_hidden_size), forget_bias=like.forget_bias)
    task = TaskConfig("next_character", length=min(TRAINED_LENGTH, limits.max_length), text="python-source")
    return TrainingConfig(
        task,
        (like if start == SHIPPED_START else model,),
        steps=min(int(wanted["steps"]), limits.max_steps),
        batch_size=min(TRAINED_BATCH, limits.max_batch_size),
        learning_rate=wanted[start],
        start=start,
    )


def training(limits: Limits) -> None:
    """Two ways to train one like it, live."""
    st.markdown(
        f"On windows of {min(TRAINED_LENGTH, limits.max_length)} characters of Python's standard library. The page "
        "follows the run: watch its gates make up their mind. The shipped one goes on with all its units."
    )
    _wishes(limits)
    st.button("Train from zero", key="train-drawn", icon=":material/play_arrow:", on_click=_train, args=("drawn",))
    st.button("Continue the shipped one", key="train-shipped", icon=":material/resume:", on_click=_train,
              args=(SHIPPED_START,), disabled=not _is_allowed(SHIPPED_START, limits))  # fmt: skip


def _wishes(limits: Limits) -> None:
    """How long, how wide and how fast."""
    for name, value in training_wishes(limits).items():
        st.session_state[f"train-{name}-value"] = value
    with st.container(horizontal=True):
        st.number_input("Updates", 1, limits.max_steps, step=500, key="train-steps-value", width=150)
        st.number_input("Units from zero", 1, limits.max_hidden_size, step=32, key="train-units-value", width=150)
        st.number_input(
            "Learning rate from zero", 1e-6, 1.0, step=1e-4, format="%g", key="train-drawn-value", width=190
        )
        st.number_input(
            "Learning rate to continue",
            1e-6,
            1.0,
            step=1e-4,
            format="%g",
            key=f"train-{SHIPPED_START}-value",
            width=190,
        )


def training_wishes(limits: Limits) -> dict[str, float]:
    """What the controls say, within the server's limits; before they are drawn, TRAINED."""
    wishes = {name: st.session_state.get(f"train-{name}-value", value) for name, value in TRAINED.items()}
    most = {"steps": limits.max_steps, "units": limits.max_hidden_size}
    return wishes | {name: min(wishes[name], value) for name, value in most.items()}


def _is_allowed(start: str, limits: Limits) -> bool:
    try:
        limits.check(training_config(start, limits, training_wishes(limits)))
    except LimitReached:
        return False
    return True


def _train(start: str) -> None:
    limits = jobs().limits
    config = training_config(start, limits, training_wishes(limits))
    st.session_state[TRAIN_OPEN] = False
    run_id = begin(config)
    if run_id is not None:
        st.session_state[state.GATES_RUN] = run_id
        st.session_state["model"] = config.names[0]
