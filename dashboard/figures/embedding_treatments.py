"""What pretrained vectors change: loss of a table drawn, tuned and frozen, over seeds.

Axes: M steps, S seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import LAYER_COLORS

DASHES = ("solid", "dash", "dot", "dashdot")
SMOOTHED = 15
"""Steps of the running mean that is drawn, since one batch's loss jumps."""


def treatments_figure(
    labels: Sequence[str], curves: Sequence[Sequence[np.ndarray]], now: Sequence[np.ndarray] | None = None
) -> go.Figure:
    """The mean over seeds of each way's loss, with a band from the lowest to the highest; arrays of shape (M,).

    Where two bands overlap the ways do not differ by more than chance does. All ways meet the same batches. `now` has
    steps and losses of the seed in training, shape (2, K) a way: thin lines that grow.
    """
    figure = go.Figure()
    for place, (label, runs) in enumerate(zip(labels, curves, strict=True)):
        color, dash = LAYER_COLORS[place % len(LAYER_COLORS)], DASHES[place % len(DASHES)]
        if runs:
            shortest = min(map(len, runs))
            smooth = np.stack([_running_mean(run[:shortest]) for run in runs])  # (S, M)
            _add_band(figure, smooth, label, color, dash)
        if now is not None:
            steps, losses = now[place]
            figure.add_scatter(x=steps, y=losses, mode="lines+markers", name=f"{label}, in training",
                               line={"color": color, "dash": dash, "width": 1}, marker={"size": 3},
                               hovertemplate="step %{x}: %{y:.3f} nats")  # fmt: skip
    figure.update_xaxes(title="training step")
    return figure.update_yaxes(title="loss, nats a word")


def _running_mean(values: np.ndarray) -> np.ndarray:
    """Of each step and those before it, at most SMOOTHED in all."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - SMOOTHED, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def _add_band(figure: go.Figure, runs: np.ndarray, label: str, color: str, dash: str) -> None:
    steps = np.arange(runs.shape[1])
    low, high = runs.min(axis=0), runs.max(axis=0)
    figure.add_scatter(
        x=np.concatenate([steps, steps[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
        fillcolor=color, opacity=0.2, line={"width": 0}, hoverinfo="skip", showlegend=False, name=f"{label}, range",
    )  # fmt: skip
    figure.add_scatter(
        x=steps, y=runs.mean(axis=0), mode="lines", name=label, line={"color": color, "dash": dash, "width": 2},
        hovertemplate=f"{label}, step %{{x}}: %{{y:.3f}} nats<extra></extra>",
    )  # fmt: skip
