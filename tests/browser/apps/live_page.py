"""One page of live figures of the run in the address."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.recordings.storage import RecordingError, read_header
from dashboard import server, theme
from dashboard.widgets.live_figures import Panel, Source, live_figures

st.set_page_config(layout="wide")
MODELS = {"rnn": theme.RNN, "lstm": theme.LSTM}
TIMES = np.arange(1, 21)


def curves() -> go.Figure:
    """Two falling lines."""
    figure = go.Figure([go.Scatter(x=TIMES, y=0.5**TIMES, name=name, line_color=MODELS[name]) for name in MODELS])
    figure.update_yaxes(title="‖∂L/∂h<sub>t</sub>‖", type="log", range=[-12.5, 1])
    return figure.update_xaxes(title="timestep t", range=[0.5, 20.5])


def heatmap(name: str) -> go.Figure:
    """One dark column."""
    figure = go.Figure(go.Heatmap(x=[0], y=TIMES, z=np.full((20, 1), -12.0), zmin=-12, zmax=0, name=name))
    figure.update_xaxes(title="training step", range=[-0.5, 100.5])
    return figure.update_yaxes(title="timestep t")


def loss() -> go.Figure:
    """Empty axes with the chance line."""
    figure = go.Figure([go.Scatter(x=[], y=[], name=name, line_color=MODELS[name]) for name in MODELS])
    figure.update_xaxes(title="training step", range=[0, 100])
    figure.update_yaxes(title="loss (nats)", range=[0, 2.5])
    return figure.add_hline(2.08, line_dash="dot")


run = st.query_params.get("run")
try:
    status = read_header(server.runs_root() / run).status if run else None
except RecordingError:
    status = None
st.session_state.script_runs = st.session_state.get("script_runs", 0) + 1
norms = tuple(Source(f"{name}/hidden_norms", 0) for name in MODELS)
panels = [Panel("curves", curves(), "curves", "Gradient norms", alt="Two curves", sources=norms, span=2)]
panels += [
    Panel(f"heat-{name}", heatmap(name), "heatmap", name, alt=f"Heatmap of {name}", sources=(source,), height=240)
    for name, source in zip(MODELS, norms, strict=True)
]
losses = tuple(Source(f"{name}/loss") for name in MODELS)
panels.append(Panel("loss", loss(), "scalars", "Loss", alt="Two loss lines", sources=losses, height=240))
heard = live_figures(panels, key="live", run_id=run, status=status)
st.text(f"script runs: {st.session_state.script_runs}")
st.text(f"status: {heard.status}")
st.text(f"scrub: {heard.scrub}")
st.text(f"click: {heard.click}")
