"""The runs of the Truncation page: found again by the address, started, steered, left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.recordings.storage import RecordingError, read_header
from core.training.jobs import NotRunning
from core.training.sweep import SweepConfig
from core.training.truncation_config import TruncationConfig
from core.training.truncation_sweep import LAG_PATH
from dashboard import state
from dashboard.figures.truncation import WAY_TITLES
from dashboard.readings import verbatim
from dashboard.server import jobs, runs_root
from dashboard.widgets.address import set_values
from dashboard.widgets.run_controls import ShownRun, begin, run_status, steering_buttons
from dashboard.widgets.sweep_run import sweep_of_address
from dashboard.widgets.truncation_fields import CUT, config_of, values_of

TOLD = "cut-told"
"""Session: the learning rate that the run was last told."""


def adopt_run(fields: Sequence[Any]) -> None:
    """When the address names a run or sweep of windows that the session has not seen, show it as it was started."""
    run_id = state.run_id()
    if run_id is None or run_id in (st.session_state.get(state.CUT_RUN), st.session_state.get(state.CUT_SWEEP)):
        return
    found = _run(run_id)
    if found is None:
        _adopt_sweep(run_id)
        return
    values = values_of(found.config)  # type: ignore[arg-type]
    if config_of({field.key: field.default for field in fields} | values) != found.config:
        st.warning("The run in the address has settings that this page has no control for; it is not shown.")
        return
    set_values(fields, values, CUT)
    st.session_state["show"] = "train"
    st.session_state[state.CUT_RUN] = run_id


def _adopt_sweep(run_id: str) -> None:
    try:
        config = read_header(runs_root() / state.checked(run_id)).config
    except RecordingError:
        return
    if config.get("kind") == SweepConfig.kind and config.get("base", {}).get("kind") == TruncationConfig.kind:
        st.session_state["show"], st.session_state[state.CUT_SWEEP] = "lag", run_id


def _run(run_id: str) -> ShownRun | None:
    """The run of windows; None for one that cannot be read, saying so, or is of another kind."""
    try:
        header = read_header(runs_root() / state.checked(run_id))
        config = TruncationConfig.from_dict(header.config)
    except RecordingError as error:
        st.warning(f"The run can no longer be read: {verbatim(str(error))}")
        return None
    except ValueError:
        return None
    if header.config.get("kind") != TruncationConfig.kind:
        return None
    is_own = header.is_active and run_id in jobs().runs_of(state.visitor())
    return ShownRun(header, config, is_own)  # type: ignore[arg-type]


def shown_run(wanted: TruncationConfig) -> ShownRun | None:
    """The run that this session shows. Once the controls want another one, none, and a run of ours ends.

    Learning rate alone reaches a run that goes on.
    """
    run_id = st.session_state.get(state.CUT_RUN)
    run = None if run_id is None else _run(run_id)
    if run is not None and replace(run.config, learning_rate=wanted.learning_rate) != wanted:
        if run.is_own:
            _end(run.header.id)
        run = None
    st.session_state[state.CUT_RUN] = None if run is None else run.header.id
    state.show_run(st.session_state[state.CUT_RUN])
    if run is not None and run.is_own:
        _tell(run, wanted)
    return run


def shown_sweep() -> ShownRun | None:
    """The sweep of windows that this session shows."""
    if state.run_id() is None or state.run_id() == st.session_state.get(state.CUT_RUN):
        state.show_run(st.session_state.get(state.CUT_SWEEP))
    run = sweep_of_address(state.CUT_SWEEP, LAG_PATH)
    is_ours = run is not None and isinstance(run.config, SweepConfig) and run.config.base.kind == TruncationConfig.kind
    return run if is_ours else None


def run_row(fields: Sequence[Any], run: ShownRun | None) -> None:
    """Train, pause, step, end, reset; and how the run stands."""
    problem = st.session_state.pop(state.PROBLEM, None)
    is_active = run is not None and run.header.is_active
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Train", key="c_train", icon=":material/play_arrow:", type="primary", shortcut="T",
                  disabled=is_active, on_click=_start, args=(fields,))  # fmt: skip
        if run is not None and is_active:
            steering_buttons(run)
        elif run is not None:
            st.button("Reset", key="c_reset", icon=":material/restart_alt:", on_click=_forget)
    if problem:
        st.error(problem)
    if run is not None:
        run_status(run)
        if st.session_state["show"] in ("reach", "gradient"):
            st.segmented_control("Weights of", list(WAY_TITLES), format_func=WAY_TITLES.__getitem__, key="c_of",
                                 required=True)  # fmt: skip


def _start(fields: Sequence[Any]) -> None:
    config = config_of({field.key: st.session_state[field.key] for field in fields})
    run_id = begin(config)  # type: ignore[arg-type]
    if run_id is not None:
        st.session_state[state.CUT_RUN] = run_id
        st.session_state[TOLD] = config.learning_rate
        st.session_state["show"] = "train"


def _forget() -> None:
    state.show_run(None)
    st.session_state[state.CUT_RUN] = None


def _end(run_id: str) -> None:
    try:
        jobs().end(run_id)
    except (NotRunning, RecordingError) as error:
        st.session_state[state.PROBLEM] = str(error)


def _tell(run: ShownRun, wanted: TruncationConfig) -> None:
    if st.session_state.get(TOLD, wanted.learning_rate) == wanted.learning_rate:
        return
    st.session_state[TOLD] = wanted.learning_rate
    try:
        jobs().set_knobs(run.header.id, wanted.learning_rate, wanted.clip, wanted.max_norm)
    except (NotRunning, RecordingError) as error:
        st.error(str(error))
