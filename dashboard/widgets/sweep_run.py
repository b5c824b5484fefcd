"""A sweep that a page started: found again by the address, steered, and left."""

from __future__ import annotations

import streamlit as st

from core.training.sweep import SweepConfig
from dashboard import state
from dashboard.readings import verbatim
from dashboard.widgets.page_run import read_run
from dashboard.widgets.run_controls import ShownRun, begin, run_status, steering_buttons
from dashboard.widgets.run_links import run_links


def sweep_of_address(key: str, path: str | None) -> ShownRun[SweepConfig] | None:
    """The sweep in the address, or the one that this session's page showed last; None for a run of another kind.

    Args:
        key: Of the session, where the page keeps its run.
        path: Of the sweep's one factor; None: it has none.
    """
    run_id = state.run_id() or st.session_state.get(key)
    found = None if run_id is None else _sweep(run_id, path)
    st.session_state[key] = None if found is None else found.header.id
    state.show_run(None if found is None else found.header.id)
    return found


def _sweep(run_id: str, path: str | None) -> ShownRun[SweepConfig] | None:
    run = read_run(run_id, SweepConfig)
    paths = [] if path is None else [path]
    return run if run is not None and [factor.path for factor in run.config.factors] == paths else None


def sweep_row(key: str, run: ShownRun[SweepConfig] | None, label: str, config: SweepConfig) -> None:
    """The buttons: train, or steer what is trained; and how it stands."""
    problem = st.session_state.pop(state.PROBLEM, None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run is None or not run.header.is_active:
            st.button(label, key=f"{key}-train", icon=":material/play_arrow:", type="primary", on_click=_begin,
                      args=(key, config))  # fmt: skip
        else:
            steering_buttons(run)
        if run is not None:
            st.button("Show what ships", key=f"{key}-leave", icon=":material/close:", on_click=_leave, args=(key,))
    if problem:
        st.error(verbatim(problem))
    run_status(run)


def sweep_downloads(run: ShownRun[SweepConfig] | None) -> None:
    """Of a sweep, its scalars and its whole recording; nothing of what ships."""
    if run is None:
        return
    with st.container(horizontal=True):
        run_links(run.header.id)


def _begin(key: str, config: SweepConfig) -> None:
    run_id = begin(config)
    if run_id is not None:
        st.session_state[key] = run_id


def _leave(key: str) -> None:
    """Show what ships again; a run that goes on is left alone."""
    state.show_run(None)
    st.session_state[key] = None
