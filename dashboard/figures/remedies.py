"""What each remedy would change before any training: share kept per step, and how far that reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.decay import Decay
from dashboard.theme import LIMIT, Stroke

LONGEST = 10_000.0
"""Steps; a horizon beyond, or without end, stands at this edge with an arrow."""


@dataclass(frozen=True)
class Effect:
    """A remedy's outcome before training."""

    title: str
    decay: Decay


def remedies_figure(before: Decay, effects: Sequence[Effect], stroke: Stroke) -> go.Figure:
    """One row a remedy: the patient's factor per step (ring) to the treated model's (dot), and the same of horizons.

    Look for the dot that comes nearest to 1 from below: there a gradient neither fades nor explodes.
    """
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.06)
    titles = [effect.title for effect in effects]
    factors = [effect.decay.factor for effect in effects]
    reaches = [_reach(effect.decay) for effect in effects]
    for col, start, ends in ((1, before.factor, factors), (2, _reach(before), reaches)):
        for title, end in zip(titles, ends, strict=True):
            figure.add_scatter(x=[start, end], y=[title, title], mode="lines", showlegend=False, hoverinfo="skip",
                               line={"color": LIMIT, "width": 2}, row=1, col=col)  # fmt: skip
    ring = {"color": stroke.color, "symbol": "circle-open", "size": 10, "line": {"width": 2}}
    for col, start, words in ((1, before.factor, _kept(before)), (2, _reach(before), _steps(before))):
        figure.add_scatter(x=[start] * len(titles), y=titles, mode="markers", name="patient", marker=ring,
                           hovertemplate=f"patient: {words}<extra></extra>", showlegend=col == 1, row=1,
                           col=col)  # fmt: skip
    for col, ends, say in ((1, factors, _kept), (2, reaches, _steps)):
        symbols = ["triangle-right" if col == 2 and end >= LONGEST else "circle" for end in ends]
        figure.add_scatter(x=ends, y=titles, mode="markers+text", name="treated", cliponaxis=False,
                           text=[say(effect.decay) for effect in effects], textposition="top center",
                           marker={"color": stroke.color, "size": 10, "symbol": symbols}, showlegend=col == 1,
                           hovertemplate="%{y}: %{text}<extra></extra>", row=1, col=col)  # fmt: skip
    return _axes(figure, [before.factor, *factors])


def _axes(figure: go.Figure, factors: list[float]) -> go.Figure:
    known = [factor for factor in factors if math.isfinite(factor)] or [1.0]
    figure.add_vline(1, line={"color": LIMIT, "dash": "dot", "width": 1}, col=1)
    low, high = min(0.0 if min(known) < 0.3 else 0.3, *known), max(1.1, *known)
    figure.update_xaxes(title="kept per step back, λ", range=[low - 0.05, high + 0.1], col=1)
    figure.update_xaxes(title="steps until 1/1000 is left", type="log", range=[0, 4.3], dtick=1, col=2)
    return figure.update_yaxes(autorange="reversed", type="category")


def _reach(decay: Decay) -> float:
    """Horizon on the axis; NaN, where nothing can be fitted, is no point."""
    return decay.horizon if math.isnan(decay.horizon) else min(max(decay.horizon, 1.0), LONGEST)


def _kept(decay: Decay) -> str:
    return "NaN" if math.isnan(decay.factor) else f"{decay.factor:.2f}"


def _steps(decay: Decay) -> str:
    if math.isnan(decay.horizon):
        return "NaN"
    return f"{decay.horizon:.0f}" if decay.horizon < LONGEST else "no limit" if decay.factor >= 1 else "> 10⁴"
