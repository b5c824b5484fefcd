"""Remedies as experiments: a button each that trains patient and treated side by side, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.recordings.storage import RecordingError
from core.training.remedies import Remedy, remedies
from dashboard import state
from dashboard.measurements import outcomes_of_run
from dashboard.readings import verbatim
from dashboard.training_readings import outcome_table
from dashboard.widgets.address import set_values
from dashboard.widgets.gradient_fields import values_of
from dashboard.widgets.gradient_page import GradientPage
from dashboard.widgets.run_controls import ShownRun, start

MOST_TREATED = 6
"""Earlier runs that the table keeps."""


def treatment(page: GradientPage, fields: Sequence[Any]) -> None:
    """The remedies of the patient, and the outcomes of those tried in this session."""
    st.markdown("**Try one**: patient and treated are trained side by side on the same batches, from the same seed.")
    for remedy in remedies(page.config, page.patient):
        button, why = st.columns([1, 2], vertical_alignment="center")
        button.button(remedy.title, key=f"remedy-{remedy.key}", icon=":material/play_arrow:", width="stretch",
                      on_click=_try, args=(fields, remedy))  # fmt: skip
        why.caption(remedy.why)
    tried = [run for run in st.session_state.get(state.TREATED, []) if run != page.run_id]
    if tried:
        st.markdown("Tried before in this session:")
        _table(tried)


def _try(fields: Sequence[Any], remedy: Remedy) -> None:
    set_values(fields, values_of(remedy.config))
    st.session_state["patient"] = 1
    if (run_id := start(fields)) is not None:
        tried = st.session_state.get(state.TREATED, [])
        st.session_state[state.TREATED] = [*tried, run_id][-MOST_TREATED:]


def outcomes(run: ShownRun) -> None:
    """How the shown run comes out, kept fresh while it goes on."""
    st.fragment(_table, run_every=1.0 if run.header.is_active else None)([run.header.id])


def _table(run_ids: Sequence[str]) -> None:
    rows = []
    for run_id in run_ids:
        try:
            rows += outcomes_of_run(run_id)
        except RecordingError as error:
            st.caption(verbatim(str(error)))
    if rows:
        st.markdown(outcome_table(rows))
