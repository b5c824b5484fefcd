"""Which loss reaches how far: the gradient of every step's loss at every step's state.

Axes: T timesteps; row t is the loss, column k the state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.decay import HORIZON_SHARE
from core.recordings.anatomy import LossReach
from dashboard.figures.gradient_flow import Curve
from dashboard.figures.log_axis import log_axis, measured
from dashboard.theme import LIMIT, LOG_NORM_SCALE, NOT_A_NUMBER

FLOOR = 1e-15
SHARE_FLOOR = 1e-9
"""Of the profile, whose lines start at 1."""


def loss_reach_figure(reaches: Sequence[tuple[str, LossReach]], decades: tuple[float, float]) -> go.Figure:
    """‖∂L_t/∂h_k‖ in colour, log₁₀, loss t downwards and state k to the right; one above the other, on one scale.

    Look for how far to the left of the diagonal a row stays bright. Blank: no path leads there, or t has no loss.
    """
    rows = len(reaches)
    figure = make_subplots(rows=rows, shared_xaxes=True, vertical_spacing=0.06 / rows)
    for row, (label, reach) in enumerate(reaches, start=1):
        _add_matrix(figure, reach.norms, decades, label, row)
        _add_gaps(figure, reach.norms, row)
        _add_label(figure, reach.norms, label, row)
    edges = [0.5, len(reaches[0][1].norms) + 0.5]
    figure.update_xaxes(range=edges)
    figure.update_xaxes(title="state at timestep k", row=rows)
    return figure.update_yaxes(title="loss at timestep t", range=edges[::-1])


def _add_matrix(figure: go.Figure, norms: np.ndarray, decades: tuple[float, float], label: str, row: int) -> None:
    times = np.arange(1, len(norms) + 1)
    with np.errstate(invalid="ignore"):
        colours = np.where(_paths(norms) & np.isfinite(norms), np.log10(np.maximum(norms, FLOOR)), np.nan)
    figure.add_heatmap(x=times, y=times, z=colours.astype(np.float32),
                       customdata=norms.astype(np.float32), zmin=decades[0], zmax=decades[1], name=label,
                       colorscale=LOG_NORM_SCALE, hoverongaps=False, showscale=row == 1, row=row, col=1,
                       colorbar={"title": {"text": "log₁₀ ‖∂L<sub>t</sub>/∂h<sub>k</sub>‖", "side": "right"}},
                       hovertemplate="loss t = %{y}, state k = %{x}: %{customdata:.2e}<extra></extra>")  # fmt: skip


def _add_label(figure: go.Figure, norms: np.ndarray, label: str, row: int) -> None:
    """The model's name in the blank corner."""
    is_reverse = bool(np.triu(norms, 1).any())
    x, y, left, down = (0.02, 0.06, "left", "bottom") if is_reverse else (0.98, 0.94, "right", "top")
    figure.add_annotation(text=f"<b>{label}</b>", showarrow=False, xref="x domain", yref="y domain", x=x, y=y,
                          xanchor=left, yanchor=down, row=row, col=1)  # fmt: skip


def _add_gaps(figure: go.Figure, norms: np.ndarray, row: int) -> None:
    """NaN and Inf in a colour of their own."""
    gaps = ~np.isfinite(norms)
    if gaps.any():
        times, scale = np.arange(1, len(norms) + 1), [[0, NOT_A_NUMBER], [1, NOT_A_NUMBER]]
        figure.add_heatmap(x=times, y=times, z=np.where(gaps, 1.0, np.nan), colorscale=scale, showscale=False,
                           hovertemplate="loss t = %{y}, state k = %{x}: NaN or Inf<extra></extra>", row=row,
                           col=1)  # fmt: skip


def _paths(norms: np.ndarray) -> np.ndarray:
    """True where a path may lead: in the triangles that are used, in the rows that have a loss."""
    is_used = np.ones_like(norms, dtype=bool)
    if not np.triu(norms, 1).any():
        is_used = np.tril(is_used)
    elif not np.tril(norms, -1).any():
        is_used = np.triu(is_used)
    return is_used & (norms != 0).any(axis=1, keepdims=True)


def reach_profile_figure(profiles: Sequence[Curve]) -> go.Figure:
    """The share of a loss's gradient that is left so many steps back, the median over all losses, one line a model.

    Look where a line crosses 1/1000: that is the memory horizon of that model on this task at this step.
    """
    figure = go.Figure()
    for profile in profiles:
        shares = np.array([]) if profile.norms is None else profile.norms
        figure.add_scatter(x=np.arange(len(shares)), y=np.maximum(shares, SHARE_FLOOR), name=profile.label,
                           customdata=[measured(value, SHARE_FLOOR) for value in shares], mode="lines",
                           line={"color": profile.stroke.color, "dash": profile.stroke.dash, "width": 2.5},
                           hovertemplate="%{customdata}")  # fmt: skip
    figure.add_hline(HORIZON_SHARE, line={"color": LIMIT, "dash": "dash", "width": 1})
    figure.add_annotation(x=1, xref="x domain", xanchor="right", y=-3, yanchor="bottom", text="1/1000",
                          showarrow=False)  # fmt: skip
    figure.update_xaxes(title="steps back from the loss, t − k", rangemode="tozero")
    return figure.update_yaxes(log_axis("median share left", (-9, 1)))
