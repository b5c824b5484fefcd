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
    """How the weights of each block are spread, each on a scale of its own, which stands beside it.

    Look for a scale that grows as training goes on, and for weights that leave zero.
    """
    figure = go.Figure()
    for row, (name, largest) in enumerate(zip(histograms.blocks, largest_weights(histograms), strict=True)):
        counts, sign = histograms.counts[row], "all " if _is_constant(histograms.counts[row]) else "±"
        _add_ridge(figure, row, name, histograms.edges[row], counts, stroke, scale=largest or 1.0)
        figure.add_annotation(x=1, xref="paper", xanchor="right", y=row, yanchor="bottom", showarrow=False,
                              text=f"{sign}{largest:.2g}")  # fmt: skip
    figure.update_xaxes(title="weight, in units of the block's largest", range=[-1.1, 1.6], tickvals=[-1, 0, 1])
    return _name_rows(figure, histograms.blocks)


def largest_weights(histograms: BlockHistograms) -> np.ndarray:
    """Largest modulus of each block's weights, to the middle of a bin, shape (B,).

    Where all weights are equal, the one value, about which the bins are laid.
    """
    middles = np.abs(histograms.edges[:, :-1] + histograms.edges[:, 1:]) / 2
    largest = np.where(histograms.counts > 0, middles, 0).max(axis=1)
    center = (histograms.edges[:, 0] + histograms.edges[:, -1]) / 2
    return np.where([_is_constant(counts) for counts in histograms.counts], center, largest)


def _is_constant(counts: np.ndarray) -> bool:
    return int((counts > 0).sum()) == 1


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


def _add_ridge(figure: go.Figure, row: int, name: str, edges: np.ndarray, counts: np.ndarray, stroke: Stroke,
               scale: float = 1.0) -> None:  # fmt: skip
    """An outline that stands on its row; a row without entries is a bare line."""
    height = RIDGE * counts / max(int(counts.max(initial=0)), 1)
    x = np.repeat(edges / scale, 2)
    y = row - np.concatenate([[0.0], np.repeat(height, 2), [0.0]])
    figure.add_scatter(x=x[[0, -1]], y=[row, row], mode="lines",
                       line={"color": stroke.color, "width": 0.5}, hoverinfo="skip", showlegend=False)  # fmt: skip
    figure.add_scatter(x=x, y=y, mode="lines", fill="tonexty", name=name, showlegend=False,
                       customdata=_bins(edges, counts),
                       line={"color": stroke.color, "width": 1},
                       hovertemplate="%{customdata}")  # fmt: skip


def _bins(edges: np.ndarray, counts: np.ndarray) -> list[str]:
    """What each corner of an outline says: its bin and how many entries it holds."""
    said = [f"{low:.3g} to {high:.3g}: {count} entries"
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)]  # fmt: skip
    return [said[0], *(text for text in said for _ in range(2)), said[-1]]


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
