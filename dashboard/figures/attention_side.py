"""Fusion, digits and the model that cheats: what the other sections of sequence to sequence show.

Axes: K training steps, R seeds, T letters, P patches of an image, row by row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.attention import WEIGHT_SCALE
from dashboard.theme import LIMIT, Stroke

SIDE = 8
"""Pixels of an image's side."""


def band_figure(lines: Mapping[str, tuple[Stroke, np.ndarray, np.ndarray]], axis: str) -> go.Figure:
    """Mean over seeds by training step, with a band from the least to the most; one line a model.

    `lines`: label → stroke, steps (K,), values (R, K). Look whether bands overlap: if they do, seeds matter more.
    """
    figure = go.Figure()
    for label, (stroke, steps, values) in lines.items():
        low, high = values.min(axis=0), values.max(axis=0)
        figure.add_scatter(x=[*steps, *steps[::-1]], y=[*high, *low[::-1]], fill="toself", mode="none", opacity=0.2,
                           fillcolor=stroke.color, showlegend=False, hoverinfo="skip", name=label)  # fmt: skip
        figure.add_scatter(x=steps, y=values.mean(axis=0), name=label, mode="lines+markers", marker={"size": 5},
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
                           customdata=np.stack([low, high], axis=-1),
                           hovertemplate="step %{x}: %{y:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})"
                           )  # fmt: skip
    figure.update_xaxes(title="training step", rangemode="tozero")
    return figure.update_yaxes(title=axis, range=[-0.02, 1.02])


def digit_figure(image: np.ndarray, weights: np.ndarray, letters: Sequence[str]) -> go.Figure:
    """The image, and where the model looks for each letter: weights (T, P) over the patches.

    Look whether the dark patches lie on the strokes, and whether they move from letter to letter.
    """
    count = len(letters)
    figure = make_subplots(1, count + 1, horizontal_spacing=0.015)
    centres = np.arange(SIDE) + 0.5
    figure.add_heatmap(x=centres, y=centres, z=image, colorscale="gray_r", showscale=False, zmin=0, zmax=1, row=1,
                       col=1, hovertemplate="grey %{z:.2f}<extra></extra>")  # fmt: skip
    patches = math.isqrt(weights.shape[1])
    places = (np.arange(patches) + 0.5) * SIDE / patches
    top = max(float(weights.max()), 0.05)
    for place, letter in enumerate(letters):
        looked = weights[place].reshape(patches, patches)
        figure.add_heatmap(x=places, y=places, z=looked, colorscale=WEIGHT_SCALE, zmin=0, zmax=top, row=1,
                           col=place + 2, showscale=place == count - 1, name=letter,
                           hovertemplate="weight %{z:.3f}<extra></extra>",
                           colorbar={"thickness": 10, "outlinewidth": 0})  # fmt: skip
        figure.add_contour(x=centres, y=centres, z=image, showscale=False, contours={"coloring": "none", "start": 0.5,
                           "end": 0.5, "size": 1}, line={"color": LIMIT, "width": 2}, hoverinfo="skip",
                           showlegend=False, row=1,
                           col=place + 2)  # fmt: skip
    for place, title in enumerate(("image", *letters), 1):
        figure.update_xaxes(title={"text": title, "standoff": 4}, row=1, col=place)
    figure.update_xaxes(showticklabels=False, ticks="", showgrid=False, range=[0, SIDE], constrain="domain")
    for place in range(1, count + 2):
        figure.update_yaxes(scaleanchor=f"x{place if place > 1 else ''}", constrain="domain", row=1, col=place)
    return figure.update_yaxes(showticklabels=False, ticks="", showgrid=False, range=[SIDE, 0])


def digit_shares_figure(shares: Mapping[str, tuple[Stroke, np.ndarray]], words: Sequence[str]) -> go.Figure:
    """Share of held-out images of each digit whose word is right, one bar a model.

    Look for the digit that all of them find hard.
    """
    figure = go.Figure()
    for label, (stroke, values) in shares.items():
        figure.add_bar(x=list(words), y=values, name=label, marker={"color": stroke.color},
                       hovertemplate="%{x}: %{y:.1%}")  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25)
    return figure.update_yaxes(title="words right", range=[0, 1.02])


def losses_figure(
    lines: Mapping[str, tuple[Stroke, np.ndarray, np.ndarray]], written: Mapping[str, float], alike: float
) -> go.Figure:
    """Loss in training by step, and at the right end, as a star, what the same model loses when it has to write.

    Dashed: guessing among all characters alike, in nats. Look how far the star is from the end of its own line.
    """
    figure = go.Figure()
    for label, (stroke, steps, values) in lines.items():
        figure.add_scatter(x=steps, y=values, name=f"{label}, in training", mode="lines",
                           hovertemplate="step %{x}: %{y:.3f}",
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5})  # fmt: skip
        figure.add_scatter(x=[steps[-1]], y=[written[label]], name=f"{label}, when it writes", mode="markers",
                           marker={"color": stroke.color, "symbol": "star", "size": 16}, cliponaxis=False,
                           hovertemplate="%{y:.3f} nats")  # fmt: skip
    figure.add_hline(alike, line={"color": LIMIT, "dash": "dash", "width": 1}, annotation={"text": "all alike"})
    figure.update_xaxes(title="training step", rangemode="tozero")
    return figure.update_yaxes(title="loss, nats a character", rangemode="tozero")
