"""RNNs summed up: what is claimed of every recurrent network, each claim measured on the spot."""

import streamlit as st

from core.training.limits import LimitReached
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs
from dashboard.summed_explanations import CLAIMS_LESSON
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.live_figures import live_figures
from dashboard.widgets.summed_fields import SUMMED, model_of, situation_control, summed_controls, summed_fields
from dashboard.widgets.summed_lag import lag_section
from dashboard.widgets.summed_page import downloads, lesson
from dashboard.widgets.summed_panels import claim_panels

st.title("RNNs summed up")
st.markdown(CLAIMS_LESSON.question)
fields = summed_fields(jobs().limits)
for notice in [*read_address(fields, SUMMED), *([jobs().notice] if jobs().notice else [])]:
    st.warning(notice)
situation_control(fields)
summed_controls(fields)
write_address(fields, SUMMED)
try:
    model = model_of(st.session_state)
    jobs().limits.check(model.training)
except (ValueError, LimitReached) as error:
    st.error(verbatim(str(error)))
    st.stop()
live_figures(claim_panels(model), key=f"{state.LIVE_FIGURES}-summed")
lag_section()
lesson(model)
downloads(model)
