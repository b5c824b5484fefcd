"""Show the code, and take the numbers home."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.models.config import ModelConfig
from core.recordings.records import GradientFlow
from core.training.config import TrainingConfig
from dashboard.figures.gradient_flow import gradient_curves_figure, norm_range
from dashboard.measurements import series_at_start
from dashboard.snippets import gradient_flow_code, jacobian_code, loss_reach_code
from dashboard.widgets.gradient_panels import gradient_curves

CODES: dict[str, Callable[[ModelConfig, int, int, int], str]] = {"why": jacobian_code, "reach": loss_reach_code}
"""Of sections whose picture is another than the curves."""


def show_code(config: TrainingConfig, section: str) -> None:
    """Plain PyTorch that reproduces a picture of the section, for each model."""
    code = CODES.get(section, gradient_flow_code)
    with st.expander("Show the code", icon=":material/code:"):
        chosen = st.selectbox(
            "Model", range(len(config.models)), format_func=lambda i: config.models[i].label, key="code"
        )
        st.caption("One layer in one direction, on recall; weights and tokens are drawn anew.")
        st.code(code(config.models[chosen], config.task.length, config.batch_size, config.seed))


def norms_csv(config: TrainingConfig, flows: Sequence[GradientFlow]) -> str:
    """Norms before training as CSV: model, quantity, layer, direction, timestep, norm."""
    rows = [
        (one.label, one.symbol, layer + 1, direction + 1, step + 1, norm)
        for one in series_at_start(config, flows)
        for layer, directions in enumerate(one.norms)
        for direction, norms in enumerate(directions)
        for step, norm in enumerate(norms)
    ]
    columns = ["model", "quantity", "layer", "direction", "timestep", "norm"]
    buffer = io.StringIO()
    pd.DataFrame(rows, columns=columns).to_csv(buffer, index=False)
    return buffer.getvalue()


def curves_html(config: TrainingConfig, flows: Sequence[GradientFlow]) -> str:
    """The curves of layer 1 as one page that needs nothing else."""
    curves = gradient_curves(config, flows, 0, 0)
    return gradient_curves_figure(curves, norm_range(curves)).to_html(include_plotlyjs=True)


def downloads(run_id: str | None, config: TrainingConfig, flows: Sequence[GradientFlow]) -> None:
    """Numbers and picture before training; of a run, its scalars and its whole recording."""
    with st.container(horizontal=True):
        st.download_button("Curves (CSV)", lambda: norms_csv(config, flows), "gradient-flow.csv", on_click="ignore",
                           icon=":material/download:", key="csv")  # fmt: skip
        st.download_button("Curves (HTML)", lambda: curves_html(config, flows), "gradient-flow.html",
                           on_click="ignore", icon=":material/download:", key="html")  # fmt: skip
        if run_id is not None:
            st.link_button("Run (CSV)", f"/unroll/runs/{run_id}/export.csv", icon=":material/download:")
            st.link_button("Recording (ZIP)", f"/unroll/runs/{run_id}/recording.zip", icon=":material/download:")
