"""What the pages with runs of other kinds share: a run is read, told, ended, and has a row of buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.recordings.storage import RecordingError, read_header
from core.training.jobs import NotRunning
from core.training.kinds import read_config
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, runs_root
from dashboard.widgets.run_controls import Config, ShownRun, run_status, steering_buttons


def read_run(run_id: str, kind: type[Config]) -> ShownRun[Config] | None:
    """The run, if its config is of this class; None for another page's and, saying so, for one that cannot be read."""
    try:
        header = read_header(runs_root() / state.checked(run_id))
        config = read_config(header.config)
    except (RecordingError, ValueError) as error:
        st.warning(f"The run can no longer be read: {verbatim(str(error))}")
        return None
    if not isinstance(config, kind):
        return None
    return ShownRun(header, config, header.is_active and run_id in jobs().runs_of(state.visitor()))


def end_run(run: ShownRun[Any]) -> None:
    """End a run of one's own; others go on."""
    if not run.is_own:
        return
    try:
        jobs().end(run.header.id)
    except (NotRunning, RecordingError) as error:
        st.session_state[state.PROBLEM] = str(error)


def tell_rate(run: ShownRun[Any], told: str, rate: float) -> None:
    """Let a run of one's own know of a new learning rate; `told` is where the session keeps the last one it knows."""
    if not run.is_own or st.session_state.get(told, rate) == rate:
        return
    st.session_state[told] = rate
    try:
        jobs().set_knobs(run.header.id, learning_rate=rate)
    except (NotRunning, RecordingError) as error:
        st.error(verbatim(str(error)))


def train_row(key: str, run: ShownRun[Any] | None, train: Callable[[], None], reset: Callable[[], None]) -> None:
    """Train, pause, step, end, reset; and how the run stands. `train` and `reset` are called back."""
    problem = st.session_state.pop(state.PROBLEM, None)
    is_active = run is not None and run.header.is_active
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Train", key=f"{key}_train", icon=":material/play_arrow:", type="primary", shortcut="T",
                  disabled=is_active, on_click=train)  # fmt: skip
        if run is not None and is_active:
            steering_buttons(run)
        elif run is not None:
            st.button("Reset", key=f"{key}_reset", icon=":material/restart_alt:", on_click=reset)
    if problem:
        st.error(verbatim(problem))
    run_status(run)
