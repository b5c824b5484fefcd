"""One page of asked figures: which analyses, of which run and with which gain, the address says."""

import plotly.graph_objects as go
import streamlit as st

from core.models.config import ModelConfig
from core.recordings.storage import RecordingError, read_header
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from dashboard import server
from dashboard.asked import question
from dashboard.widgets.live_figures import Panel, Source, live_figures

st.set_page_config(layout="wide")
run = st.query_params.get("run")
names = st.query_params.get("show", "norms,matrix").split(",")
gain = st.slider("gain", 0.5, 1.5, 1.0, 0.1)
try:
    status = read_header(server.runs_root() / run).status if run else None
except RecordingError:
    status = None
config = TrainingConfig(
    TaskConfig("recall", length=20), (ModelConfig("rnn", 8, initialization="orthogonal", gain=gain),), batch_size=8
)
panels = [
    Panel(
        f"asked-{name}", go.Figure(), "asked", f"What {name} shows", alt=f"Picture of {name}",
        question=question(name, config), time_axis=None if name == "rows" else "x",
        tokens=20 * (name == "matrix"), height=260, cost=names.index(name),
    )
    for name in names
]  # fmt: skip
if run:
    blocks = go.Figure(go.Heatmap(x=[0], y=["W_ih", "W_hh"], z=[[0], [0]], zmin=-12, zmax=0, name="blocks"))
    norm = go.Figure(go.Scatter(x=[], y=[], name="norm")).update_yaxes(type="log", range=[-8, 2])
    source = Source(f"{config.names[0]}/block_gradients"), Source(f"{config.names[0]}/gradient_norm")
    panels += [
        Panel("blocks", blocks, "blocks", "Blocks", "Norm by step and block", source[:1], floor=1e-6),
        Panel("norm", norm, "scalars", "Norm", "Norm by step", source[1:], floor=1e-6),
    ]
if "below" in st.query_params:
    panels.append(Panel("far", go.Figure(), "asked", "Far below", "Far", question=question("norms", config, example=1)))
heard = live_figures(panels, key="live", run_id=run, status=status, height=900 if "below" in st.query_params else 320)
st.text(f"click: {heard.click}")
