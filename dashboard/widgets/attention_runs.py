"""The runs of the page of sequence to sequence: found again by the address, started, steered, left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.recordings.storage import RecordingError, read_header
from core.training.jobs import NotRunning
from core.training.kinds import read_config
from core.training.run_config import RunConfig
from core.training.translation_config import TranslationConfig
from dashboard import state
from dashboard.attention_shipped import side_config
from dashboard.readings import verbatim
from dashboard.server import jobs, runs_root
from dashboard.widgets.address import set_values
from dashboard.widgets.attention_fields import PAIRS, PLACES, config_of, values_of
from dashboard.widgets.run_controls import ShownRun, begin, run_status, steering_buttons

TOLD = "pairs-told"
"""Session: the learning rate that the run was last told."""
RUNS = {"fusion": state.FUSION_RUN, "digits": state.DIGITS_RUN, "cheat": state.CHEAT_RUN}
"""By section: where the session keeps its run."""
KEPT = (state.PAIRS_RUN, *RUNS.values())
"""Session: the runs of the page's sections."""


def adopt_run(fields: Sequence[Any]) -> None:
    """When the address names a run on pairs that the session has not seen, set the controls as it was started."""
    run_id = state.run_id()
    if run_id is None or run_id in map(st.session_state.get, KEPT):
        return
    found = _run(run_id)
    if found is None:
        return
    if not isinstance(found.config, TranslationConfig):
        _adopt_side(found)
        return
    values = {field.key: field.default for field in fields} | values_of(found.config)
    try:
        is_known = config_of(values) == found.config
    except ValueError:
        is_known = False
    if not is_known:
        st.warning("The run in the address has settings that this page has no control for; it is not shown.")
        return
    places = {key: st.session_state[key] for key in PLACES if key in st.session_state}
    set_values(fields, values | places, PAIRS)
    st.session_state[state.PAIRS_RUN] = run_id


def _adopt_side(run: ShownRun) -> None:
    """A run that one of the other sections starts: open that section at the run's seed."""
    for show, key in RUNS.items():
        if side_config(show, run.config.seed) == run.config:
            st.session_state["show"], st.session_state["a_seed"] = show, run.config.seed
            st.session_state[key] = run.header.id


def _run(run_id: str) -> ShownRun | None:
    """The run of any kind; None for one that cannot be read, saying so."""
    try:
        header = read_header(runs_root() / state.checked(run_id))
        config = read_config(header.config)
    except (RecordingError, ValueError) as error:
        st.warning(f"The run can no longer be read: {verbatim(str(error))}")
        return None
    is_own = header.is_active and run_id in jobs().runs_of(state.visitor())
    return ShownRun(header, config, is_own)  # type: ignore[arg-type]


def shown_run(wanted: TranslationConfig) -> ShownRun | None:
    """The run on pairs that this session shows. Once the controls want another one, none, and a run of ours ends.

    The learning rate alone reaches a run that goes on.
    """
    run_id = st.session_state.get(state.PAIRS_RUN)
    run = None if run_id is None else _run(run_id)
    if run is not None and (run.config.kind != wanted.kind or not _is_same(run.config, wanted)):
        if run.is_own:
            _end(run.header.id)
        run = None
    _keep(state.PAIRS_RUN, run)
    if run is not None and run.is_own:
        _tell(run, wanted)
    return run


def _is_same(config: Any, wanted: TranslationConfig) -> bool:
    return replace(config, learning_rate=wanted.learning_rate) == wanted


def side_run(key: str, wanted: RunConfig) -> ShownRun | None:
    """The run of a section with a run of its own, named by the address or shown last; None unless it is `wanted`."""
    run_id = state.run_id()
    if run_id is None or run_id in map(st.session_state.get, KEPT):
        run_id = st.session_state.get(key)
    run = None if run_id is None else _run(run_id)
    if run is not None and run.config != wanted:
        run = None
    _keep(key, run)
    return run


def _keep(key: str, run: ShownRun | None) -> None:
    st.session_state[key] = None if run is None else run.header.id
    state.show_run(st.session_state[key])


def run_row(key: str, config: RunConfig, run: ShownRun | None) -> None:
    """Train, pause, step, end, reset; and how the run stands."""
    problem = st.session_state.pop(state.PROBLEM, None)
    is_active = run is not None and run.header.is_active
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Train", key=f"{key}-train", icon=":material/play_arrow:", type="primary", shortcut="T",
                  disabled=is_active, on_click=_start, args=(key, config))  # fmt: skip
        if run is not None and is_active:
            steering_buttons(run)
        elif run is not None:
            st.button("Reset", key=f"{key}-reset", icon=":material/restart_alt:", on_click=_forget, args=(key,))
    if problem:
        st.error(problem)
    if run is not None:
        run_status(run)


def _start(key: str, config: RunConfig) -> None:
    run_id = begin(config)  # type: ignore[arg-type]
    if run_id is not None:
        st.session_state[key] = run_id
        st.session_state[TOLD] = config.learning_rate


def _forget(key: str) -> None:
    """Show what ships, or nothing trained; a run that goes on is left alone."""
    state.show_run(None)
    st.session_state[key] = None


def _end(run_id: str) -> None:
    try:
        jobs().end(run_id)
    except (NotRunning, RecordingError) as error:
        st.session_state[state.PROBLEM] = str(error)


def _tell(run: ShownRun, wanted: TranslationConfig) -> None:
    if st.session_state.get(TOLD, wanted.learning_rate) == wanted.learning_rate:
        return
    st.session_state[TOLD] = wanted.learning_rate
    try:
        jobs().set_knobs(run.header.id, wanted.learning_rate, wanted.clip, wanted.max_norm)
    except (NotRunning, RecordingError) as error:
        st.error(str(error))
