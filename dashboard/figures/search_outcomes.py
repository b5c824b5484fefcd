"""What searches cost, and how a length penalty ranks what they found.

Axes: n hypotheses, A strengths of the penalty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.recordings.search_outcomes import Outcome
from dashboard.figures.search_text import plain
from dashboard.theme import CHANCE, CHOSEN, DASHES, GRU, LIMIT, LSTM

COSTS = (("calls of the model", LSTM, ""), ("hypotheses fed", GRU, "/"))
WINNERS = (CHOSEN, LSTM, GRU, "#b07a00", "#a35bb5", "#5f8f1f")
"""Colours of the hypotheses that win somewhere, in order of the strength at which they do."""


def costs_figure(outcomes: Sequence[Outcome]) -> go.Figure:
    """Calls of the model and hypotheses fed in them, by method, on a log axis; those that could not run are left out.

    Look for how few hypotheses an exact search feeds, one a call, beside a beam, which feeds k in one.
    """
    ran = [one for one in outcomes if not one.refused]
    figure = go.Figure()
    counts = ([one.calls for one in ran], [one.rows for one in ran])
    for (name, color, pattern), values in zip(COSTS, counts, strict=True):
        figure.add_bar(
            y=[one.label for one in ran], x=values, name=name, orientation="h", text=values,
            textposition="outside", textangle=0,
            marker={"color": color, "pattern": {"shape": pattern}},
            hovertemplate=f"%{{y}}: %{{x}} {name}<extra></extra>",
        )  # fmt: skip
    most = max((one.rows for one in ran), default=1)
    ticks = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
    figure.update_xaxes(title="count", type="log", range=[-0.1, np.log10(most) + 0.25], tickvals=ticks, ticktext=ticks)
    return figure.update_yaxes(autorange="reversed")


def penalty_figure(alphas: np.ndarray, scores: np.ndarray, labels: Sequence[str], chosen: float) -> go.Figure:
    """How far each hypothesis is behind the winner, by the strength α of the penalty; the one at 0 wins there.

    `scores` of shape (n, A). Look for where the winner changes: from there on longer answers beat shorter ones. The
    vertical line is the strength chosen.
    """
    behind = scores - scores.max(axis=0)
    winners = list(dict.fromkeys(scores.argmax(axis=0).tolist()))
    figure = go.Figure()
    for place, row in enumerate(behind):
        is_winner = place in winners
        nth = winners.index(place) if is_winner else 0
        figure.add_scatter(
            x=alphas, y=row, name=plain(labels[place]), mode="lines", showlegend=is_winner,
            line={"color": WINNERS[nth % len(WINNERS)] if is_winner else CHANCE, "width": 3 if is_winner else 1,
                  "dash": DASHES[nth % len(DASHES)] if is_winner else "solid"},
            hovertemplate="%{fullData.name}: %{y:.3g} at α = %{x:.2f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=chosen, line={"color": LIMIT, "dash": "dot"}, annotation_text=f"α = {chosen:g}")
    figure.update_xaxes(title="strength α of the length penalty", range=[float(alphas[0]), float(alphas[-1])])
    lowest = min(float(np.quantile(behind.min(axis=1), 0.5)), -0.1)
    return figure.update_yaxes(title="score less the winner's", range=[1.1 * lowest, -0.05 * lowest])
