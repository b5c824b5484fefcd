"""Pictures of sequence to sequence over all training steps of a run.

Axes: T target rows, S source columns, K training steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from core.recordings.storage import Recording
from dashboard.asked import Drawn
from dashboard.attention_asked import PairsAsked
from dashboard.attention_drawings import NONE_HERE
from dashboard.attention_readings import film_sentence, progress_sentence
from dashboard.figures.attention import film_figure
from dashboard.figures.attention_numbers import model_strokes_of, progress_figure

MOST_FRAMES = 8
"""Of a filmstrip."""


def draw_film(asked: PairsAsked, recording: Recording) -> Drawn:
    """The matrix over training."""
    key, example = f"{asked.model_name}/weights", asked.example
    found = [(row.step, row.records[key]) for row in recording.rows(names=[key]) if key in row.records]
    if not found:
        return Drawn(go.Figure(), NONE_HERE)
    chosen = [found[place] for place in spread(len(found), MOST_FRAMES)]
    sizes = (recording.record(f"{asked.model_name}/{side}_lengths") for side in ("target", "source"))
    rows, columns = (int(lengths[example]) for lengths in sizes)  # type: ignore[index]
    steps, frames = [step for step, _ in chosen], [weights[example, :rows, :columns] for _, weights in chosen]  # type: ignore[index]
    shown = max((step for step in steps if asked.step is None or step <= asked.step), default=steps[0])
    return Drawn(film_figure(steps, frames, shown), film_sentence(steps, frames))


def spread(count: int, most: int) -> list[int]:
    """At most `most` of the places 0…count − 1, denser at the start, the first and the last included."""
    if count <= most:
        return list(range(count))
    return sorted({round((count - 1) * (place / (most - 1)) ** 1.5) for place in range(most)})


def draw_progress(asked: PairsAsked, recording: Recording) -> Drawn:
    """Strings right and mass on the true links, by training step."""
    curves: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    config, known = asked.config, set(recording.names())
    for model, name in zip(config.models, config.names, strict=True):
        keys = [f"{name}/held_out_strings", f"{name}/gold_mass"]
        table = recording.scalars([key for key in keys if key in known]).dropna(how="all")
        right, mass = (table[key].to_numpy() if key in table else np.full(len(table), np.nan) for key in keys)
        curves[model.label] = (table.index.to_numpy(), right, mass)
    if not all(len(steps) for steps, _, _ in curves.values()):
        return Drawn(go.Figure(), "Nothing is measured yet.")
    strokes = model_strokes_of(len(curves))
    stroked = {label: (stroke, *one) for stroke, (label, one) in zip(strokes, curves.items(), strict=True)}
    figure = progress_figure(stroked)
    last = {model.label: last_of(recording, name) for model, name in zip(config.models, config.names, strict=True)}
    return Drawn(figure, progress_sentence(curves, last))


def last_of(recording: Recording, name: str) -> dict[str, float]:
    """What a model has come to: share of tokens right, and edits a token, as far as they are recorded."""
    keys = {f"{name}/{what}": what for what in ("held_out_tokens", "held_out_edits")}
    table = recording.scalars([key for key in keys if key in recording.names()])
    return {what: float(table[key].dropna().iloc[-1]) for key, what in keys.items() if key in table}


RECORDED_PICTURES: dict[str, Callable[[PairsAsked, Recording], Drawn]] = {"film": draw_film, "progress": draw_progress}
"""By name: pictures of a run over all its steps."""
