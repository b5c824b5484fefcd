"""Sequence to sequence and attention: the alignment, the bottleneck, and whether to believe what it looks at."""

import streamlit as st

from core.training.limits import LimitReached
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.address import read_address, write_address
from dashboard.widgets.attention_controls import OF_PAIRS, pair_controls, section_control, situation_control
from dashboard.widgets.attention_fields import PAIRS, config_of, pair_fields
from dashboard.widgets.attention_lessons import downloads, lesson
from dashboard.widgets.attention_page import AttentionPage
from dashboard.widgets.attention_runs import adopt_run, run_row, shown_run
from dashboard.widgets.attention_sections import pair_section
from dashboard.widgets.attention_side_sections import side_section
from dashboard.widgets.attention_spread import spread_section

st.title("Sequence to sequence and attention")
fields = pair_fields(jobs().limits, texts_root())
notices = [*read_address(fields, PAIRS), *([jobs().notice] if jobs().notice else [])]
adopt_run(fields)
for notice in notices:
    st.warning(notice)
section_control(fields)
try:
    if (show := st.session_state["show"]) not in OF_PAIRS:
        side_section(show)
        write_address(fields, PAIRS)
        st.stop()
    situation_control(fields)
    pair_controls(fields)
    config = config_of(st.session_state)
    jobs().limits.check(config)
    run = shown_run(config)
    page = AttentionPage(config, run, st.session_state)
    run_row(state.PAIRS_RUN, config, run)
    pair_section(page)
    if page.show == "align":
        spread_section(page)
except (ValueError, LimitReached) as error:
    st.error(verbatim(str(error)))
    write_address(fields, PAIRS)
    st.stop()
write_address(fields, PAIRS)
lesson(page)
downloads(page)
