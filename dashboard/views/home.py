"""Home: one true picture, two doors, a card for each view, and the runs of late."""

import streamlit as st

from core.analysis.decay import decay
from dashboard.measurements import flows_at_start
from dashboard.readings import decay_sentence
from dashboard.server import jobs, runs_root
from dashboard.situations import FIRST_LOOK
from dashboard.widgets.gradient_panels import first_look_panel
from dashboard.widgets.home_cards import home_cards
from dashboard.widgets.live_figures import live_figures
from dashboard.widgets.recent_runs import recent_runs

# Not by st.code: its highlighter takes a quarter of a second before the chart can be drawn.
CODE = """<pre style="margin: 0; padding: 1rem; overflow-x: auto; font-size: 0.875rem; border-radius: 0.5rem;
background: var(--st-secondary-background-color, rgba(128, 128, 128, 0.1))">import core

with core.watch(model) as watched:
    criterion(model(x), y).backward()
print(watched.flow["lstm"].norms())
print(watched.receipt("lstm"))</pre>"""

st.title("Unroll")
st.markdown("See inside recurrent models: where the gradient goes, exactly, while they train before your eyes.")
flows = flows_at_start(FIRST_LOOK)
live_figures([first_look_panel(FIRST_LOOK, flows)], key="first-look", columns=1)
st.markdown(
    "The same batch, the same task (recall the first of 20 symbols), no training yet. "
    + " ".join(
        decay_sentence(model.label, "∂L/∂h", decay(flow.norms()[0, 0]))
        for model, flow in zip(FIRST_LOOK.models[:2], flows, strict=False)
    )
)
learn, debug = st.columns(2, border=True)
with learn:
    st.subheader("Learn", anchor=False)
    st.markdown(
        "Begin with what one step computes, then see why a plain RNN forgets and what an LSTM does about it. Every "
        "view opens with a measured picture, says in numbers what it shows, and sets a task to try."
    )
    st.page_link("views/recurrence.py", label="Begin with one step", icon=":material/replay:")
    st.page_link("views/gradient_flow.py", label="See the gradient fade", icon=":material/trending_down:")
with debug:
    st.subheader("Debug my model", anchor=False)
    st.markdown("Exact per-timestep gradients and gates of your own `nn.RNN`, `nn.LSTM` or `nn.GRU`, with a receipt:")
    st.html(CODE)
st.subheader("All views", anchor=False)
home_cards()
st.subheader("Recent runs", anchor=False)
recent_runs(runs_root(), jobs().notice)
