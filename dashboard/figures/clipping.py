"""What clipping did: the gradient's norm before and after, and how often the threshold was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.analysis.clipping import ClipStatistics
from dashboard.figures.log_axis import log_axis
from dashboard.theme import LIMIT, Stroke

FLOOR = 1e-12
BAR = 0.05
"""Height of a model's bar above the histogram, as a share of the picture."""


@dataclass(frozen=True)
class NormHistogram:
    """How often each size of gradient came, in one model."""

    label: str
    stroke: Stroke
    edges: np.ndarray
    """Of log₁₀ ‖g‖, shape (bins + 1,)."""
    counts: np.ndarray
    """Steps in each bin, shape (bins,)."""
    statistics: ClipStatistics


def clipping_figure(
    lines: Sequence[tuple[str, Stroke, bool]], threshold: float | None, decades: tuple[float, float]
) -> go.Figure:
    """The gradient's norm over all weights by training step, before clipping (thin) and after (thick), log.

    Look for spikes above the threshold: the thick line is cut flat there, and the direction of the step stays. One
    of `lines` is a model's label, stroke and whether it is clipped: if so it has two traces, else one; empty until rows
    come.
    """
    figure = go.Figure()
    for label, stroke, is_clipped in lines:
        thin, thick = {"color": stroke.color, "width": 1, "dash": "dot"}, {"color": stroke.color, "width": 2.5}
        named = [(f"{label}, before", thin), (f"{label}, after", thick)] if is_clipped else [(label, thick)]
        for name, line in named:
            figure.add_scatter(x=[], y=[], customdata=[], mode="lines", name=name, line=line,
                               hovertemplate="%{customdata}")  # fmt: skip
    if threshold is not None:
        _add_threshold(figure, threshold, "y")
    figure.update_xaxes(title="training step")
    return figure.update_yaxes(log_axis("norm of the gradient of all weights", decades))


def norm_histogram_figure(histograms: Sequence[NormHistogram], threshold: float | None) -> go.Figure:
    """How many steps had a gradient of what norm, log axis, one outline a model; the threshold, and where it might be.

    Look how much of an outline lies to the right of the threshold: these steps were shortened. The bar on top, half to
    ten times the mean norm, is where a threshold still lets training converge (Pascanu et al., 2013).
    """
    figure = go.Figure()
    for row, one in enumerate(histograms):
        _add_suggestion(figure, one, row)
        line = {"color": one.stroke.color, "width": 2, "shape": "hv"}
        figure.add_scatter(x=10.0**one.edges, y=np.append(one.counts, 0), name=one.label, mode="lines", line=line,
                           fill="tozeroy", hovertemplate="from %{x:.2g}: %{y} steps")  # fmt: skip
    if threshold is not None:
        _add_threshold(figure, threshold, "x")
    edges = np.concatenate([one.edges for one in histograms] or [np.array([-1.0, 1.0])])
    figure.update_xaxes(log_axis("norm before clipping", (float(edges.min()), float(edges.max()))))
    return figure.update_yaxes(title="gradients", rangemode="tozero", domain=[0, 0.98 - BAR * len(histograms)])


def _add_suggestion(figure: go.Figure, one: NormHistogram, row: int) -> None:
    """A bar above the histogram, one row a model."""
    low, high = one.statistics.suggested
    if not (np.isfinite(high) and high > 0):
        return
    top = 1 - BAR * row
    figure.add_shape(type="rect", x0=low, x1=high, yref="paper", y0=top - 0.8 * BAR, y1=top, line_width=0,
                     fillcolor=one.stroke.color, opacity=0.35)  # fmt: skip
    if row == 0:
        figure.add_annotation(x=np.log10(high), xanchor="left", y=top - 0.4 * BAR, yref="paper", yanchor="middle",
                              showarrow=False, text="½ to 10 × mean")  # fmt: skip


def _add_threshold(figure: go.Figure, threshold: float, axis: str) -> None:
    across = "y" if axis == "x" else "x"
    place = {f"{axis}0": threshold, f"{axis}1": threshold, f"{across}0": 0, f"{across}1": 1}
    figure.add_shape(type="line", line={"color": LIMIT, "dash": "dash", "width": 1.5}, showlegend=True,
                     name=f"threshold {threshold:g}", **place, **{f"{across}ref": f"{across} domain"})  # fmt: skip
