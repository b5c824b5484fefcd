"""The runs of the Truncation page: found again by the address, started, steered, left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from core.training.truncation_config import TruncationConfig
from core.training.truncation_sweep import LAG_PATH
from dashboard import state
from dashboard.figures.truncation import WAY_TITLES
from dashboard.widgets.address import set_values
from dashboard.widgets.page_run import end_run, read_run, tell_rate, train_row
from dashboard.widgets.run_controls import ShownRun, begin
from dashboard.widgets.sweep_run import sweep_of_address
from dashboard.widgets.truncation_fields import CUT, config_of, values_of

TOLD = "cut-told"
"""Session: the learning rate that the run was last told."""


def adopt_run(fields: Sequence[Any]) -> None:
    """When the address names a run or sweep of windows that the session has not seen, show it as it was started."""
    run_id = state.run_id()
    if run_id is None or run_id in (st.session_state.get(state.CUT_RUN), st.session_state.get(state.CUT_SWEEP)):
        return
    found: ShownRun[Any] | None = read_run(run_id, object)
    if found is None or not isinstance(found.config, TruncationConfig):
        if found is not None and _is_of_windows(found.config):
            st.session_state["show"], st.session_state[state.CUT_SWEEP] = "lag", run_id
        return
    values = values_of(found.config)
    if config_of({field.key: field.default for field in fields} | values) != found.config:
        st.warning("The run in the address has settings that this page has no control for; it is not shown.")
        return
    set_values(fields, values, CUT)
    st.session_state["show"] = "train"
    st.session_state[state.CUT_RUN] = run_id


def _is_of_windows(config: RunConfig) -> bool:
    return isinstance(config, SweepConfig) and config.base.kind == TruncationConfig.kind


def shown_run(wanted: TruncationConfig) -> ShownRun[TruncationConfig] | None:
    """The run that this session shows. Once the controls want another one, none, and a run of ours ends.

    Learning rate alone reaches a run that goes on.
    """
    run_id = st.session_state.get(state.CUT_RUN)
    run = None if run_id is None else read_run(run_id, TruncationConfig)
    if run is not None and replace(run.config, learning_rate=wanted.learning_rate) != wanted:
        end_run(run)
        run = None
    st.session_state[state.CUT_RUN] = None if run is None else run.header.id
    state.show_run(st.session_state[state.CUT_RUN])
    if run is not None:
        tell_rate(run, TOLD, wanted.learning_rate)
    return run


def shown_sweep() -> ShownRun[SweepConfig] | None:
    """The sweep of windows that this session shows."""
    if state.run_id() is None or state.run_id() == st.session_state.get(state.CUT_RUN):
        state.show_run(st.session_state.get(state.CUT_SWEEP))
    run = sweep_of_address(state.CUT_SWEEP, LAG_PATH)
    return run if run is not None and _is_of_windows(run.config) else None


def run_row(fields: Sequence[Any], run: ShownRun[TruncationConfig] | None) -> None:
    """Train, pause, step, end, reset; how the run stands; and whose weights are looked at."""
    train_row("c", run, partial(_start, fields), _forget)
    if run is not None and st.session_state["show"] in ("reach", "gradient"):
        st.segmented_control("Weights of", list(WAY_TITLES), format_func=WAY_TITLES.__getitem__, key="c_of",
                             required=True)  # fmt: skip


def _start(fields: Sequence[Any]) -> None:
    config = config_of({field.key: st.session_state[field.key] for field in fields})
    run_id = begin(config)
    if run_id is not None:
        st.session_state[state.CUT_RUN] = run_id
        st.session_state[TOLD] = config.learning_rate
        st.session_state["show"] = "train"


def _forget() -> None:
    state.show_run(None)
    st.session_state[state.CUT_RUN] = None
