"""Rows one by one: how long each is, how often its token comes, how far it went.

Axes: V tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import CHOSEN, LIMIT, LSTM

FLOOR_SHARE = 0.5
"""A token that never came is drawn at so much of one occurrence, as a log axis has no zero."""


def norms_figure(labels: Sequence[str], shares: np.ndarray, norms: np.ndarray, chosen: int) -> go.Figure:
    """Norm of each row against how often its token comes in the text.

    Drawn rows have one length, about √E, whatever their token; look for a slope that training brings, mostly among the
    frequent ones. Each point's id is its token.
    """
    figure = go.Figure()
    _add_points(figure, labels, shares, norms, np.arange(len(labels)), "row", LSTM, "circle", "share %{x:.2%}, norm")
    _add_ring(figure, shares[chosen], norms[chosen])
    figure.update_xaxes(title="share of the text (log axis)", type="log", tickformat="~%")
    return figure.update_yaxes(title="‖W<sub>v</sub>‖, norm of the row", rangemode="tozero")


def movement_figure(labels: Sequence[str], met: np.ndarray, moved: np.ndarray, chosen: int) -> go.Figure:
    """How far each row went from where it began against how often the run met its token as an input.

    A look-up gives a gradient to the rows that it took and to no other, so a row that no batch had stands where it was
    drawn, to the last bit: it is drawn as a cross, at the left edge if it was never met.
    """
    figure = go.Figure()
    times = np.where(met > 0, met, FLOOR_SHARE)
    still = moved == 0
    for here, name, color, symbol in (
        (np.flatnonzero(~still), "moved", LSTM, "circle"),
        (np.flatnonzero(still), "never moved", CHOSEN, "x"),
    ):
        if len(here):
            said = "met %{meta} times, moved"
            _add_points(figure, labels, times, moved, here, name, color, symbol, said, met)
    _add_ring(figure, times[chosen], moved[chosen])
    figure.add_vline(x=FLOOR_SHARE, line={"color": LIMIT, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="times met as an input (log axis; dotted line: never)", type="log")
    return figure.update_yaxes(title="‖W<sub>v</sub> − its start‖", rangemode="tozero")


def _add_points(
    figure: go.Figure,
    labels: Sequence[str],
    across: np.ndarray,
    up: np.ndarray,
    here: np.ndarray,
    name: str,
    color: str,
    symbol: str,
    said: str,
    met: np.ndarray | None = None,
) -> None:
    shown = [labels[place] if met is None else f"{labels[place]}, met {met[place]:,} times" for place in here]
    figure.add_scatter(
        x=across[here], y=up[here], mode="markers", name=name, ids=[str(place) for place in here], customdata=shown,
        marker={"color": color, "symbol": symbol, "size": 6, "opacity": 0.7},
        hovertemplate="%{customdata}: " + ("%{y:.3g}" if met is not None else f"{said} %{{y:.3g}}") + "<extra></extra>",
    )  # fmt: skip


def _add_ring(figure: go.Figure, across: float, up: float) -> None:
    figure.add_scatter(
        x=[across], y=[up], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "circle-open", "size": 16, "color": CHOSEN, "line": {"width": 3}},
    )  # fmt: skip
