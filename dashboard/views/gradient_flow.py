"""Gradient flow: how the gradient of recurrent models fades on its way back through time, and why."""

import streamlit as st

from core.training.config import TrainingConfig
from core.training.limits import LimitReached
from dashboard import state
from dashboard.measurements import task_of
from dashboard.readings import click_sentence, verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.anatomy_panels import powers_config
from dashboard.widgets.downloads import downloads, show_code
from dashboard.widgets.gradient_controls import gradient_controls, situation_control
from dashboard.widgets.gradient_fields import config_of, gradient_fields
from dashboard.widgets.gradient_page import PLACES, GradientPage, place_fields
from dashboard.widgets.gradient_sections import (
    choose_place,
    lesson,
    section_control,
    section_controls,
    section_panels,
    section_reading,
)
from dashboard.widgets.live_figures import live_figures
from dashboard.widgets.run_controls import adopt_run, run_controls, run_status, shown_run

st.title("Gradient flow")
fields, places = gradient_fields(jobs().limits, texts_root()), place_fields(jobs().limits)
adopt_run(fields)
notices = [*read_address(fields), *read_address(places, PLACES), *([jobs().notice] if jobs().notice else [])]
for notice in notices:
    st.warning(notice)
section_control()
situation_control(fields)
gradient_controls(fields)
write_address(fields)
try:
    config: TrainingConfig = config_of({field.key: st.session_state[field.key] for field in fields})
    jobs().limits.check(config)
    task = task_of(config.task)
except (ValueError, LimitReached) as error:
    st.error(verbatim(str(error)))
    st.stop()
run = shown_run(config)
run_controls(fields, config, run)
run_status(run)
page = GradientPage(config, task, run, st.session_state)
section_controls(page, fields)
write_address(places, PLACES)
panels = section_panels(page)
result = live_figures(
    panels,
    key=state.LIVE_FIGURES,
    run_id=page.run_id,
    status=run.header.status if run else None,
    on_click=choose_place,
)
if (click := result.click) is not None and click.value is not None:
    title = next((panel.title for panel in panels if panel.id == click.panel), "")
    st.info(click_sentence(title, click.step, click.t, click.value))
section_reading(page, result, fields)
st.caption(f"{task.title}. Chance: {task.chance.source}. {task.published}")
lesson(page)
show_code(powers_config(page) if page.show == "powers" else config, page.show)
downloads(page)
