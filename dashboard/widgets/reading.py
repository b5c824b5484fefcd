"""The sentences under the gradient-flow pictures, kept fresh while a run goes on."""

from __future__ import annotations

import streamlit as st

from core.analysis.decay import decay
from core.recordings.storage import RecordingError
from dashboard.measurements import loss_steps, series_at_start, series_of_run
from dashboard.readings import SEVERAL_LOSSES, decay_sentence, naive_sentence, several_losses_sentence, verbatim
from dashboard.widgets.gradient_page import GradientPage


def reading(page: GradientPage, step: int | None) -> None:
    """One sentence a curve of the page's layer and direction, at training step `step` (None: the newest)."""
    follows = page.run is not None and page.run.header.is_active and step is None
    st.fragment(_sentences, run_every=1.0 if follows else None)(page, step)


def _sentences(page: GradientPage, step: int | None) -> None:
    config, run = page.config, page.run
    try:
        found = None if run is None else series_of_run(run.header.id, config, step)
    except RecordingError as error:
        st.warning(verbatim(str(error)))
        return
    if found is None:
        when, series = "Before training", series_at_start(config, page.flows)
    else:
        when, series = f"At training step {found[0]}", found[1]
    several = loss_steps(config.task) > 1
    sentence = several_losses_sentence if several else decay_sentence
    lines = [sentence(one.label, one.symbol, decay(one.norms[page.layer, page.direction])) for one in series]
    lines += [SEVERAL_LOSSES] if several else []
    if run is None and not several:
        lines.append(naive_sentence(config.models[-1].label, page.flows[-1]))
    st.markdown("\n".join([f"{when}:", "", *(f"- {line}" for line in lines)]))
