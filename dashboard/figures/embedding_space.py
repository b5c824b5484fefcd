"""Where tokens lie: the table's rows in a plane, and who is near the chosen one.

Axes: V tokens, F frames of a training run, M marked tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import CHOSEN, LIMIT, LSTM, Mark

KIND_MARKS = {
    "vowel": Mark("#d55e00", "diamond"),
    "consonant": Mark("#1c7fc4", "circle"),
    "capital": Mark("#009e73", "square"),
    "digit": Mark("#a35bb5", "triangle-up"),
    "space": Mark("#80868f", "cross"),
    "sign": Mark("#b07a00", "x"),
    "one of the 100 most frequent": Mark("#d55e00", "diamond"),
    "one of the next 400": Mark("#1c7fc4", "circle"),
    "rarer": Mark("#009e73", "square"),
    "mark": Mark("#b07a00", "x"),
    "unknown": Mark("#80868f", "cross"),
    "symbol": Mark("#1c7fc4", "circle"),
}
"""What a token is → how its point is drawn."""
MARGIN = 1.12


@dataclass(frozen=True, eq=False)
class Space:
    """A table's rows in a plane."""

    places: np.ndarray
    """Shape (V, 2)."""
    labels: Sequence[str]
    """One a token, as people read it."""
    kinds: Sequence[str]
    """One a token, of KIND_MARKS."""
    named: np.ndarray
    """Tokens whose label is written, whole numbers."""
    chosen: int
    trails: np.ndarray
    """Of the chosen token and its neighbours, over the frames up to now, shape (F, M, 2)."""
    marked: np.ndarray
    """Which tokens those are, the chosen one first, shape (M,)."""
    reach: float
    """Largest absolute coordinate of any frame."""
    axes: tuple[str, str]
    """Titles."""


def space_figure(space: Space) -> go.Figure:
    """A point a token; the chosen one is ringed, and lines lead to it and its neighbours from where they began.

    Look for groups: what a model treats alike comes to lie together. In a plane of principal components only part of
    the distance is seen, so the list of neighbours counts, not the eye. Each point's id is its token.
    """
    figure = go.Figure()
    _add_trails(figure, space)
    named = np.zeros(len(space.places), bool)
    named[space.named] = named[space.marked] = True
    for kind in dict.fromkeys(space.kinds):
        here = np.flatnonzero([kind == one for one in space.kinds])
        _add_points(figure, space, here, kind, named)
    figure.add_scatter(
        x=[space.places[space.chosen, 0]], y=[space.places[space.chosen, 1]], mode="markers", hoverinfo="skip",
        showlegend=False, marker={"symbol": "circle-open", "size": 20, "color": CHOSEN, "line": {"width": 3}},
    )  # fmt: skip
    reach = [-MARGIN * space.reach, MARGIN * space.reach]
    figure.update_xaxes(title=space.axes[0], range=reach, zeroline=True)
    return figure.update_yaxes(title=space.axes[1], range=reach, zeroline=True)


def _add_points(figure: go.Figure, space: Space, here: np.ndarray, kind: str, named: np.ndarray) -> None:
    mark = KIND_MARKS[kind]
    figure.add_scatter(
        x=space.places[here, 0], y=space.places[here, 1], mode="markers+text", name=kind,
        ids=[str(place) for place in here], text=[space.labels[place] if named[place] else "" for place in here],
        textposition="top center", customdata=[space.labels[place] for place in here],
        marker={"color": mark.color, "symbol": mark.symbol, "size": 7, "opacity": 0.8},
        hovertemplate=f"%{{customdata}}, {kind} (%{{x:.3g}}, %{{y:.3g}})<extra></extra>",
    )  # fmt: skip


def _add_trails(figure: go.Figure, space: Space) -> None:
    if len(space.trails) < 2:
        return
    for place, token in enumerate(space.marked):
        trail = space.trails[:, place]
        is_chosen = place == 0
        figure.add_scatter(
            x=trail[:, 0], y=trail[:, 1], mode="lines", hoverinfo="skip", showlegend=False,
            name=f"way of {space.labels[token]}",
            line={"color": CHOSEN if is_chosen else LIMIT, "width": 2 if is_chosen else 1, "dash": "dot"},
        )  # fmt: skip


def neighbours_figure(
    labels: Sequence[str], now: np.ndarray, before: np.ndarray | None, ids: Sequence[int], is_distance: bool
) -> go.Figure:
    """How near the nearest tokens are to the chosen one: a bar now, a ring as it was before training.

    Look at rings far from the ends of their bars: those tokens were brought together by training. In two numbers
    nearness is distance, as the picture shows it, else the cosine. Each bar's id is its token.
    """
    name = "distance" if is_distance else "cosine"
    figure = go.Figure(
        go.Bar(
            x=now, y=list(labels), orientation="h", ids=[str(token) for token in ids], name="now",
            marker={"color": LSTM}, hovertemplate=f"%{{y}}: {name} %{{x:.3f}}<extra></extra>",
        )
    )  # fmt: skip
    if before is not None:
        figure.add_scatter(
            x=before, y=list(labels), mode="markers", name="before training", ids=[str(token) for token in ids],
            marker={"symbol": "circle-open", "size": 10, "color": LIMIT, "line": {"width": 2, "color": LIMIT}},
            hovertemplate=f"%{{y}}: {name} %{{x:.3f}} before training<extra></extra>",
        )  # fmt: skip
    ends = {"rangemode": "tozero"} if is_distance else {"range": [-1.05, 1.05]}
    figure.update_xaxes(
        title=f"{name} from the chosen token" if is_distance else "cosine with the chosen token", **ends
    )
    return figure.update_yaxes(autorange="reversed", type="category", dtick=1)
