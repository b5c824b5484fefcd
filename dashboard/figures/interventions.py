"""What hands in the works of a model change: predictions, losses, a state; and what a cell state hands on.

Axes: T timesteps, V symbols, U units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.interventions import CellPath
from dashboard.figures.log_axis import log_axis
from dashboard.theme import AFTER, BEFORE, LIMIT, LSTM

SHOWN = 8
"""Symbols whose chances are drawn."""
LEAST_DIVERGENCE, LEAST_PATH = 1e-6, 1e-9
"""Floors: nats; share of a cell state."""


def chances_figure(symbols: Sequence[str], before: np.ndarray, after: np.ndarray) -> go.Figure:
    """Probability of the likeliest next symbols, without hands (grey) and with them; both of shape (V,).

    Look whether the same symbol still leads.
    """
    shown = np.argsort(-np.fmax(before, after), kind="stable")[:SHOWN]
    rows = [visible(symbols[place]) for place in shown]
    figure = go.Figure()
    for values, name, color in ((before, "without", BEFORE), (after, "with hands", AFTER)):
        figure.add_bar(x=values[shown], y=rows, orientation="h", name=name, marker={"color": color},
                       hovertemplate=f"%{{y}} {name}: %{{x:.1%}}<extra></extra>")  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(title="probability of the next symbol", range=[0, 1.02], tickformat=".0%", dtick=0.25)
    return figure.update_yaxes(
        autorange="reversed", type="category", dtick=1, ticklabelstandoff=6, tickfont={"family": "monospace"}
    )


def effect_figure(
    tokens: Sequence[str],
    losses: tuple[np.ndarray, np.ndarray],
    divergence: np.ndarray | None,
    span: tuple[int, int] | None,
    start: int = 0,
) -> go.Figure:
    """Loss of each symbol without and with hands, and below how far the two expectations are apart (KL, log).

    Look how long the difference lasts after the span (shaded): that is how long the model remembers it. All arrays are
    of shape (T,), the span's timesteps both included, and the first one drawn is number `start`.
    """
    rows = 1 if divergence is None else 2
    figure = make_subplots(rows, 1, shared_xaxes=True, row_heights=[0.55, 0.45][:rows], vertical_spacing=0.06)
    times = np.arange(start, start + len(tokens))
    names = [visible(token) for token in tokens]
    for values, name, color, width in zip(losses, ("without", "with hands"), (BEFORE, AFTER), (1.5, 1.5), strict=True):
        figure.add_scatter(x=times, y=values, name=name, mode="lines", customdata=names,
                           line={"color": color, "width": width, "shape": "hvh"},
                           hovertemplate=f"t = %{{x}} %{{customdata}} {name}: %{{y:.3g}}<extra></extra>",
                           row=1, col=1)  # fmt: skip
    figure.update_yaxes(title="loss (nats)", rangemode="tozero", row=1)
    if divergence is not None:
        _add_divergence(figure, times, names, divergence)
    _add_span(figure, span)
    figure.update_xaxes(range=[start - 0.5, start + len(tokens) - 0.5])
    return figure.update_xaxes(title="timestep t", row=rows)


def _add_divergence(figure: go.Figure, times: np.ndarray, names: list[str], divergence: np.ndarray) -> None:
    figure.add_scatter(
        x=times, y=np.where(divergence > 0, np.maximum(divergence, LEAST_DIVERGENCE), np.nan), mode="lines",
        name="KL of expectations", line={"color": LSTM, "width": 2}, showlegend=False,
        customdata=[f"{name}: {value:.2g} nats" for name, value in zip(names, divergence, strict=True)],
        hovertemplate="t = %{x} %{customdata}<extra></extra>", row=2, col=1,
    )  # fmt: skip
    most = float(divergence.max(initial=1e-9, where=np.isfinite(divergence)))
    top = max(1.0, float(np.ceil(np.log10(most))))
    figure.update_yaxes(log_axis("KL (nats)", (round(np.log10(LEAST_DIVERGENCE)), top)), row=2)


def state_figure(
    before: np.ndarray, after: np.ndarray, symbol: str, unit: int, span: tuple[int, int] | None, start: int = 0
) -> go.Figure:
    """One unit's state without and with hands, both of shape (T,).

    Look at the shaded span: with f = 1 and i = 0 the line is level there.
    """
    figure = go.Figure()
    times = np.arange(start, start + len(before))
    for values, name, color in ((before, "without", BEFORE), (after, "with hands", AFTER)):
        figure.add_scatter(x=times, y=values, name=name, mode="lines", line={"color": color, "width": 2},
                           hovertemplate=f"t = %{{x}} {name}: %{{y:.4g}}<extra></extra>")  # fmt: skip
    _add_span(figure, span)
    figure.update_xaxes(title="timestep t", range=[start - 0.5, start + len(before) - 0.5])
    return figure.update_yaxes(title=f"{symbol} of unit {unit}")


def _add_span(figure: go.Figure, span: tuple[int, int] | None) -> None:
    if span is not None:
        figure.add_vrect(x0=span[0] - 0.5, x1=span[1] + 0.5, fillcolor=LIMIT, opacity=0.2, line_width=0, layer="below")


def path_figure(path: CellPath) -> go.Figure:
    """Each unit's ∏ f over a gap (across) against the measured derivative of its cell by itself (up), log axes.

    Look how near the points are to the diagonal: there the carousel alone explains what the cell remembers. Points off
    it have a way round, through h and the gates. Each point's id is its unit.
    """
    own = np.abs(path.own)
    figure = go.Figure()
    line = {"color": LIMIT, "width": 1, "dash": "dot"}
    figure.add_scatter(x=[LEAST_PATH, 1], y=[LEAST_PATH, 1], mode="lines", line=line, name="equal", hoverinfo="skip")
    said = [f"unit {unit}: ∏ f = {product:.2g}, measured {measured:.3g}, from all others {others:.2g}"
            for unit, product, measured, others in zip(path.units, path.product, path.own, path.from_others,
                                                       strict=True)]  # fmt: skip
    figure.add_scatter(
        x=np.maximum(path.product, LEAST_PATH), y=np.maximum(own, LEAST_PATH), mode="markers",
        name="a unit (▽: negative)",
        ids=[str(unit) for unit in path.units], customdata=said, hovertemplate="%{customdata}<extra></extra>",
        marker={"color": LSTM, "size": 7, "opacity": 0.7,
                "symbol": np.where(path.own < 0, "triangle-down", "circle")},
    )  # fmt: skip
    top = float(np.log10(own.max(initial=1.0, where=np.isfinite(own))))
    decades = (round(np.log10(LEAST_PATH)), top + 0.3)
    figure.update_xaxes(log_axis("∏ f over the gap", (decades[0], 0.3)))
    return figure.update_yaxes(log_axis("|∂c_last/∂c_first| of the unit itself", decades))


def visible(symbol: str) -> str:
    """A symbol as it can be seen: ⏎ for a newline, ␣ for a space, → for a tab."""
    return {"\n": "⏎", " ": "␣", "\t": "→"}.get(symbol, symbol)
