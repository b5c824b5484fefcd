"""One search, accounted for: where probability went, what each hypothesis is a product of, and when it may stop.

Axes: L steps of a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.search_text import plain
from dashboard.theme import CHANCE, CHOSEN, DASHES, GRU, LSTM, RNN_RELU

KEPT, FINISHED, PRUNED = LSTM, GRU, CHANCE
FATES = (("kept", KEPT, ""), ("finished", FINISHED, "/"), ("pruned", PRUNED, ""))
"""Name, colour and pattern of each part of the mass."""
LINES = (CHOSEN, LSTM, GRU)
"""Colours of the hypotheses, the search's first one first."""
BEST = RNN_RELU
"""The best there is."""
MOST_LABELS = 24
"""Tokens up to which each point has its name beside it."""


@dataclass(frozen=True)
class Line:
    """One hypothesis as a product."""

    label: str
    tokens: tuple[str, ...]
    step_log_probs: tuple[float, ...]
    """Nats."""
    is_best: bool = False
    """Whether it is the best there is, which the search has missed."""


def mass_figure(mass: np.ndarray) -> go.Figure:
    """Probability kept, finished and pruned after each step, `mass` of shape (L, 3); each bar is 1 high.

    Look for how soon nearly everything is pruned: what is kept is a small part of what could be said.
    """
    figure, steps = go.Figure(), np.arange(1, len(mass) + 1)
    for (name, color, pattern), values in zip(FATES, mass.T, strict=True):
        figure.add_bar(
            x=steps, y=values, name=name, marker={"color": color, "pattern": {"shape": pattern}}, customdata=values,
            hovertemplate=f"step %{{x}}: {name} %{{customdata:.4g}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.15)
    figure.update_xaxes(title="step", dtick=max(1, len(mass) // 12))
    return figure.update_yaxes(title="probability", range=[0, 1])


def product_figure(lines: Sequence[Line]) -> go.Figure:
    """Log P(y | x) as it adds up, token by token: each step down is a factor below 1.

    Look for where two hypotheses part, and which one pays more there.
    """
    figure = go.Figure()
    for place, line in enumerate(lines):
        new = 0 if not place else _shared(line.tokens, lines[0].tokens)
        names, totals = [plain(token) for token in line.tokens], np.cumsum((0.0, *line.step_log_probs))
        color = BEST if line.is_best else LINES[place % len(LINES)]
        is_labelled = len(line.tokens) <= MOST_LABELS
        figure.add_scatter(
            x=np.arange(len(totals)), y=totals, name=plain(line.label), text=[""] * (new + 1) + names[new:],
            mode="lines+markers+text" if is_labelled else "lines+markers",
            textposition="bottom center" if place else "top center",
            line={"color": color, "width": 2, "dash": "dot" if line.is_best else DASHES[place % len(DASHES)]},
            marker={"symbol": "star" if line.is_best else "circle", "size": 8 if line.is_best else 6},
            customdata=_hovered(line, totals),
            hovertemplate="%{customdata[0]}: factor %{customdata[1]}, product %{customdata[2]}<extra></extra>",
        )  # fmt: skip
    longest = max((len(line.tokens) for line in lines), default=1)
    figure.update_xaxes(title="tokens generated", range=[-0.2, longest + 0.5])
    return figure.update_yaxes(title="log P(y | x), nats")


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Tokens that two hypotheses have in common at the beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _hovered(line: Line, totals: np.ndarray) -> list[list[str]]:
    """Token, factor and product at each point, for people."""
    factors, names = np.exp((0.0, *line.step_log_probs)), ("nothing", *map(plain, line.tokens))
    return [[name, f"{p:.4g}", f"{total:.4g}"] for name, p, total in zip(names, factors, np.exp(totals), strict=True)]


def stopping_figure(stopping: np.ndarray) -> go.Figure:
    """The best score still in reach and the worst finished one, which it must beat, shape (L, 2); NaN: none is asked.

    Look for where the first line falls below the second: from there on going on cannot help, and the search stops.
    """
    figure, steps = go.Figure(), np.arange(1, len(stopping) + 1)
    named = (("still in reach", KEPT, "circle"), ("worst of the finished, if all places are taken", FINISHED, "square"))
    for (name, color, symbol), values in zip(named, np.where(np.isfinite(stopping), stopping, np.nan).T, strict=True):
        figure.add_scatter(
            x=steps, y=values, name=name, mode="lines+markers", line={"color": color, "width": 2},
            marker={"symbol": symbol, "size": 6}, hovertemplate=f"step %{{x}}: {name} %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="step", dtick=max(1, len(stopping) // 12))
    return figure.update_yaxes(title="score")


def candidates_figure(candidates: np.ndarray) -> go.Figure:
    """Candidates that each step looked at, shape (L,).

    Look for k · V: every one of k hypotheses goes on by every one of V tokens, and k of them are kept.
    """
    steps = np.arange(1, len(candidates) + 1)
    figure = go.Figure(
        go.Bar(x=steps, y=candidates, marker={"color": KEPT}, hovertemplate="step %{x}: %{y} candidates<extra></extra>")
    )
    figure.update_xaxes(title="step", dtick=max(1, len(candidates) // 12))
    return figure.update_yaxes(title="candidates", rangemode="tozero")
