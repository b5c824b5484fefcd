"""Without an activation: a gradient that follows the powers of ρ, and what tanh makes of the same weights.

Axes: T timesteps.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.anatomy import GradientPaths
from dashboard.figures.log_axis import decades_of, log_axis, measured
from dashboard.theme import ELEMENTWISE, LIMIT, RNN, RNN_LINEAR

FLOOR = 1e-150


def powers_figure(linear: GradientPaths, with_tanh: GradientPaths, radius: float) -> go.Figure:
    """‖∂L/∂h_t‖ without activation on the line ρ^(T−t), and with tanh over the same weights; below, tanh's mean slope.

    Look how the rings stand exactly on the line. tanh always lies lower: each of its slopes is at most 1.
    """
    times = np.arange(1, len(linear.hidden) + 1)
    predicted = linear.hidden[-1] * radius ** (times[-1] - times).astype(float)
    decades = decades_of([linear.hidden, with_tanh.hidden], FLOOR)
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    line = {"color": LIMIT, "width": 2}
    ring = {"color": RNN_LINEAR, "size": 8, "symbol": "circle-open", "line": {"width": 2}}
    _add(figure, times, predicted, f"predicted, {radius:g}^(T−t)", mode="lines", line=line)
    _add(figure, times, linear.hidden, "measured, without activation", mode="markers", marker=ring)
    _add(figure, times, with_tanh.hidden, "measured, tanh on the same weights", mode="lines+markers",
         line={"color": RNN, "width": 2.5}, marker={"size": 5})  # fmt: skip
    figure.add_scatter(x=times, y=with_tanh.keep, name="mean φ′ of tanh", mode="lines", showlegend=False, row=2,
                       line={"color": ELEMENTWISE, "width": 2}, fill="tozeroy", col=1,
                       hovertemplate="%{y:.3f}")  # fmt: skip
    figure.update_yaxes(log_axis("‖∂L/∂h<sub>t</sub>‖", decades), row=1)
    figure.update_yaxes(title="mean φ′", range=[0, 1.02], row=2)
    figure.update_xaxes(range=[0.5, len(times) + 0.5])
    return figure.update_xaxes(title="timestep t", row=2)


def _add(figure: go.Figure, times: np.ndarray, norms: np.ndarray, name: str, **look: object) -> None:
    figure.add_scatter(x=times, y=np.maximum(norms, FLOOR), customdata=[measured(value, FLOOR) for value in norms],
                       name=name, hovertemplate="%{customdata}", row=1, col=1, **look)  # fmt: skip
