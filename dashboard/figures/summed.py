"""What is claimed of recurrent networks, as measured: any length, size, sharing, time, and how far back is learnt.

Axes: T timesteps, B bins, K lengths, S seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.log_axis import decades_of, log_axis, measured
from dashboard.theme import CHANCE, ELEMENTWISE, LIMIT, LSTM, NAIVE, Stroke

FLOOR = 1e-12
MOST = 1000
"""Timesteps, the end of an axis of lengths."""


def any_length_figure(positions: np.ndarray, losses: np.ndarray, trained_length: int) -> go.Figure:
    """Loss of the next character by how many were read, with the length of the windows in training.

    Look right of the line: the weights never saw so long a sequence, and go on as before.
    """
    figure = go.Figure()
    figure.add_scatter(x=positions, y=losses, name="shipped LSTM", mode="lines+markers",
                       line={"color": LSTM, "width": 2.5}, hovertemplate="after %{x:.0f}: %{y:.3f} nats")  # fmt: skip
    if trained_length:
        figure.add_vline(x=trained_length, line={"color": LIMIT, "dash": "dash"})
        figure.add_annotation(x=np.log10(trained_length), y=1, yref="y domain", xanchor="right", showarrow=False,
                              text=f"trained on windows of {trained_length} ")  # fmt: skip
    figure.update_xaxes(lengths_axis("characters read so far"))
    return figure.update_yaxes(title="loss of the next (nats)", range=[0, float(np.nanmax(losses)) * 1.08])


def size_figure(
    lengths: Sequence[int], recurrent: Mapping[str, tuple[int, Stroke]], window: Sequence[int]
) -> go.Figure:
    """Numbers of each recurrent model, and of a network that sees the whole window at once, by length.

    Look for the slope: flat lines need no length to be made; the other grows with every timestep.
    """
    figure = go.Figure()
    for label, (size, stroke) in recurrent.items():
        figure.add_scatter(x=list(lengths), y=[size] * len(lengths), name=label, mode="lines+markers",
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
                           hovertemplate="T = %{x}: %{y:,}")  # fmt: skip
    figure.add_scatter(x=list(lengths), y=list(window), name="no recurrence, window of T", mode="lines+markers",
                       line={"color": NAIVE, "dash": "dot", "width": 2}, hovertemplate="T = %{x}: %{y:,}")  # fmt: skip
    sizes = [np.array([size for size, _ in recurrent.values()]), np.array(window)]
    figure.update_xaxes(lengths_axis("timesteps T"))
    return figure.update_yaxes(log_axis("numbers (parameters)", decades_of(sizes, 10.0, least=2)))


def sharing_figure(norms: np.ndarray, sums: np.ndarray, whole: float, stroke: Stroke) -> go.Figure:
    """Gradient of each timestep's copy of W_hh, and their running sum from the end to the beginning.

    Look how the sum comes to lie on autograd's gradient of the one shared W_hh, and which steps bring it there.
    """
    times = np.arange(1, len(norms) + 1)
    decades = decades_of([norms, sums, np.array([whole])], FLOOR, least=4)
    floor = 10.0 ** decades[0]
    figure = go.Figure()
    figure.add_bar(x=times, y=np.maximum(norms - floor, 0), base=floor, name="of the copy at t",
                   marker={"color": ELEMENTWISE}, customdata=[measured(value, floor) for value in norms],
                   text=["0" if value == 0 else "" for value in norms], textposition="outside",
                   hovertemplate="%{customdata}")  # fmt: skip
    figure.add_scatter(x=times, y=np.maximum(sums, floor), name="of all copies from t on, added up",
                       mode="lines+markers", line={"color": stroke.color, "width": 2.5},
                       customdata=[measured(value, floor) for value in sums],
                       hovertemplate="%{customdata}")  # fmt: skip
    figure.add_hline(y=whole, line={"color": LIMIT, "dash": "dash"})
    figure.add_annotation(xref="x domain", x=0, xanchor="left", y=np.log10(whole), yanchor="bottom", showarrow=False,
                          text="autograd, of the one shared W_hh")  # fmt: skip
    figure.update_xaxes(title="timestep t", range=[0.4, len(times) + 0.6])
    return figure.update_yaxes(log_axis("‖∂L/∂W<sub>hh</sub>‖", decades))


def times_figure(
    lengths: np.ndarray, recurrent: np.ndarray, product: np.ndarray, label: str, stroke: Stroke
) -> go.Figure:
    """Seconds of T steps one after the other, beside those of one product of as many multiplications.

    Look at the distance: the multiplications are the same, only the order of the steps keeps them from being one.
    """
    figure = go.Figure()
    for name, seconds, color, dash in (
        (f"{label}, step after step", recurrent, stroke.color, stroke.dash),
        ("one matrix product", product, NAIVE, "dot"),
    ):
        figure.add_scatter(x=lengths, y=seconds * 1000, name=name, mode="lines+markers",
                           line={"color": color, "dash": dash, "width": 2.5},
                           hovertemplate="T = %{x}: %{y:.3g} ms")  # fmt: skip
    figure.update_xaxes(lengths_axis("timesteps T"))
    return figure.update_yaxes(log_axis("milliseconds", decades_of([recurrent * 1000, product * 1000], 1e-4, least=3)))


def lag_figure(curves: Mapping[str, tuple[Stroke, np.ndarray, np.ndarray]], chance: float) -> go.Figure:
    """Accuracy of recall by lag: a line a model, the mean of its seeds, in the band from worst to best.

    `curves`: label → stroke, lags (K,), accuracies (K, S), NaN where a run is not there yet. Look where each line
    falls to chance: there the model learnt nothing of what it has to remember.
    """
    figure = go.Figure()
    for label, (stroke, every_lag, every_accuracy) in curves.items():
        known = ~np.isnan(every_accuracy).all(axis=1)
        lags, accuracies = every_lag[known], every_accuracy[known]
        low, high = np.nanmin(accuracies, axis=1), np.nanmax(accuracies, axis=1)
        figure.add_scatter(x=[*lags, *lags[::-1]], y=[*high, *low[::-1]], fill="toself", mode="none", opacity=0.25,
                           fillcolor=stroke.color, name=label, showlegend=False, hoverinfo="skip")  # fmt: skip
        figure.add_scatter(x=lags, y=np.nanmean(accuracies, axis=1), name=label, mode="lines+markers",
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
                           hovertemplate="lag %{x}: %{y:.0%}")  # fmt: skip
    figure.add_hline(y=chance, line={"color": CHANCE, "dash": "dash"}, annotation_text="chance")
    figure.update_xaxes(title="lag: timesteps from the symbol to the answer", rangemode="tozero")
    return figure.update_yaxes(title="share right", range=[0, 1.02], tickformat=".0%")


def lengths_axis(title: str) -> dict:
    """A logarithmic axis of lengths, from 1 to 1,000."""
    return {"title": title, "type": "log", "range": [-0.1, np.log10(MOST) + 0.1], "tickvals": [1, 10, 100, 1000],
            "ticktext": ["1", "10", "100", "1,000"]}  # fmt: skip
