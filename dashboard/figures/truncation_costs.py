"""Figures of what windows cost in time and memory, and of what a forgotten detach() costs.

Axes: K windows.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.truncation import Undetached, WindowCosts
from dashboard.figures.log_axis import decades_of, log_axis
from dashboard.figures.truncation import WAY_STROKES, windows_axis
from dashboard.theme import RNN

KILOBYTE = 1000


def window_costs_figure(costs: WindowCosts) -> go.Figure:
    """Milliseconds a batch, and kilobytes that the largest graph keeps, by window length; log axes.

    Look at the slopes: memory goes with the window, whatever the sequence; time does not fall with it.
    """
    stroke = WAY_STROKES["carry"]
    rows = (("ms a batch", costs.seconds * 1000), ("kB kept", costs.bytes / KILOBYTE))
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for row, (title, values) in enumerate(rows, start=1):
        figure.add_scatter(x=costs.windows, y=values, mode="lines+markers", name=title, showlegend=False, row=row,
                           col=1, line={"color": stroke.color, "width": 2.5}, customdata=costs.updates,
                           hovertemplate="window %{x}: %{y:.3g} " + title + ", %{customdata} updates<extra></extra>"
                           )  # fmt: skip
        figure.update_yaxes(log_axis(title, decades_of([values], 1e-3, least=2)), row=row)
    figure.update_xaxes(windows_axis(costs.windows))
    return figure.update_xaxes(title="", row=1)


def undetached_figure(found: Undetached) -> go.Figure:
    """Milliseconds of the way back from each window and kilobytes kept for it, with detach() and without.

    Look at the slope of the red line: each window pays for all before it, so a long text never ends.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    series = (
        ("without detach()", RNN, "circle", found.attached, found.attached_bytes),
        ("with detach()", WAY_STROKES["carry"].color, "diamond", found.detached, found.detached_bytes),
    )
    for name, color, symbol, seconds, sizes in series:
        for row, values in enumerate((seconds * 1000, sizes / KILOBYTE), start=1):
            figure.add_scatter(x=found.timesteps, y=values, name=name, mode="lines+markers", showlegend=row == 1,
                               line={"color": color, "width": 2.5}, marker={"symbol": symbol, "size": 8}, row=row,
                               col=1, hovertemplate="after %{x} timesteps: %{y:.3g}")  # fmt: skip
    figure.update_yaxes(title="ms of backward()", rangemode="tozero", row=1)
    figure.update_yaxes(title="kB kept", rangemode="tozero", row=2)
    figure.update_xaxes(range=[0, float(np.max(found.timesteps)) * 1.05])
    return figure.update_xaxes(title="timesteps read so far", row=2)
