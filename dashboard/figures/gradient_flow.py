"""Figures of gradient flow: curves over time, heatmaps over training, loss and accuracy.

Axes: L layers, D directions, T timesteps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.log_axis import decades_of, log_axis, measured
from dashboard.theme import CHANCE, LOG_NORM_SCALE, NAIVE, Stroke

FLOOR = 1e-15
"""The smallest norm that a picture shows; what is below lies on the floor, marked."""


@dataclass(frozen=True)
class Curve:
    """One line of a gradient-flow picture."""

    label: str
    stroke: Stroke
    norms: np.ndarray | None
    """Shape (T,); None until the first row of a run comes."""


def norm_range(curves: Sequence[Curve]) -> tuple[int, int]:
    """Decades that hold the curves, none below FLOOR: (log₁₀ lowest, log₁₀ highest)."""
    return decades_of([curve.norms for curve in curves], FLOOR)


def gradient_curves_figure(curves: Sequence[Curve], decades: tuple[float, float]) -> go.Figure:
    """Norm of the gradient at each timestep, log scale, one line per model; the lowest decade is the floor.

    Look for the slope: a straight line down to the left is exponential vanishing, a level line is a gradient that
    arrives.
    """
    figure, floor = go.Figure(), 10.0 ** decades[0]
    for curve in curves:
        norms = np.array([]) if curve.norms is None else curve.norms
        figure.add_scatter(
            x=np.arange(1, len(norms) + 1),
            y=np.maximum(norms, floor),
            customdata=[measured(value, floor) for value in norms],
            name=curve.label,
            mode="lines+markers",
            line={"color": curve.stroke.color, "dash": curve.stroke.dash, "width": 2.5},
            marker={"size": 5, "symbol": ["triangle-down-open" if value < floor else "circle" for value in norms]},
            cliponaxis=False,
            hovertemplate="%{customdata}",
        )
    figure.update_xaxes(title="timestep t")
    figure.update_yaxes(log_axis("gradient norm", decades))
    return figure


def gradient_heatmap_figure(decades: tuple[float, float], length: int) -> go.Figure:
    """Gradient norm by training step (across) and timestep (up); colours are log₁₀, the same in every model's picture.

    Look for dark: no gradient arrives there. The first timestep is at the bottom.
    """
    figure = go.Figure()
    figure.add_heatmap(
        x=[],
        y=np.arange(1, length + 1),
        z=[],
        zmin=decades[0],
        zmax=decades[1],
        colorscale=LOG_NORM_SCALE,
        colorbar={"title": {"text": "log₁₀ norm", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="step %{x}, t = %{y}: %{customdata:.3g}<extra></extra>",
    )
    figure.update_xaxes(title="training step")
    figure.update_yaxes(title="timestep t", range=[0.5, length + 0.5])
    return figure


def learning_figure(
    labels: Sequence[str], strokes: Sequence[Stroke], axis: str, chance: float | None, is_share: bool
) -> go.Figure:
    """Loss or accuracy by training step, one line per model, with the line that a guesser without memory reaches.

    Look for the step at which a line leaves the chance line: there the model has found the dependency.
    """
    figure = go.Figure()
    for label, stroke in zip(labels, strokes, strict=True):
        figure.add_scatter(
            x=[],
            y=[],
            customdata=[],
            name=label,
            mode="lines",
            line={"color": stroke.color, "dash": stroke.dash, "width": 2},
            hovertemplate="%{customdata}",
        )
    if chance is not None:
        figure.add_hline(chance, line={"color": CHANCE, "dash": "dash", "width": 1}, annotation={"text": "chance"})
    figure.update_xaxes(title="training step")
    figure.update_yaxes(title=axis, rangemode="tozero", **({"range": [0, 1.02]} if is_share else {}))
    return figure


def naive_figure(total: Curve, direct: np.ndarray, decades: tuple[float, float]) -> go.Figure:
    """What `output.retain_grad()` on a fused layer shows beside the true total gradient of the same model.

    Look at the naive one: zero at every step that the loss does not read, whatever the model.
    """
    figure = gradient_curves_figure([total], decades)
    figure.add_scatter(
        x=np.arange(1, len(direct) + 1),
        y=np.maximum(direct, 10.0 ** decades[0]),
        customdata=["exactly 0" if value == 0 else measured(value, FLOOR) for value in direct],
        name="output.retain_grad()",
        mode="markers",
        marker={
            "color": NAIVE,
            "size": 9,
            "symbol": ["x" if value == 0 else "circle-open" for value in direct],
        },
        cliponaxis=False,
        hovertemplate="%{customdata}",
    )
    return figure
