"""What a decoder looked at: the matrix, the same as ribbons, and as it changed while the model was trained.

Axes: T target rows, S source columns, K training steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.interventions import visible
from dashboard.theme import CHOSEN, LIMIT

WEIGHT_SCALE = "Blues"
"""Of weights in [0, 1]: white is not looked at."""
GOLD = "#d55e00"
MOST_PULL = 0.5
"""Share of a row's pull that is drawn darkest."""
LEAST_RIBBON = 0.02
"""A smaller weight is not drawn as a ribbon."""
BANDS = (0.02, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Ribbons of one band of weights are drawn alike."""


@dataclass(frozen=True)
class Aligned:
    """The attention of one pair, as a picture needs it."""

    weights: np.ndarray
    """Shape (T, S), rows sum to 1."""
    source: tuple[str, ...]
    """S tokens, as they are printed."""
    target: tuple[str, ...]
    """T tokens."""
    sure: np.ndarray | None = None
    """Sure links of the true alignment, shape (T, S), bool."""
    possible: np.ndarray | None = None
    """Possible ones, a superset."""


def matrix_figure(pair: Aligned, by_hand: Sequence[int] = (), changed: Sequence[int] = ()) -> go.Figure:
    """Rows: what is written; columns: the source; colour: weight. Frames: the true alignment (dotted: one of several).

    Look whether the dark cells lie in the frames. `by_hand`: rows whose weights were laid by hand, marked ▸;
    `changed`: rows whose token is another than without a hand, marked ◆. Each cell's id is "row-column".
    """
    figure = go.Figure()
    rows, columns = pair.weights.shape
    figure.add_heatmap(
        x=np.arange(1, columns + 1), y=np.arange(1, rows + 1), z=pair.weights, zmin=0, zmax=1, xgap=1, ygap=1,
        colorscale=WEIGHT_SCALE, customdata=pair.weights, name="weight",
        ids=[[f"{row}-{column}" for column in range(columns)] for row in range(rows)],
        text=[[f"{visible(said)} ← {visible(read)}" for read in pair.source] for said in pair.target],
        hovertemplate="%{text}: %{customdata:.3f}<extra></extra>",
        colorbar={"title": {"text": "weight", "side": "right"}, "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    _add_frames(figure, pair)
    figure.update_xaxes(_token_axis("source", pair.source), side="top")
    marks = ["▸" * (row in by_hand) + "◆" * (row in changed) for row in range(rows)]
    written = [mark + visible(token) for mark, token in zip(marks, pair.target, strict=True)]
    return figure.update_yaxes(_token_axis("written", written), autorange="reversed", tickangle=0)


def pull_figure(pair: Aligned, norms: np.ndarray) -> go.Figure:
    """As `matrix_figure`, of the share that each source position has of the pull of a row's loss; norms (T, S) too.

    Look whether it lies in the frames, as attention does, or is spread over all that the one vector must hold.
    """
    figure = matrix_figure(pair)
    figure.data[0].update(
        zmax=MOST_PULL, customdata=np.stack([pair.weights, norms], axis=-1), name="share of the pull",
        hovertemplate="%{text}: %{customdata[0]:.3f} of the row's pull, ‖∂L/∂e‖ = %{customdata[1]:.2e}<extra></extra>",
        colorbar={"title": {"text": "share of the row’s pull (darkest: half and more)", "side": "right"},
                  "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    return figure.update_yaxes(title="loss of row")


def _add_frames(figure: go.Figure, pair: Aligned) -> None:
    if pair.possible is None or pair.sure is None:
        return
    for row, column in np.argwhere(pair.possible):
        line = {"color": GOLD, "width": 1.5, "dash": "solid" if pair.sure[row, column] else "dot"}
        figure.add_shape(type="rect", x0=column + 0.56, x1=column + 1.44, y0=row + 0.56, y1=row + 1.44, line=line)


def _token_axis(title: str, tokens: Sequence[str]) -> dict:
    """A label on every tick."""
    return {"title": title, "tickvals": list(range(1, len(tokens) + 1)), "ticktext": [visible(one) for one in tokens],
            "range": [0.5, len(tokens) + 0.5], "tickangle": 0 if max(map(len, tokens)) < 4 else -45,
            "tickfont": {"family": "monospace", "size": 11}, "showgrid": False, "zeroline": False}  # fmt: skip


def ribbons_figure(pair: Aligned) -> go.Figure:
    """The source above, what is written below; a ribbon's width is its weight, below 0.02 none is drawn.

    Look whether ribbons cross: there the order of the words is another.
    """
    figure = go.Figure()
    rows, columns = pair.weights.shape
    upper, lower = _spread(columns, rows), _spread(rows, columns)
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        places = np.argwhere((pair.weights >= low) & ((pair.weights < high) | (high == BANDS[-1])))
        if len(places):
            _add_ribbons(figure, pair, places, (upper, lower), (low, high))
    for y, tokens, at, what in ((1, pair.source, upper, "top"), (0, pair.target, lower, "bottom")):
        figure.add_scatter(x=at, y=[y] * len(tokens), mode="markers+text", text=[visible(one) for one in tokens],
                           textposition=f"{what} center", marker={"color": LIMIT, "size": 5}, hoverinfo="skip",
                           textfont={"family": "monospace"}, showlegend=False, cliponaxis=False)  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.7, max(rows, columns) - 0.3])
    return figure.update_yaxes(visible=False, range=[-0.2, 1.2])


def _spread(count: int, other: int) -> np.ndarray:
    """Where `count` tokens stand, over the width of the longer side."""
    width = max(count, other) - 1
    return np.linspace(0, width, count) if count > 1 else np.array([width / 2])


def _add_ribbons(figure: go.Figure, pair: Aligned, places: np.ndarray, sides: tuple, band: tuple[float, float]) -> None:
    """One line a link, in one trace; S-shaped, and so that hovering says what is linked."""
    bend = np.linspace(0, 1, 15)
    ease = bend * bend * (3 - 2 * bend)
    x, y, said = [], [], []
    for row, column in places:
        words = f"{visible(pair.target[row])} ← {visible(pair.source[column])}: {pair.weights[row, column]:.3f}"
        x += [*(sides[0][column] + (sides[1][row] - sides[0][column]) * ease), None]
        y += [*(1 - bend), None]
        said += [words] * (len(bend) + 1)
    middle = sum(band) / 2
    figure.add_scatter(x=x, y=y, mode="lines", customdata=said, hovertemplate="%{customdata}<extra></extra>",
                       line={"color": "#1c7fc4", "width": 1 + 7 * middle}, opacity=0.25 + 0.7 * middle,
                       name=f"{band[0]:g}–{band[1]:g}")  # fmt: skip


def film_figure(steps: Sequence[int], frames: Sequence[np.ndarray], shown: int) -> go.Figure:
    """The matrix at K training steps, first to last; the one that is shown large has a frame.

    Look when the diagonal, or whatever order the task has, comes out of the grey.
    """
    figure = make_subplots(1, len(steps), shared_yaxes=True, horizontal_spacing=0.01)
    for place, (step, weights) in enumerate(zip(steps, frames, strict=True), 1):
        figure.add_heatmap(z=weights, zmin=0, zmax=1, colorscale=WEIGHT_SCALE, showscale=False, row=1, col=place,
                           x=np.arange(1, weights.shape[1] + 1), y=np.arange(1, weights.shape[0] + 1),
                           hovertemplate=f"step {step}: %{{z:.2f}}<extra></extra>")  # fmt: skip
        figure.update_xaxes(title={"text": f"{step}", "standoff": 4, "font": {"size": 12}}, row=1, col=place)
        if step == shown:
            figure.add_shape(type="rect", x0=0.5, x1=weights.shape[1] + 0.5, y0=0.5, y1=weights.shape[0] + 0.5,
                             line={"color": CHOSEN, "width": 3}, row=1, col=place)  # fmt: skip
    figure.update_xaxes(showticklabels=False, showgrid=False, ticks="")
    return figure.update_yaxes(autorange="reversed", showticklabels=False, showgrid=False, ticks="")
