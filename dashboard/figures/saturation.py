"""How often each gate of each unit is nearly shut, and nearly open (Karpathy, Johnson & Li, 2015).

Axes: L layers, D directions, H hidden units, S snapshots of a training run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.saturation import Saturation
from dashboard.theme import CHOSEN, GATE_MARKS, GATE_TITLES, LAYER_COLORS, LIMIT, LSTM, Mark

COLUMNS = 2
SYMBOLS = ("circle", "x")
"""Forward, reverse."""
BESIDE = 0.8
"""Up to here a number has room to the right of its point."""


def saturation_figure(saturations: Mapping[str, Saturation], chosen: tuple[int, int, int]) -> go.Figure:
    """A point a unit, one picture a gate: right, how often it is shut; up, how often it is open.

    Look for units near the top (a forget gate open nearly always: an integrator), near the right (always shut), and at
    the origin (never decided). No point is above the diagonal. `chosen` is layer, direction and unit of the ringed one;
    each point's id is "layer direction unit".
    """
    rows = -(-len(saturations) // COLUMNS)
    columns = min(COLUMNS, len(saturations))
    figure = make_subplots(rows, columns, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.05,
                           vertical_spacing=0.06)  # fmt: skip
    for place, (name, one) in enumerate(saturations.items()):
        at = {"row": place // COLUMNS + 1, "col": place % COLUMNS + 1}
        figure.add_shape(type="line", x0=0, y0=1, x1=1, y1=0, line={"color": LIMIT, "width": 1, "dash": "dot"}, **at)
        figure.add_annotation(x=1, y=1, xanchor="right", yanchor="top", showarrow=False,
                              text=f"<b>{GATE_TITLES[name]}</b>", **at)  # fmt: skip
        _add_points(figure, one, at, is_first=place == 0)
        _add_ring(figure, one, chosen, at)
        figure.update_xaxes(title="share nearly shut" if at["row"] == rows else None, **at)
        figure.update_yaxes(title="share nearly open" if at["col"] == 1 else None, **at)
    figure.update_xaxes(range=[-0.03, 1.03])
    return figure.update_yaxes(range=[-0.03, 1.03])


def _add_points(figure: go.Figure, one: Saturation, at: dict[str, Any], is_first: bool) -> None:
    layers, directions, units = one.left.shape
    for layer, direction in np.ndindex(layers, directions):
        name = " · ".join(
            [f"layer {layer + 1}", *(["forward", "reverse"][direction : direction + 1] if directions > 1 else [])]
        )
        figure.add_scatter(
            x=one.left[layer, direction], y=one.right[layer, direction], mode="markers", name=name,
            ids=[f"{layer} {direction} {unit}" for unit in range(units)],
            legendgroup=name, showlegend=is_first and layers * directions > 1,
            marker={"color": LAYER_COLORS[layer % len(LAYER_COLORS)], "symbol": SYMBOLS[direction], "size": 6,
                    "opacity": 0.6},
            hovertemplate=f"{name}, unit %{{customdata}}: shut %{{x:.0%}}, open %{{y:.0%}}<extra></extra>",
            customdata=np.arange(units), **at,
        )  # fmt: skip


def _add_ring(figure: go.Figure, one: Saturation, chosen: tuple[int, int, int], at: dict[str, Any]) -> None:
    layer, direction, unit = chosen
    left = one.left[layer, direction, unit]
    figure.add_scatter(
        x=[left], y=[one.right[layer, direction, unit]], mode="markers+text", hoverinfo="skip", showlegend=False,
        text=[str(unit)], textposition="middle right" if left < BESIDE else "middle left", textfont={"color": CHOSEN},
        marker={"symbol": "circle-open", "size": 14, "color": CHOSEN, "line": {"width": 2}}, **at,
    )  # fmt: skip


def saturation_training_figure(steps: np.ndarray, shares: Mapping[str, np.ndarray]) -> go.Figure:
    """Share of all units and characters at which a gate is nearly open (solid) and shut (dashed), by training step.

    Look for when gates begin to decide: at first nearly all values lie between. `shares` has arrays of shape (2, S):
    shut, open. The axis is that of log(step + 1), as most happens early.
    """
    figure = go.Figure()
    for name, (shut, open_) in shares.items():
        mark = GATE_MARKS.get(name, Mark(LSTM, "circle"))
        for values, says, dash in ((open_, "open", "solid"), (shut, "shut", "dash")):
            figure.add_scatter(
                x=steps + 1, y=values, name=f"{GATE_TITLES[name]}, {says}", mode="lines+markers", customdata=steps,
                line={"color": mark.color, "dash": dash, "width": 2}, marker={"symbol": mark.symbol, "size": 6},
                hovertemplate=f"step %{{customdata}}: {GATE_TITLES[name]} {says} %{{y:.1%}}<extra></extra>",
            )  # fmt: skip
    ticks = _round_steps(int(steps[-1]))
    figure.update_xaxes(title="training step", type="log", tickvals=[step + 1 for step in ticks], ticktext=ticks)
    return figure.update_yaxes(title="share of units and characters", range=[0, 1], tickformat=".0%")


def _round_steps(last: int) -> list[int]:
    """0, 1, 10, 100, … and the last."""
    decades = [10**power for power in range(len(str(last)))]
    return [0, *(step for step in decades if step < last / 1.5), *([last] if last else [])]
