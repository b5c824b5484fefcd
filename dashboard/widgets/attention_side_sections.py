"""The sections of sequence to sequence with runs of their own: fusion, digits, and a generator that looks ahead."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st

from core.tasks.digits import WORDS
from core.training.config import MAX_SEED
from core.training.run_config import RunConfig
from dashboard import state
from dashboard.attention_explanations import PAIR_LESSONS
from dashboard.attention_shipped import DIGITS, SEEDS
from dashboard.attention_side_settings import SIDES, settings_in, side_config, side_keys
from dashboard.attention_snippets import CHEAT_CODE, DIGITS_CODE, FUSION_CODE
from dashboard.server import jobs
from dashboard.widgets.attention_runs import RUNS, run_row, side_run
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.run_controls import ShownRun
from dashboard.widgets.run_links import run_links

CODES = {"fusion": FUSION_CODE, "digits": DIGITS_CODE, "cheat": CHEAT_CODE}


def side_section(show: str) -> None:
    """The section: what one chooses, its run, its pictures, its lesson. Errors: LimitReached; ValueError."""
    _settings_row(show)
    config = side_config(show, settings_in(show, st.session_state))
    jobs().limits.check(config)
    run = side_run(RUNS[show], config)
    run_row(RUNS[show], config, run)
    model, digit = _digit_controls() if show == "digits" else (0, 0)
    st.caption(_whence(show, config, run))
    live_figures(
        side_panels(show, model, digit),
        key=f"{state.LIVE_FIGURES}-attention-{show}",
        run_id=run.header.id if run else None,
        status=run.header.status if run else None,
    )
    _lesson(show)
    if run is not None:
        with st.container(horizontal=True):
            run_links(run.header.id)


def _settings_row(show: str) -> None:
    limits = jobs().limits
    steps, units, rate = side_keys(show)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Training steps", 1, limits.max_steps, step=50, key=steps, width=150)
        st.number_input("Hidden units H", 2, limits.max_hidden_size, step=2, key=units, width=150)
        st.number_input("Learning rate", 1e-6, 100.0, step=1e-3, key=rate, format="%g", width=150)
        st.number_input("Seed" if show != "fusion" else f"First of {SEEDS} seeds", 0, MAX_SEED, key="a_seed", width=150)


def _whence(show: str, config: RunConfig, run: ShownRun | None) -> str:
    if run is not None:
        return f"The pictures follow the run: {config.title}."
    shipped = SIDES[show]
    if config == shipped:
        return f"Trained beforehand from seed 0: {config.title}. *Train* does it again, live."
    return (
        f"These settings are not trained yet: *Train* does it. Until then the pictures are of what ships: "
        f"{shipped.title}, from seed 0."
    )


def _digit_controls() -> tuple[int, int]:
    labels = [model.fusion for model in DIGITS.models]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Fusion", range(len(labels)), format_func=labels.__getitem__, key="a_digit_model",
                             required=True)  # fmt: skip
        st.segmented_control("Digit", range(len(WORDS)), key="a_digit", required=True)
    return int(st.session_state["a_digit_model"]), int(st.session_state["a_digit"])


def side_panels(show: str, model: int = 0, digit: int = 0) -> list[Panel]:
    """The section's pictures."""
    if show == "fusion":
        return [_panel("fusion", "Held-out tokens right: mean and range over seeds",
                       "Share right against training step, one line a fusion, a band over seeds.", 460)]  # fmt: skip
    if show == "cheat":
        return [_panel("cheat", "Loss in training (lines) and when it writes (stars)",
                       "Loss against training step of a model in one direction and one in both, and what each loses "
                       "as a generator.", 460)]  # fmt: skip
    return [
        _panel("digit", "The image, and where the model looks for each letter",
               "A handwritten digit and the attention over its patches for each letter.", 230, model=model,
               digit=digit),
        _panel("digit-shares", "Words right, by digit", "Share of held-out words right of each digit and fusion.", 400),
    ]  # fmt: skip


def _panel(name: str, title: str, alt: str, height: int, **places: Any) -> Panel:
    question = f"attention/{name}?{urlencode(places)}"
    return Panel(name, go.Figure(), "asked", title, alt=alt, question=question, height=height, span=2)


def _lesson(show: str) -> None:
    lesson_texts(PAIR_LESSONS[show])
    with code_expander() as is_open:
        if is_open:
            st.code(CODES[show])
