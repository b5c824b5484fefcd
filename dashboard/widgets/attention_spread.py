"""The end of the section on alignment: the same numbers from several seeds, and what each of them means."""

from __future__ import annotations

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.training.sweep import SweepConfig
from dashboard import state
from dashboard.attention_definitions import NUMBERS
from dashboard.attention_shipped import shipped_name, spread_config
from dashboard.server import jobs
from dashboard.widgets.attention_fields import MOST_SEEDS
from dashboard.widgets.attention_page import AttentionPage
from dashboard.widgets.attention_runs import spread_run
from dashboard.widgets.lesson import late_expander
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.page_run import end_run
from dashboard.widgets.run_controls import ShownRun, begin, run_status

HEIGHT = 470


def spread_section(page: AttentionPage) -> None:
    """How much of the numbers is the seed's, and where each number comes from. Errors: ValueError; LimitReached."""
    st.subheader("From seed to seed", anchor=False)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.number_input("Seeds", 2, MOST_SEEDS, key="a_seeds", width=130)
    wanted = spread_config(page.config, int(st.session_state["a_seeds"]))
    jobs().limits.check(wanted)
    run = spread_run(wanted)
    with row:
        _button(wanted, run)
    run_status(run)
    ships = shipped_name(wanted) is not None
    st.caption(_whence(page, run, ships))
    if run is not None or ships:
        _figure(run)
    with late_expander(
        "Each number: what it is, and where it comes from", ":material/functions:", "numbers"
    ) as is_open:
        if is_open:  # its formulas would hold up the page's first picture
            st.markdown(NUMBERS)


def _button(wanted: SweepConfig, run: ShownRun[SweepConfig] | None) -> None:
    if run is not None and run.header.is_active:
        st.button("End these runs", key="spread-end", icon=":material/stop:", disabled=not run.is_own,
                  on_click=partial(end_run, run))  # fmt: skip
    else:
        st.button(f"Train {len(wanted.seeds)} seeds", key="spread-train", icon=":material/play_arrow:",
                  on_click=partial(_begin, wanted))  # fmt: skip


def _begin(wanted: SweepConfig) -> None:
    """A run on pairs that this page shows is left alone; a visitor who may have one run ends the one that goes on."""
    if (run_id := begin(wanted)) is not None:
        st.session_state[state.SPREAD_RUN] = run_id


def _whence(page: AttentionPage, run: ShownRun[SweepConfig] | None, ships: bool) -> str:
    if run is not None:
        return "The picture follows these runs: a seed counts once it is through."
    if ships:
        return "Trained beforehand, from seed 0 on; the button does it again, live."
    seeds = f"{page.config.seed} to {page.config.seed + int(page.values['a_seeds']) - 1}"
    return f"One seed is one draw of the first weights. Train the same models from seeds {seeds} to see their spread."


def _figure(run: ShownRun[SweepConfig] | None) -> None:
    alt = "Mean and range over seeds of every alignment number of each model, beside uniform attention."
    panel = Panel("seeds", go.Figure(), "asked", "The numbers over seeds: mean, range, and each seed", alt=alt,
                  question="attention/seeds?", height=HEIGHT, span=2)  # fmt: skip
    live_figures([panel], key=f"{state.LIVE_FIGURES}-attention-seeds", run_id=run.header.id if run else None,
                 status=run.header.status if run else None)  # fmt: skip
