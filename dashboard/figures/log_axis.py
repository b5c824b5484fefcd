"""Logarithmic axes with a floor: what lies below is drawn on it and marked, never left out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import LIMIT

LEAST_DECADES = 6
SMALLEST_NORMAL, SMALLEST_SUBNORMAL = 2.0**-126, 2.0**-149
"""Of float32: below the first it loses digits, below the second it is zero."""


def decades_of(values: Iterable[np.ndarray | None], floor: float, least: int = LEAST_DECADES) -> tuple[int, int]:
    """Whole decades that hold all values, at least `least`, none below `floor`: (log₁₀ lowest, log₁₀ highest)."""
    given = np.concatenate([np.ravel(array) for array in values if array is not None] or [np.ones(1)])
    usable = given[np.isfinite(given) & (given > 0)]
    low, high = (usable.min(), usable.max()) if len(usable) else (1.0, 1.0)
    bottom = round(math.log10(floor))
    top = max(math.ceil(math.log10(high)) + 1, bottom + least)
    return max(bottom, min(math.floor(math.log10(low)), top - least)), top


def log_axis(title: str, decades: tuple[float, float]) -> dict[str, Any]:
    """Settings of a logarithmic axis over these decades, with about six labels."""
    every = max(1, round((decades[1] - decades[0]) / 6))
    return {"title": title, "type": "log", "range": list(decades), "exponentformat": "power", "dtick": every}


def measured(value: float, floor: float) -> str:
    """A value in words: what it is, and whether the picture can show it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf"
    return f"{value:.2g} (below the floor)" if value < floor else f"{value:.2g}"


def add_float32_limits(figure: go.Figure, decades: tuple[float, float]) -> None:
    """Lines where float32 begins to lose digits and where it ends, as far as the first row's log axis reaches."""
    for value, says in ((SMALLEST_NORMAL, "float32 loses digits below"), (SMALLEST_SUBNORMAL, "float32 is 0 below")):
        exponent = math.log10(value)
        if not decades[0] <= exponent <= decades[1]:
            continue
        line = {"color": LIMIT, "dash": "dot", "width": 1}
        figure.add_shape(type="line", xref="x domain", x0=0, x1=1, y0=value, y1=value, line=line)
        figure.add_annotation(
            xref="x domain", x=1, xanchor="right", y=exponent, yanchor="bottom", text=says, showarrow=False
        )
