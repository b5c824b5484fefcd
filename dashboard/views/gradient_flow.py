"""Gradient flow: how the gradient of recurrent models fades on its way back through time."""

import streamlit as st

from core.training.config import TrainingConfig
from core.training.limits import LimitReached
from dashboard import state
from dashboard.explanations import GRADIENT_FLOW, TRY_IT
from dashboard.measurements import flows_at_start, receipts_at_start, task_of
from dashboard.readings import click_sentence, receipt_sentence
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.downloads import downloads, show_code
from dashboard.widgets.gradient_controls import (
    config_of,
    gradient_controls,
    gradient_fields,
    layer_controls,
    situation_control,
)
from dashboard.widgets.gradient_panels import initial_panels, live_panels
from dashboard.widgets.live_figures import live_figures
from dashboard.widgets.reading import reading
from dashboard.widgets.run_controls import adopt_run, run_controls, run_status, shown_run

st.title("Gradient flow")
st.caption(
    "How much of the loss's gradient reaches each earlier timestep. Compare models on the same batch, then train them."
)
fields = gradient_fields(jobs().limits, texts_root())
adopt_run(fields)
for notice in [*read_address(fields), *([jobs().notice] if jobs().notice else [])]:
    st.warning(notice)
situation_control(fields)
gradient_controls(fields)
values = {field.key: st.session_state[field.key] for field in fields}
write_address(fields)
try:
    config: TrainingConfig = config_of(values)
    jobs().limits.check(config)
    task, flows = task_of(config.task), flows_at_start(config)
except (ValueError, LimitReached) as error:
    st.error(str(error))
    st.stop()
run = shown_run(config)
run_controls(fields, config, run)
if run is not None:
    run_status(run)
layer, direction = layer_controls(config)
panels = live_panels(config, flows, task, layer, direction) if run else initial_panels(config, flows, layer, direction)
result = live_figures(
    panels,
    key=state.LIVE_FIGURES,
    run_id=run.header.id if run else None,
    status=run.header.status if run else None,
)
reading(run, config, flows, (layer, direction), result.scrub)
if (click := result.click) is not None and click.value is not None:
    title = next((panel.title for panel in panels if panel.id == click.panel), "")
    st.info(click_sentence(title, click.step, click.t, click.value))
st.caption(f"{task.title}. Chance: {task.chance.source}. {task.published}")
receipt = st.expander("Receipt: the same numbers the slow way", icon=":material/receipt_long:", on_change="rerun")
if receipt.open:
    with receipt:
        for model, paper in zip(config.models, receipts_at_start(config), strict=True):
            st.markdown(receipt_sentence(model.label, paper))
with st.expander("What am I seeing?", icon=":material/help:"):
    st.markdown(GRADIENT_FLOW)
with st.expander("Try it: predict, run, read", icon=":material/science:"):
    st.markdown(TRY_IT)
show_code(config)
downloads(run.header.id if run else None, config, flows)
