"""What each remedy would change before any training: share kept per step, and how far that reaches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.analysis.decay import Decay
from dashboard.theme import LIMIT, Stroke

LONGEST = 10_000.0
"""Steps; a horizon beyond, or without end, stands at this edge with an arrow."""


@dataclass(frozen=True)
class Effect:
    """A remedy's outcome before training."""

    title: str
    decay: Decay


def factors_figure(before: Decay, effects: Sequence[Effect], stroke: Stroke) -> go.Figure:
    """Share kept per step back, one row a remedy: the patient's (ring) to the treated model's (dot).

    Look for the dot that comes nearest to 1 from below: there a gradient neither fades nor explodes.
    """
    figure = _dumbbells(before, effects, stroke, lambda decay: decay.factor, _kept)
    factors = [before.factor, *(effect.decay.factor for effect in effects)]
    known = [factor for factor in factors if math.isfinite(factor)] or [1.0]
    figure.add_vline(1, line={"color": LIMIT, "dash": "dot", "width": 1})
    return figure.update_xaxes(title="kept per step back, λ", range=[min(0.3, *known) - 0.05, max(1.1, *known) + 0.1])


def horizons_figure(before: Decay, effects: Sequence[Effect], stroke: Stroke) -> go.Figure:
    """Steps back until 1/1000 is left, log axis, one row a remedy, as in `factors_figure`.

    Look whether a dot stands beyond the task's T: a dependency that long can be learnt at all.
    """
    figure = _dumbbells(before, effects, stroke, _reach, _steps)
    for trace in figure.data:
        if trace.name == "treated":
            trace.marker.symbol = ["triangle-right" if end >= LONGEST else "circle" for end in trace.x]
    return figure.update_xaxes(title="steps until 1/1000 is left", type="log", range=[0, 4.4], dtick=1)


def _dumbbells(
    before: Decay,
    effects: Sequence[Effect],
    stroke: Stroke,
    place: Callable[[Decay], float],
    say: Callable[[Decay], str],
) -> go.Figure:
    """From the patient's place to each treated model's, with the latter's number."""
    figure, start = go.Figure(), place(before)
    titles, ends = [effect.title for effect in effects], [place(effect.decay) for effect in effects]
    for title, end in zip(titles, ends, strict=True):
        figure.add_scatter(x=[start, end], y=[title, title], mode="lines", showlegend=False, hoverinfo="skip",
                           line={"color": LIMIT, "width": 2})  # fmt: skip
    ring = {"color": stroke.color, "symbol": "circle-open", "size": 10, "line": {"width": 2}}
    figure.add_scatter(x=[start] * len(titles), y=titles, mode="markers", name="patient", marker=ring,
                       hovertemplate=f"patient: {say(before)}<extra></extra>")  # fmt: skip
    figure.add_scatter(x=ends, y=titles, mode="markers+text", name="treated", cliponaxis=False,
                       text=[say(effect.decay) for effect in effects], textposition="top center",
                       marker={"color": stroke.color, "size": 10},
                       hovertemplate="%{y}: %{text}<extra></extra>")  # fmt: skip
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
