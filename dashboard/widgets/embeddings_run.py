"""The run whose tables the Embeddings page shows: found by the address, started, steered, left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.training.config import TrainingConfig
from dashboard import state
from dashboard.server import texts_root
from dashboard.widgets.embeddings_fields import LIVE, PLACES, config_of, values_of
from dashboard.widgets.page_run import end_run, read_run, tell_rate, train_row
from dashboard.widgets.run_controls import ShownRun, begin


def run_of_page(fields: Sequence[Any]) -> ShownRun[TrainingConfig] | None:
    """The run in the address, or that this session's page showed last; None once the controls want another.

    A run that is new to the session sets the controls as it was started, where they can describe it; one of another
    page is shown as well, as long as its models have embeddings.
    """
    run_id = state.run_id() or st.session_state.get(state.EMBEDDINGS_RUN)
    run = None if run_id is None else _read(run_id)
    if run is None:
        _forget()
        return None
    if st.session_state.get(state.EMBEDDINGS_RUN) != run.header.id:
        _adopt(fields, run)
    elif _wanted(fields) != st.session_state.get(state.EMBEDDINGS_WANTED):
        end_run(run)
        _forget()
        return None
    state.show_run(run.header.id)
    return run


def _read(run_id: str) -> ShownRun[TrainingConfig] | None:
    run = read_run(run_id, TrainingConfig)
    return run if run is not None and run.config.task.has_tokens else None


def _adopt(fields: Sequence[Any], run: ShownRun[TrainingConfig]) -> None:
    """Set the controls as the run was started; as they were for one that they cannot describe."""
    values = values_of(run.config)
    try:
        fits = all(field.read(field.write(values[field.key])) is not None for field in fields if field.key in values)
        fits = fits and config_of(values, texts_root()) == run.config
    except ValueError:
        fits = False
    st.session_state.update(values if fits else {"e_who": "own"})
    _remember(fields, run.header.id)


def _remember(fields: Sequence[Any], run_id: str) -> None:
    st.session_state[state.EMBEDDINGS_RUN] = run_id
    st.session_state[state.EMBEDDINGS_WANTED] = _wanted(fields)
    st.session_state[state.EMBEDDINGS_RATE] = st.session_state[LIVE]


def _wanted(fields: Sequence[Any]) -> dict[str, Any]:
    """The controls that shape a run, but the learning rate, which a run takes as it goes."""
    keys = {field.key for field in fields} - PLACES - {LIVE}
    wanted = {key: st.session_state[key] for key in sorted(keys)}
    if st.session_state["e_begin"] in ("drawn", "kept"):
        return wanted
    return wanted | {"e_vectors": st.session_state["e_vectors"]}


def _forget() -> None:
    """Show no run; one that goes on is left alone."""
    state.show_run(None)
    st.session_state[state.EMBEDDINGS_RUN] = None


def run_row(fields: Sequence[Any], run: ShownRun[TrainingConfig] | None) -> None:
    """Train, or steer what is trained; how it stands. The learning rate reaches a run of one's own at once."""
    if run is not None:
        tell_rate(run, state.EMBEDDINGS_RATE, st.session_state[LIVE])
    train_row("e", run, partial(_begin, fields), _forget)


def _begin(fields: Sequence[Any]) -> None:
    st.session_state["e_who"] = "own"
    try:
        run_id = begin(config_of(st.session_state, texts_root()))
    except ValueError as error:
        st.session_state[state.PROBLEM] = str(error)
        return
    if run_id is not None:
        _remember(fields, run_id)
