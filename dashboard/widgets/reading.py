"""The sentences under the gradient-flow pictures, kept fresh while a run goes on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.analysis.decay import decay
from core.recordings.records import GradientFlow
from core.recordings.storage import RecordingError
from core.training.config import TrainingConfig
from dashboard.measurements import loss_steps, series_at_start, series_of_run
from dashboard.readings import SEVERAL_LOSSES, decay_sentence, naive_sentence, several_losses_sentence
from dashboard.widgets.run_controls import ShownRun


def reading(
    run: ShownRun | None,
    config: TrainingConfig,
    flows: Sequence[GradientFlow],
    place: tuple[int, int],
    step: int | None,
) -> None:
    """One sentence a curve, for layer and direction `place`, at training step `step` (None: the newest)."""
    follows = run is not None and run.header.is_active and step is None
    st.fragment(_sentences, run_every=1.0 if follows else None)(run, config, flows, place, step)


def _sentences(
    run: ShownRun | None,
    config: TrainingConfig,
    flows: Sequence[GradientFlow],
    place: tuple[int, int],
    step: int | None,
) -> None:
    when, series = "Before training", series_at_start(config, flows)
    if run is not None:
        try:
            found = series_of_run(run.header.id, config, step)
        except RecordingError as error:
            st.warning(str(error))
            return
        if found is not None:
            when, series = f"At training step {found[0]}", found[1]
    several = loss_steps(config.task) > 1
    sentence = several_losses_sentence if several else decay_sentence
    lines = [sentence(one.label, one.symbol, decay(one.norms[place])) for one in series]
    lines += [SEVERAL_LOSSES] if several else []
    if run is None and not several:
        lines.append(naive_sentence(config.models[-1].label, flows[-1]))
    st.markdown("\n".join([f"{when}:", "", *(f"- {line}" for line in lines)]))
