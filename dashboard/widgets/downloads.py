"""Show the code, and take the numbers home."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import streamlit as st

from core.models.config import ModelConfig
from core.recordings.records import GradientFlow
from core.training.config import TrainingConfig
from dashboard.figures.gradient_flow import gradient_curves_figure, norm_range
from dashboard.measurements import series_at_start
from dashboard.snippets import gradient_flow_code, jacobian_code, loss_reach_code
from dashboard.widgets.gradient_page import GradientPage
from dashboard.widgets.gradient_panels import gradient_curves
from dashboard.widgets.lesson import code_expander
from dashboard.widgets.run_links import run_links

CODES: dict[str, Callable[[ModelConfig, int, int, int], str]] = {"why": jacobian_code, "reach": loss_reach_code}
"""Of sections whose picture is another than the curves."""
COLUMNS = ("model", "quantity", "layer", "direction", "timestep", "norm")


def show_code(config: TrainingConfig, section: str) -> None:
    """Plain PyTorch that reproduces a picture of the section, for each model."""
    code = CODES.get(section, gradient_flow_code)
    with code_expander() as is_open:
        if is_open:
            chosen = st.selectbox(
                "Model", range(len(config.models)), format_func=lambda i: config.models[i].label, key="code"
            )
            st.caption("One layer in one direction, on recall; weights and tokens are drawn anew.")
            st.code(code(config.models[chosen], config.task.length, config.batch_size, config.seed))


def norms_csv(config: TrainingConfig, flows: Sequence[GradientFlow]) -> str:
    """Norms before training as CSV, with COLUMNS."""
    rows = [
        (one.label, one.symbol, layer + 1, direction + 1, step + 1, norm)
        for one in series_at_start(config, flows)
        for layer, directions in enumerate(one.norms)
        for direction, norms in enumerate(directions)
        for step, norm in enumerate(norms)
    ]
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    return table.getvalue()


def curves_html(config: TrainingConfig, flows: Sequence[GradientFlow]) -> str:
    """The curves of layer 1 as one page that needs nothing else."""
    curves = gradient_curves(config, flows, 0, 0)
    return gradient_curves_figure(curves, norm_range(curves)).to_html(include_plotlyjs=True)


def downloads(page: GradientPage) -> None:
    """Numbers and picture before training; of a run, its scalars and its whole recording."""
    curves = {
        "csv": ("Curves (CSV)", lambda: norms_csv(page.config, page.flows)),
        "html": ("Curves (HTML)", lambda: curves_html(page.config, page.flows)),
    }
    with st.container(horizontal=True):
        for kind, (label, made) in curves.items():
            st.download_button(
                label, made, f"gradient-flow.{kind}", on_click="ignore", icon=":material/download:", key=kind
            )
        if page.run is not None:
            run_links(page.run.header.id)
