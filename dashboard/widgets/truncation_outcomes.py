"""What became of each way of cutting in a run, kept fresh while it goes on."""

from __future__ import annotations

import streamlit as st

from core.analysis.outcome import Outcome, outcome
from core.recordings.storage import RecordingError
from core.training.truncation_config import TruncationConfig
from dashboard.readers import readers_of
from dashboard.readings import verbatim
from dashboard.server import runs_root
from dashboard.training_readings import outcome_table
from dashboard.widgets.run_controls import ShownRun


def outcomes(run: ShownRun, config: TruncationConfig) -> None:
    """A table of the run, one line a way."""
    st.fragment(_table, run_every=1.0 if run.header.is_active else None)(run.header.id, config)


def _table(run_id: str, config: TruncationConfig) -> None:
    try:
        rows = outcomes_of(run_id, config)
    except RecordingError as error:
        st.caption(verbatim(str(error)))
        return
    if rows:
        st.markdown(outcome_table(rows))
        updates = [sum(1 for _ in way.segments(config.task.length)) for way in config.truncations]
        counts = ", ".join(f"{way.label} {count}" for way, count in zip(config.truncations, updates, strict=True))
        st.caption(f"Segments of a batch, each of which makes an update if it has a loss: {counts}.")


def outcomes_of(run_id: str, config: TruncationConfig) -> list[tuple[str, Outcome]]:
    """How each way stands, with its label; none before the first row. Errors: RecordingError."""
    with readers_of(runs_root()).reading(run_id) as recording:
        if recording.last_step < 0:
            return []
        table = recording.scalars([f"{name}/{kind}" for name in config.names for kind in ("accuracy", "loss")])
    return [
        (way.label, outcome(table[f"{name}/accuracy"].to_numpy(), table[f"{name}/loss"].to_numpy()))
        for name, way in zip(config.names, config.truncations, strict=True)
    ]
