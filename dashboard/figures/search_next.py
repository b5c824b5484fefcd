"""What may follow a hypothesis, and what temperature, top-k and top-p leave of it.

Axes: V vocabulary.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.recordings.search_outcomes import NextTokens
from dashboard.figures.search_text import plain
from dashboard.theme import CHANCE, LIMIT, LSTM

MOST_BARS = 30
"""Tokens that have a bar, the most probable first."""


def next_figure(found: NextTokens, names: list[str]) -> go.Figure:
    """The most probable next tokens: outlined by the model, filled as they are drawn; right of the line they are cut.

    Look for how much a low temperature raises the first bar, and how many tokens top-p leaves: few where the model is
    sure, many where it is not. `names` are all V, for people.
    """
    order = np.argsort(-found.log_probs, kind="stable")[:MOST_BARS]
    ticks, places = [plain(names[token]) for token in order], np.arange(len(order))
    figure = go.Figure()
    figure.add_bar(
        x=places, y=np.exp(found.log_probs[order]), name="the model's", customdata=ticks,
        marker={"color": "rgba(0,0,0,0)", "line": {"color": CHANCE, "width": 1.5}},
        hovertemplate="%{customdata}: %{y:.4g} by the model<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        x=places, y=found.drawn_from[order], name="drawn from", customdata=ticks, marker={"color": LSTM}, width=0.5,
        hovertemplate="%{customdata}: drawn with %{y:.4g}<extra></extra>",
    )  # fmt: skip
    left = int((~found.is_cut).sum())
    if left < len(found.is_cut):
        place = min(left, len(order)) - 0.5
        figure.add_vline(x=place, line={"color": LIMIT, "dash": "dash"}, annotation_text=f"cut after {left}")
    figure.update_layout(barmode="overlay", bargap=0.2)
    figure.update_xaxes(title="next token", tickvals=places, ticktext=ticks, range=[-0.6, len(order) - 0.4])
    return figure.update_yaxes(title="probability", range=[0, 1])
