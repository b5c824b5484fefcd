"""Gradient, update and distribution of the weights, block by block: W_ih, W_hh and biases of each gate.

Axes: B blocks, `bins` of a histogram.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.recordings.anatomy import BlockHistograms
from dashboard.theme import LOG_NORM_SCALE, NOT_A_NUMBER, Stroke

RIDGE = 0.9
"""Height of the tallest bin, in rows."""


def blocks_figure(blocks: Sequence[str], decades: tuple[float, float], quantity: str) -> go.Figure:
    """A number of each block by training step (across) and block (down), in colour, log₁₀; empty until rows come.

    Look for a row that is dark while others are bright: these weights do not learn.
    """
    figure = go.Figure()
    figure.add_heatmap(x=[], y=list(blocks), z=[], zmin=decades[0], zmax=decades[1], colorscale=LOG_NORM_SCALE,
                       colorbar={"title": {"text": f"log₁₀ {quantity}", "side": "right"}},
                       hovertemplate="step %{x}, %{y}: %{customdata:.3g}<extra></extra>")  # fmt: skip
    figure.update_xaxes(title="training step")
    return figure.update_yaxes(autorange="reversed", type="category", dtick=1)


def weight_histograms_figure(histograms: BlockHistograms, stroke: Stroke) -> go.Figure:
    """How the weights of each block are spread, one outline a block, each as high as its fullest bin.

    Look for an outline that drifts from zero or widens as training goes on.
    """
    figure = go.Figure()
    for row, name in enumerate(histograms.blocks):
        _add_ridge(figure, row, name, histograms.edges[row], histograms.counts[row], stroke)
    figure.update_xaxes(title="weight", zeroline=True)
    return _name_rows(figure, histograms.blocks)


def gradient_histograms_figure(histograms: BlockHistograms, stroke: Stroke) -> go.Figure:
    """How large the entries of each block's gradient are, log₁₀; what is exactly zero or not a number stands beside it.

    Look for a block far to the left of the others, and for entries that are exactly zero: nothing reaches them.
    """
    figure = go.Figure()
    edges = histograms.gradient_edges
    for row, name in enumerate(histograms.blocks):
        _add_ridge(figure, row, name, edges, histograms.gradient_counts[row], stroke)
        _add_note(figure, row, histograms)
    figure.update_xaxes(title="log₁₀ |gradient entry|", range=[float(edges[0]), float(edges[-1])])
    return _name_rows(figure, histograms.blocks)


def _add_ridge(figure: go.Figure, row: int, name: str, edges: np.ndarray, counts: np.ndarray, stroke: Stroke) -> None:
    """An outline that stands on its row; a row without entries is a bare line."""
    height = RIDGE * counts / max(int(counts.max(initial=0)), 1)
    x = np.repeat(edges, 2)
    y = row - np.concatenate([[0.0], np.repeat(height, 2), [0.0]])
    figure.add_scatter(x=np.full(2, [edges[0]]) if not len(x) else x[[0, -1]], y=[row, row], mode="lines",
                       line={"color": stroke.color, "width": 0.5}, hoverinfo="skip", showlegend=False)  # fmt: skip
    figure.add_scatter(x=x, y=y, mode="lines", fill="tonexty", name=name, showlegend=False,
                       customdata=np.concatenate([[0], np.repeat(counts, 2), [0]]),
                       line={"color": stroke.color, "width": 1},
                       hovertemplate="%{x:.3g}: %{customdata} entries")  # fmt: skip


def _add_note(figure: go.Figure, row: int, histograms: BlockHistograms) -> None:
    zeros, broken = int(histograms.zeros[row]), int(histograms.not_finite[row])
    entries = int(histograms.gradient_counts[row].sum()) + zeros + broken
    notes = [f"{zeros / entries:.0%} exactly 0"] if zeros else []
    notes += [f"{broken} NaN or Inf"] if broken else []
    if notes:
        color = {"color": NOT_A_NUMBER} if broken else {}
        figure.add_annotation(x=0, xref="paper", xanchor="left", y=row, yanchor="bottom", showarrow=False,
                              text=", ".join(notes), font=color)  # fmt: skip


def _name_rows(figure: go.Figure, blocks: Sequence[str]) -> go.Figure:
    rows = len(blocks)
    return figure.update_yaxes(tickvals=list(range(rows)), ticktext=list(blocks), range=[rows - 0.4, -1.1])
