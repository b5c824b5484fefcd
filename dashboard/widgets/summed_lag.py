"""The claim that needs training: how far back recurrent models learn, from what ships or from a sweep of one's own."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.training.measures_sweeps import LAG_PATH, SEEDS, lag_sweep
from dashboard import state
from dashboard.server import jobs
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.sweep_run import sweep_downloads, sweep_of_address, sweep_row

TITLE = "5 · Far back is hard to learn: accuracy of recall against lag"
ALT = "Share right against lag, a line a model with a band over its seeds; chance is marked."
HEIGHT = 420


def lag_section() -> None:
    """Its buttons, its picture, and where the numbers come from."""
    run = sweep_of_address(state.SUMMED_RUN, LAG_PATH)
    config = lag_sweep(min(300, jobs().limits.max_steps))
    panel = Panel("lag", go.Figure(), "asked", TITLE, alt=ALT, question="summed/lag?", height=HEIGHT)
    live_figures([panel], key=f"{state.LIVE_FIGURES}-lag", columns=1, run_id=None if run is None else run.header.id,
                 status=None if run is None else run.header.status)  # fmt: skip
    shown = "This picture ships with Unroll" if run is None else "This picture is of the run"
    st.caption(
        f"{shown}: every point is {config.base.steps} updates on the recall task of that length, {len(SEEDS)} seeds, "
        "the same batches for all models; what a run came to is its mean over the last 20 batches of 64."
    )
    sweep_row(state.SUMMED_RUN, run, "Train again, here", config)
    sweep_downloads(run)
