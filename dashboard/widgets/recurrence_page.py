"""The sections of the Recurrence view: the unrolled model, the pictures beside it, texts and downloads."""

from __future__ import annotations

import io

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.training.measures_sweeps import STACK_STEPS, STACK_TASK, stack_sweep, stacks
from core.training.measures_unrolled import Unrolled
from dashboard import state
from dashboard.measurements import task_of
from dashboard.recurrence_asked import DRAWN, AskedUnrolled, unrolled_question
from dashboard.recurrence_explanations import RECURRENCE_LESSONS
from dashboard.recurrence_snippets import both_code, stack_code, step_code
from dashboard.server import analysis_pool, jobs
from dashboard.unrolled_reader import unrolled_call, unrolled_reader
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.recurrence_controls import stack_controls
from dashboard.widgets.recurrence_fields import PLACE, RecurrencePage
from dashboard.widgets.run_controls import ShownRun
from dashboard.widgets.run_links import run_links
from dashboard.widgets.sweep_run import sweep_of_address, sweep_row
from dashboard.widgets.unrolled import UnrolledPlace, unrolled, unrolled_place

HEIGHT = 420


def unrolled_section(asked: AskedUnrolled, page: RecurrencePage) -> None:
    """The model, unrolled. Errors: whatever finding it raises."""
    config = unrolled_reader(asked).config
    unrolled(
        unrolled_question(asked),
        key=state.UNROLLED,
        place=UnrolledPlace(*page.place),
        layers=config.layers,
        directions=1 + config.bidirectional,
        label=f"{config.label}, unrolled over time",
        on_place=remember_place,
    )


def remember_place() -> None:
    """Keep where the person looks. A callback, before the controls are drawn."""
    place = unrolled_place(state.UNROLLED)
    if place is not None:
        st.session_state.update(zip(PLACE, (place.unit, place.t, place.layer, place.direction), strict=True))


def changes_section(asked: AskedUnrolled, edited: int) -> None:
    """Which states a change reaches."""
    place = min(edited, len(asked.typed) - 1)
    panel = Panel(
        "changes",
        go.Figure(),
        "asked",
        "Which states change: forward those after, in reverse those before",
        alt="Relative change of each state, log axis, forward and in reverse: by an edit, and by one more symbol.",
        question=f"recurrence/changes?{unrolled_question(asked)}&place={place}",
        height=HEIGHT,
    )
    live_figures([panel], key=f"{state.LIVE_FIGURES}-changes", columns=1)


def stacking_section(page: RecurrencePage) -> ShownRun | None:
    """One layer against two: what ships, or a sweep of one's own; the sweep."""
    run = sweep_of_address(state.STACK_RUN, None)
    panel = Panel(
        "stacking",
        go.Figure(),
        "asked",
        "One layer against two, next character of source code",
        alt="Loss against training step, a line a model with a band over its seeds.",
        question="recurrence/stacking?",
        height=HEIGHT,
    )
    live_figures([panel], key=f"{state.LIVE_FIGURES}-stacking", columns=1,
                 run_id=None if run is None else run.header.id,
                 status=None if run is None else run.header.status)  # fmt: skip
    stack_controls()
    models = stacks(str(page.values["r_cell"]), int(page.values["r_width"]), task_of(STACK_TASK))
    sweep = stack_sweep(models, min(STACK_STEPS, jobs().limits.max_steps))
    shown = "The picture above ships with Unroll. " if run is None else ""
    st.caption(f"{shown}To train: {' against '.join(model.label for model in models)}; three seeds.")
    sweep_row(state.STACK_RUN, run, "Train these, here", sweep)
    return run


def lesson(page: RecurrencePage, asked: AskedUnrolled) -> None:
    """What one sees, what to try, and the code."""
    words = RECURRENCE_LESSONS[page.show]
    lesson_texts(words)
    cell = page.model if page.model in DRAWN else "lstm"
    codes = {
        "step": lambda: step_code(cell, asked),
        "stack": lambda: stack_code(str(page.values["r_cell"]), int(page.values["r_width"])),
        "both": lambda: both_code(cell, asked),
    }
    with code_expander() as is_open:
        if is_open:
            st.caption("The same in plain PyTorch; weights are drawn anew.")
            st.code(codes[page.show]())


def states_npz(asked: AskedUnrolled) -> bytes:
    """Every gate, state and sum as a NumPy archive: "layer1/forward/hidden" and the like, each of shape (T, H)."""
    call = unrolled_call(asked, unrolled_reader(asked))
    found: Unrolled = analysis_pool().submit(call.function, *call.arguments).result()
    arrays = {"tokens": np.array(found.tokens)}
    for layer, directions in enumerate(found.passes, start=1):
        for way, one in zip(("forward", "reverse"), directions, strict=False):
            for kind, values in (("", one.planes), ("from_input/", one.from_input), ("from_state/", one.from_state)):
                arrays |= {f"layer{layer}/{way}/{kind}{name}": array for name, array in values.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def downloads(asked: AskedUnrolled, run: ShownRun | None) -> None:
    """All numbers of the unrolled model; of a sweep, its recording."""
    with st.container(horizontal=True):
        st.download_button("States and sums (NPZ)", lambda: states_npz(asked), "unrolled.npz", on_click="ignore",
                           icon=":material/download:", key="r_npz")  # fmt: skip
        if run is not None:
            run_links(run.header.id)
