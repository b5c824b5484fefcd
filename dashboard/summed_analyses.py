"""The pictures of the page that sums RNNs up: what a worker computes for each claim, and what draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.models.config import TITLES
from core.recordings.storage import Recording
from core.training.config import TrainingConfig
from core.training.measures_length import AnyLength, any_length
from core.training.measures_sharing import SharedGradient, shared_gradient
from core.training.measures_size import COMPARED, LENGTHS, Sizes, sizes
from core.training.measures_time import Times, times
from core.training.start import SHIPPED
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Work
from dashboard.asked import Drawn
from dashboard.desk import Call
from dashboard.figures.summed import any_length_figure, lag_figure, sharing_figure, size_figure, times_figure
from dashboard.summed_asked import SummedModel
from dashboard.summed_readings import lag_sentence, length_sentence, sharing_sentence, size_sentence, times_sentence
from dashboard.summed_sweeps import SHIPPED_LAGS, final_accuracies, sweep_of
from dashboard.sweep_progress import under_way, under_way_sentence
from dashboard.theme import model_stroke, model_strokes


def _work(claim: str, model: SummedModel, draw: Callable[[Any], Drawn], function: Callable, *arguments: Any) -> Work:
    call = Call((claim, *arguments), call_within, (server.most_analysis_seconds(), function, *arguments))
    return Work(("answer", claim, model, call.key), None, (call,), lambda results: draw(results[0]))


def length_work(model: SummedModel) -> Work:
    """The shipped model reads far more than it was trained on."""

    def draw(found: AnyLength) -> Drawn:
        figure = any_length_figure(found.positions, found.losses, found.trained_length)
        return Drawn(figure, length_sentence(found))

    return _work("length", model, draw, any_length, SHIPPED)


def size_work(model: SummedModel) -> Work:
    """Networks are made and counted."""

    def draw(found: Sizes) -> Drawn:
        named = {TITLES[cell]: size for cell, size in zip(COMPARED, found.recurrent, strict=True)}
        lines = {label: (size, model_stroke(cell)) for cell, (label, size) in zip(COMPARED, named.items(), strict=True)}
        window = (found.window[0], found.window[-1])
        return Drawn(size_figure(LENGTHS, lines, found.window), size_sentence(named, window))

    return _work("size", model, draw, sizes, model.units)


def sharing_work(model: SummedModel) -> Work:
    """The gradient of one matrix, taken apart by timestep and added up again."""

    def draw(found: SharedGradient) -> Drawn:
        figure = sharing_figure(found.norms, found.sums, found.whole, model_stroke(model.cell))
        return Drawn(figure, sharing_sentence(found))

    return _work("sharing", model, draw, shared_gradient, model.training)


def time_work(model: SummedModel) -> Work:
    """Steps one after the other, beside one product."""

    def draw(found: Times) -> Drawn:
        label = model.config.label
        figure = times_figure(found.lengths, found.recurrent, found.product, label, model_stroke(model.cell))
        return Drawn(figure, times_sentence(found, label))

    return _work("time", model, draw, times, model.config)


CLAIMS: Mapping[str, Callable[[SummedModel], Work]] = {
    "length": length_work,
    "size": size_work,
    "sharing": sharing_work,
    "time": time_work,
}
"""By name, as `dashboard.summed_asked.summed_question` takes it."""


def draw_lags(recording: Recording) -> Drawn:
    """Accuracy of recall by lag, of all runs that are done."""
    lengths, accuracies = final_accuracies(recording)
    base = sweep_of(recording).base
    assert isinstance(base, TrainingConfig)
    labels = [model.label for model in base.models]
    strokes = model_strokes([model.cell for model in base.models])
    chance, lags = 1 / base.task.symbols, lengths - 1
    found = dict(zip(labels, (accuracies[name] for name in base.names), strict=True))
    curves = {label: (stroke, lags, found[label]) for label, stroke in zip(labels, strokes, strict=True)}
    sentence = lag_sentence({label: (lags, values) for label, values in found.items()}, chance)
    named = dict(zip(base.names, labels, strict=True))
    growing = under_way_sentence(under_way(recording, "accuracy"), named, "an accuracy of")
    return Drawn(lag_figure(curves, chance), f"{sentence} {growing}".strip())


SWEEPS: Mapping[str, tuple[Callable[[Recording], Drawn], str]] = {"lag": (draw_lags, str(SHIPPED_LAGS))}
"""Claim → what draws its sweep, and the recording that ships."""
