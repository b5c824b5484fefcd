"""The numbers of attention over several seeds.

Axes: R seeds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.attention_numbers import NUMBER_SYMBOLS, NUMBER_TITLES
from dashboard.theme import LAYER_COLORS, LIMIT

TITLES = {"held_out_strings": "whole strings right", **NUMBER_TITLES}
APART = 0.24
"""Between two models of one number, in rows."""


def spread_figure(spread: Mapping[str, Mapping[str, np.ndarray]], uniform: Mapping[str, float]) -> go.Figure:
    """Each number of each model: mean (mark), range (bar) and every seed (tick), shape (R,); open: knowing nothing.

    Look whether a model's bar meets another's, or the open mark: then its seeds decide, and not the model.
    """
    figure = go.Figure()
    rows = [field for field in TITLES if any(field in numbers for numbers in spread.values())]
    known = [field for field in rows if field in uniform]
    figure.add_scatter(x=[uniform[field] for field in known], y=[rows.index(field) for field in known], mode="markers",
                       name="knows nothing: 1/S everywhere", hovertemplate="%{x:.3f}",
                       marker={"color": LIMIT, "size": 13, "symbol": "circle-open", "line": {"width": 2}})  # fmt: skip
    for place, (label, numbers) in enumerate(spread.items()):
        ys = np.arange(len(rows)) + APART * (place - (len(spread) - 1) / 2)
        _add_model(figure, label, place, [(y, numbers[field]) for y, field in zip(ys, rows, strict=True)
                                          if field in numbers])  # fmt: skip
    largest = max([1.0, *(float(one.max()) for numbers in spread.values() for one in numbers.values())])
    figure.update_xaxes(title="0 to 1; coverage deviation from 0 up", range=[-0.04, largest + 0.04])
    return figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=[TITLES[field] for field in rows],
                               range=[len(rows) - 0.5, -0.5], zeroline=False)  # fmt: skip


def _add_model(figure: go.Figure, label: str, place: int, found: list[tuple[float, np.ndarray]]) -> None:
    color = LAYER_COLORS[place % 4]
    x, y = [], []
    for height, values in found:
        x += [float(values.min()), float(values.max()), None]
        y += [height, height, None]
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": color, "width": 9}, opacity=0.35, showlegend=False,
                       hoverinfo="skip", name=label)  # fmt: skip
    figure.add_scatter(x=np.concatenate([values for _, values in found]), showlegend=False, hoverinfo="skip",
                       y=np.concatenate([np.full(len(values), height) for height, values in found]), mode="markers",
                       marker={"color": color, "size": 9, "symbol": "line-ns-open"}, name=label)  # fmt: skip
    figure.add_scatter(x=[values.mean() for _, values in found], y=[height for height, _ in found], name=label,
                       mode="markers", customdata=[[values.min(), values.max()] for _, values in found],
                       marker={"color": color, "size": 11, "symbol": NUMBER_SYMBOLS[place % 4]},
                       hovertemplate="%{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})")  # fmt: skip
