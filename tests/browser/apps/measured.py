"""Analyses for the tests, computed and drawn for real: a matrix with a strip, slow ones, and ones that fail.

Axes: T timesteps.
"""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import plotly.graph_objects as go

from core.recordings.storage import Recording
from core.training.moment import Moment, observe
from dashboard.asked import Analysis, Asked, Drawn, Strip


def norms_at(moment: Moment, layer: int, direction: int, example: int, texts) -> np.ndarray:
    """‖∂L/∂h_t‖, shape (T,)."""
    return observe(moment, texts).watched.flow["recurrent"].norms()[layer, direction]


def norms_slowly(moment: Moment, layer: int, direction: int, example: int, texts) -> np.ndarray:
    """The same after three seconds."""
    time.sleep(3)
    return norms_at(moment, layer, direction, example, texts)


def refused(moment: Moment, layer: int, direction: int, example: int, texts) -> None:
    """What a probe does that does not apply."""
    raise ValueError("this probe needs an LSTM, got an RNN; choose another model.")


def failed(moment: Moment, layer: int, direction: int, example: int, texts) -> None:
    """A defect of ours."""
    raise ZeroDivisionError("secret")


def killed(moment: Moment, layer: int, direction: int, example: int, texts) -> None:
    """The system takes the worker's memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def curves(asked: Asked, results: list[np.ndarray], step: int | None) -> Drawn:
    """One line a model."""
    times = np.arange(1, len(results[0]) + 1)
    labels = [asked.config.models[model].label for model in asked.models]
    figure = go.Figure([go.Scatter(x=times, y=norms, name=label) for norms, label in zip(results, labels, strict=True)])
    figure.update_yaxes(type="log", title="‖∂L/∂h<sub>t</sub>‖").update_xaxes(title="timestep t")
    return Drawn(figure, f"At step **{step}** the first timestep gets **{results[0][0]:.3g}** <b>of all</b>.")


def matrix(asked: Asked, results: list[np.ndarray], step: int | None) -> Drawn:
    """A triangle: row t holds the norms up to t; a strip of letters under it, with one NaN."""
    length = len(results[0])
    z = np.tril(np.tile(np.log10(np.maximum(results[0], 1e-12)), (length, 1)))
    times = np.arange(1, length + 1)
    figure = go.Figure(go.Heatmap(x=times, y=times, z=z, name="reach", zmin=-6, zmax=0))
    figure.update_xaxes(title="timestep k").update_yaxes(title="loss at t")
    rows = np.tril(np.tile(times / length, (length, 1)))
    rows[0, 1] = np.nan
    tokens = tuple(("to be\nor not " * length)[:length])
    return Drawn(figure, f"At step {step}.", Strip(tokens, rows, "The loss at t reaches"))


def rows_of_run(asked: Asked, recording: Recording) -> Drawn:
    """How many rows the run has."""
    return Drawn(go.Figure(go.Bar(x=["rows"], y=[len(recording.steps)])), f"**{len(recording.steps)}** rows.")


ANALYSES = {
    one.name: one
    for one in (
        Analysis("norms", norms_at, curves),
        Analysis("matrix", norms_at, matrix),
        Analysis("slow", norms_slowly, curves),
        Analysis("refused", refused, curves),
        Analysis("failed", failed, curves),
        Analysis("killed", killed, curves),
        Analysis("rows", draw_run=rows_of_run),
        Analysis("initial", norms_at, curves, is_initial=True),
    )
}
