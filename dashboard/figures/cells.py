"""Which unit tells a property of the text, beside what chance finds.

Axes: H hidden units.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.analysis.cell_search import CellSearch
from dashboard.theme import CHANCE, LSTM, THROUGH_WEIGHTS

BEST = 20
"""Units that are shown."""


def cells_figure(search: CellSearch) -> go.Figure:
    """The best units for one property: a ring where each was ranked, a disc on text that the ranking did not see.

    Look how far the discs stand to the right of the dashed line, the best of as many random directions, chosen in the
    same way: only that much is the unit's own. A disc far left of its ring was luck. Each point's id is its unit.
    """
    units, signs = search.units[:BEST], search.signs[:BEST]
    rows = [unit_label(int(unit), int(sign)) for unit, sign in zip(units, signs, strict=True)]
    ids = [str(unit) for unit in units]
    figure = go.Figure()
    for values, name, symbol in (
        (search.ranked, "ranked on the first half", "circle-open"),
        (search.held_out, "held out, second half", "circle"),
    ):
        figure.add_scatter(
            x=values[:BEST], y=rows, ids=ids, mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": LSTM, "line": {"width": 2, "color": LSTM}},
            hovertemplate=f"%{{y}}: {search.measure} %{{x:.3f}}, {name}<extra></extra>",
        )  # fmt: skip
    _add_line(figure, search.random_held_out, "best random direction, held out", THROUGH_WEIGHTS, "dash")
    _add_line(figure, chance_of(search), "chance", CHANCE, "dot")
    figure.update_xaxes(title=search.measure, range=axis_of(search))
    return figure.update_yaxes(autorange="reversed", type="category", dtick=1)


def properties_figure(searches: Mapping[str, CellSearch], titles: Mapping[str, str]) -> go.Figure:
    """For every property the best unit on held-out text (disc) and the best random direction (dashed ring).

    Look for the longest bars: there one unit by itself says what no random mixture of all units does. 0 is chance and 1
    perfect for both measures: an AUC a is drawn as 2a − 1. Each point's id is "property unit".
    """
    rows = [titles[name] for name in searches]
    best = [beyond_chance(one, float(one.held_out[0])) for one in searches.values()]
    random = [beyond_chance(one, one.random_held_out) for one in searches.values()]
    said = [f"unit {one.units[0]}: {one.measure} {one.held_out[0]:.3f}; random {one.random_held_out:.3f}"
            for one in searches.values()]  # fmt: skip
    ids = [f"{name} {one.units[0]}" for name, one in searches.items()]
    figure = go.Figure()
    for row, low, high in zip(rows, random, best, strict=True):
        figure.add_scatter(x=[low, high], y=[row, row], mode="lines", line={"color": LSTM, "width": 3},
                           hoverinfo="skip", showlegend=False)  # fmt: skip
    for values, name, symbol, color in (
        (random, "best random direction", "circle-open", THROUGH_WEIGHTS),
        (best, "best unit", "circle", LSTM),
    ):
        figure.add_scatter(x=values, y=rows, ids=ids, mode="markers", name=name, customdata=said,
                           marker={"symbol": symbol, "size": 11, "color": color, "line": {"width": 2, "color": color}},
                           hovertemplate="%{y}: %{customdata}<extra></extra>")  # fmt: skip
    figure.update_xaxes(title="beyond chance: 2·AUC − 1, or Spearman", range=[-0.05, 1.03])
    return figure.update_yaxes(autorange="reversed", type="category", dtick=1)


def unit_label(unit: int, sign: int) -> str:
    """A unit, and whether it is high or low where the property holds."""
    return f"unit {unit}, {'high' if sign > 0 else 'low'}"


def chance_of(search: CellSearch) -> float:
    """What a unit that knows nothing gets."""
    return 0.5 if search.measure == "AUC" else 0.0


def beyond_chance(search: CellSearch, value: float) -> float:
    """0 for chance, 1 for perfect."""
    chance = chance_of(search)
    return (value - chance) / (1 - chance)


def axis_of(search: CellSearch) -> list[float]:
    """From a little below chance, or the least figure, to perfect."""
    shown = np.concatenate([search.ranked[:BEST], search.held_out[:BEST]])
    return [min(chance_of(search), float(np.nanmin(shown, initial=1.0))) - 0.03, 1.02]


def _add_line(figure: go.Figure, x: float, name: str, color: str, dash: str) -> None:
    figure.add_shape(type="line", x0=x, x1=x, yref="y domain", y0=0, y1=1, name=name, showlegend=True,
                     line={"color": color, "dash": dash, "width": 2})  # fmt: skip
