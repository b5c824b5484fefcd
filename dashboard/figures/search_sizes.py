"""How the answer of beam search depends on the beam's size.

Axes: n beam sizes.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.recordings.search_account import ScoreAgainstSize
from dashboard.figures.search_text import plain
from dashboard.theme import LIMIT, LSTM, RNN

LEAST_SPAN = 0.01
"""Of the axis of scores."""
FALLS, STAYS = "triangle-down", "circle"


def sizes_figure(found: ScoreAgainstSize, answers: list[str], best: float | None) -> go.Figure:
    """Score of the answer by beam size; a red triangle where a wider beam found a worse one than the size before.

    Look for triangles, for nothing makes the score rise with the size, and for the smallest size on the dotted line,
    the score of the best there is (None: not known). `answers` are those of each size, for people.
    """
    falls = np.isin(found.sizes, found.falls)
    scores = np.where(np.isfinite(found.scores), found.scores, np.nan)
    figure = go.Figure(
        go.Scatter(
            x=found.sizes, y=scores, mode="lines+markers", name="best of the beam", line={"color": LSTM, "width": 2},
            marker={"symbol": np.where(falls, FALLS, STAYS), "size": np.where(falls, 14, 8),
                    "color": np.where(falls, RNN, LSTM)},
            customdata=[plain(answer) for answer in answers],
            hovertemplate="k = %{x}: score %{y:.4g}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    for size, score in zip(found.sizes[falls], scores[falls], strict=True):
        figure.add_annotation(x=np.log10(size), y=score, text="worse", showarrow=False, yshift=-16, font={"color": RNN})
    if best is not None:
        figure.add_hline(y=best, line={"color": LIMIT, "dash": "dot"}, annotation_text="the best there is",
                         annotation_position="top left")  # fmt: skip
    figure.update_xaxes(title="beam size k", type="log", tickvals=found.sizes, ticktext=[str(k) for k in found.sizes])
    return figure.update_yaxes(
        title="score of the answer", range=_range(np.append(scores, best if best is not None else []))
    )


def _range(scores: np.ndarray) -> list[float] | None:
    """An axis on which rounding draws a level line; None: plotly's own, of scores that differ or are not there."""
    known = scores[np.isfinite(scores)]
    if not len(known) or np.ptp(known) > LEAST_SPAN:
        return None
    return [float(known.min()) - LEAST_SPAN / 2, float(known.max()) + LEAST_SPAN / 2]
