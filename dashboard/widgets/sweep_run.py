"""A sweep that a page started: found again by the address, steered, and left."""

from __future__ import annotations

import streamlit as st

from core.recordings.storage import RecordingError, read_header
from core.training.sweep import SweepConfig
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, runs_root
from dashboard.widgets.run_controls import ShownRun, begin, run_status, steering_buttons


def sweep_of_address(key: str, path: str | None) -> ShownRun | None:
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


def _sweep(run_id: str, path: str | None) -> ShownRun | None:
    try:
        header = read_header(runs_root() / state.checked(run_id))
        config = SweepConfig.from_dict(header.config)
    except RecordingError as error:
        st.warning(f"The run can no longer be read: {verbatim(str(error))}")
        return None
    except ValueError:
        return None  # another page's, as the menu hands the address on
    if [factor.path for factor in config.factors] != ([] if path is None else [path]):
        return None
    return ShownRun(header, config, header.is_active and run_id in jobs().runs_of(state.visitor()))  # type: ignore[arg-type]


def sweep_row(key: str, run: ShownRun | None, label: str, config: SweepConfig) -> None:
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
        st.error(problem)
    if run is not None:
        run_status(run)


def _begin(key: str, config: SweepConfig) -> None:
    run_id = begin(config)  # type: ignore[arg-type]
    if run_id is not None:
        st.session_state[key] = run_id


def _leave(key: str) -> None:
    """Show what ships again; a run that goes on is left alone."""
    state.show_run(None)
    st.session_state[key] = None
