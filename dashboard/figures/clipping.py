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
    labels: Sequence[str], strokes: Sequence[Stroke], threshold: float | None, decades: tuple[float, float]
) -> go.Figure:
    """The gradient's norm over all weights by training step, before clipping (thin) and after (thick), log.

    Look for spikes above the threshold: the thick line is cut flat there, and the direction of the step stays. Traces:
    before and after of each model in turn, empty until rows come.
    """
    figure = go.Figure()
    for label, stroke in zip(labels, strokes, strict=True):
        for when, width, dash in (("before", 1.0, "dot"), ("after", 2.5, "solid")):
            line = {"color": stroke.color, "width": width, "dash": dash}
            figure.add_scatter(x=[], y=[], customdata=[], mode="lines", name=f"{label}, {when}", line=line,
                               hovertemplate="%{customdata}")  # fmt: skip
    if threshold is not None:
        _add_threshold(figure, threshold, "y")
    figure.update_xaxes(title="training step")
    return figure.update_yaxes(log_axis("norm of the gradient of all weights", decades))


def norm_histogram_figure(histograms: Sequence[NormHistogram], threshold: float | None) -> go.Figure:
    """How many steps had a gradient of what norm, log axis, one outline a model; the threshold, and where it might be.

    Look how much of an outline lies to the right of the threshold: these steps were shortened. The shaded range, half
    to ten times the mean norm, is where a threshold still lets training converge (Pascanu et al., 2013).
    """
    figure = go.Figure()
    for one in histograms:
        line = {"color": one.stroke.color, "dash": one.stroke.dash, "width": 2, "shape": "hv"}
        figure.add_scatter(x=10.0**one.edges, y=np.append(one.counts, 0), name=one.label, mode="lines", line=line,
                           fill="tozeroy", hovertemplate="from %{x:.2g}: %{y} steps")  # fmt: skip
        low, high = one.statistics.suggested
        if np.isfinite(high) and high > 0:
            figure.add_vrect(low, high, fillcolor=one.stroke.color, opacity=0.1, line_width=0, layer="below")
    if threshold is not None:
        _add_threshold(figure, threshold, "x")
    edges = np.concatenate([one.edges for one in histograms] or [np.array([-1.0, 1.0])])
    figure.update_xaxes(log_axis("norm before clipping", (float(edges.min()), float(edges.max()))))
    return figure.update_yaxes(title="training steps", rangemode="tozero")


def _add_threshold(figure: go.Figure, threshold: float, axis: str) -> None:
    line = {"color": LIMIT, "dash": "dash", "width": 1.5}
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": threshold, "y1": threshold}
    if axis == "x":
        place = {"x0": threshold, "x1": threshold, "y0": 0, "y1": 1, "yref": "paper"}
    figure.add_shape(type="line", line=line, **place)
    where = {"x": 1, "xref": "paper", "xanchor": "right", "y": np.log10(threshold), "yanchor": "bottom"}
    if axis == "x":
        where = {"x": np.log10(threshold), "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "top"}
    figure.add_annotation(text=f"threshold {threshold:g}", showarrow=False, **where)
