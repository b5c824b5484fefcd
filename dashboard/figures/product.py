"""The product taken apart: the gradient at each timestep, and the factors that made it.

Axes: T timesteps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.anatomy import GradientPaths
from dashboard.figures.log_axis import add_float32_limits, decades_of, log_axis, measured
from dashboard.theme import ELEMENTWISE, LIMIT, THROUGH_WEIGHTS, Stroke

FLOOR = 1e-150
"""Float64 holds far less; a line that falls this deep has said what it has to say."""
MOST_MARKS = 40
"""Of float32's points, that they do not grow together."""
KEEPS = {"rnn": "mean φ′", "lstm": "mean f", "gru": "mean z"}
"""What one step keeps by itself, by kind of cell."""


@dataclass(frozen=True)
class Part:
    """One line of the picture."""

    name: str
    norms: np.ndarray
    """Shape (T,)."""
    stroke: Stroke
    width: float = 2.0


def parts_of(paths: GradientPaths, stroke: Stroke) -> list[Part]:
    """The measured gradient first, then what it would be with one factor alone, then the bound."""
    elementwise, weights = Stroke(ELEMENTWISE, "dashdot"), Stroke(THROUGH_WEIGHTS, "dash")
    if paths.cell is not None:
        total = Part("∂L/∂c, measured", paths.cell, Stroke(stroke.color, "solid"), 3.5)
        hidden = [Part("∂L/∂h, measured", paths.hidden, Stroke(stroke.color, "dot"))]
    else:
        total, hidden = Part("∂L/∂h, measured", paths.hidden, Stroke(stroke.color, "solid"), 3.5), []
    gate = "f" if paths.kind == "lstm" else "z"
    named = (
        ("φ′ alone (W_hh = identity)", paths.slopes_alone, elementwise),
        ("W_hh alone (φ′ = 1)", paths.weights_alone, weights),
        ("bound γ·σ_max per step", paths.bound, Stroke(LIMIT, "dot")),
        (f"carousel: products of {gate} alone", paths.carousel, elementwise),
        ("through gates and W_hh", paths.through_gates, weights),
    )
    return [total, *hidden, *(Part(name, norms, line) for name, norms, line in named if norms is not None)]


def product_figure(paths: GradientPaths, stroke: Stroke, in_float32: np.ndarray | None = None) -> go.Figure:
    """The measured gradient beside its parts (log), and below what a single step keeps by itself, in [0, 1].

    Look for the line that runs beside the measured one: that factor decides. A bound may leave the picture.
    `in_float32` are the norms of ∂L/∂h as float32 training saw them, shape (T,); all other lines are float64.
    """
    parts = parts_of(paths, stroke)
    decades = decades_of([part.norms for part in parts if part.norms is not paths.bound], FLOOR)
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    times = np.arange(1, len(paths.hidden) + 1)
    for part in parts:
        figure.add_scatter(x=times, name=part.name, mode="lines", hovertemplate="%{customdata}", row=1, col=1,
                           line={"color": part.stroke.color, "dash": part.stroke.dash, "width": part.width},
                           **_points(part.norms))  # fmt: skip
    if in_float32 is not None:
        _add_float32(figure, times, in_float32, decades)
    keep = {"color": ELEMENTWISE, "width": 2}
    figure.add_scatter(x=times, y=paths.keep, name=KEEPS[paths.kind], mode="lines", line=keep, showlegend=False,
                       fill="tozeroy", hovertemplate="%{y:.3f}", row=2, col=1)  # fmt: skip
    add_float32_limits(figure, decades)
    figure.update_yaxes(log_axis("gradient norm", decades), row=1)
    figure.update_yaxes(title=KEEPS[paths.kind], range=[0, max(1.02, float(np.nanmax(paths.keep)))], row=2)
    figure.update_xaxes(range=[0.5, len(times) + 0.5])
    return figure.update_xaxes(title="timestep t", row=2)


def _points(norms: np.ndarray) -> dict[str, object]:
    """Points of a line; what is exactly zero leaves a gap, since no way leads there."""
    y = np.where(norms == 0, np.nan, np.maximum(norms, FLOOR))
    return {"y": y, "customdata": [measured(value, FLOOR) for value in norms]}


def _add_float32(figure: go.Figure, times: np.ndarray, in_float32: np.ndarray, decades: tuple[float, float]) -> None:
    """Rings where float32 training still had a gradient, crosses on the floor where it had none."""
    some = slice(None, None, -max(1, len(times) // MOST_MARKS))  # the last timestep always among them
    times, in_float32 = times[some], in_float32[some].astype(np.float64)
    is_lost = ~(in_float32 > 0)
    figure.add_scatter(
        x=times,
        y=np.where(is_lost, 10.0 ** decades[0], in_float32),
        customdata=["0: float32 holds nothing this small" if lost else f"{value:.2g}"
                    for lost, value in zip(is_lost, in_float32, strict=True)],
        name="∂L/∂h in float32, as trained",
        mode="markers",
        cliponaxis=False,
        marker={"color": LIMIT, "size": 6, "symbol": np.where(is_lost, "x", "circle-open")},
        hovertemplate="%{customdata}",
        row=1, col=1,
    )  # fmt: skip
