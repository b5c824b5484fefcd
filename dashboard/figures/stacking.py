"""What a second layer adds, and what a second direction needs.

Axes: T timesteps, D directions, M training steps, S seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.log_axis import log_axis, measured
from dashboard.theme import DIRECTION_DASHES, LIMIT, LSTM, RNN, Stroke

WINDOW = 20
"""Training steps of which a line shows the mean."""
FLOOR, TOP = 1e-12, 10.0
"""Of a change relative to the state."""
DIRECTIONS = (("forward", LSTM), ("reverse", RNN))


def stacking_figure(
    curves: Mapping[str, tuple[Stroke, Sequence[np.ndarray]]],
    chance: float,
    now: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> go.Figure:
    """Loss by training step: a line a model, the mean of its seeds, in the band from best to worst.

    `curves`: label → stroke, and the loss of each seed, shape (M,). Look which line is lower at the end, and whether
    the bands lie apart: only then is it more than the seeds' chance. `now`: label → steps and losses of the seed in
    training, shape (2, K): thin lines that grow.
    """
    figure = go.Figure()
    for label, (steps, growing) in now.items():
        stroke = curves[label][0]
        figure.add_scatter(x=steps, y=growing, mode="lines+markers", name=f"{label}, in training",
                           line={"color": stroke.color, "dash": stroke.dash, "width": 1}, marker={"size": 3},
                           hovertemplate="step %{x:.0f}: %{y:.3f} nats")  # fmt: skip
    for label, (stroke, losses) in curves.items():
        if not losses:
            continue
        steps, smooth = _smoothed(losses)
        low, high = smooth.min(axis=0), smooth.max(axis=0)
        figure.add_scatter(x=[*steps, *steps[::-1]], y=[*high, *low[::-1]], fill="toself", mode="none", opacity=0.25,
                           fillcolor=stroke.color, name=label, showlegend=False, hoverinfo="skip")  # fmt: skip
        figure.add_scatter(x=steps, y=smooth.mean(axis=0), name=label, mode="lines",
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
                           hovertemplate="step %{x:.0f}: %{y:.3f} nats")  # fmt: skip
    figure.add_hline(y=chance, line={"color": LIMIT, "dash": "dot"})
    figure.update_xaxes(title="training step", rangemode="tozero")
    return figure.update_yaxes(title="loss of the next character (nats)", range=[1.5, chance * 1.05])


def _smoothed(losses: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Middles of windows, and each seed's mean in them, shape (S, M / WINDOW)."""
    count = min(map(len, losses)) // WINDOW
    windows = np.stack([one[: count * WINDOW].reshape(count, WINDOW).mean(axis=1) for one in losses])
    return (np.arange(count) + 0.5) * WINDOW, windows


def changes_figure(tokens: Sequence[str], edited: np.ndarray, appended: np.ndarray, place: int) -> go.Figure:
    """How far each state moves, (D, T), when one symbol is another, and when one more comes at the end.

    Look at the signs ▽: those states do not change at all. Forward that is the past, in reverse the future.
    """
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    for column, moved in enumerate((edited, appended), start=1):
        for (name, color), dash, sizes in zip(DIRECTIONS, DIRECTION_DASHES, moved, strict=False):
            line, marker = {"color": color, "dash": dash, "width": 2.5}, {"size": 9, "symbol": _symbols(sizes)}
            figure.add_scatter(
                **_line(name, sizes), line=line, marker=marker, showlegend=column == 1, row=1, col=column
            )
    ticks = [f"{time}<br>{token}" for time, token in enumerate(tokens)]
    every = max(1, len(tokens) // 12)
    figure.update_xaxes(tickvals=list(range(0, len(tokens), every)), ticktext=ticks[::every])
    for column, title in enumerate((f"another symbol<br>at t = {place}", "one more symbol<br>at the end"), start=1):
        figure.update_xaxes(title=f"timestep t<br>{title}", col=column)
    figure.add_vline(x=place, line={"color": LIMIT, "dash": "dot"}, row=1, col=1)
    decades = (np.log10(FLOOR) - 0.5, np.log10(TOP))
    return figure.update_yaxes(log_axis("‖Δh‖ / ‖h‖", decades), col=1).update_yaxes(
        type="log", range=list(decades), col=2
    )


def _line(name: str, sizes: np.ndarray) -> dict:
    words = ["0, exactly" if size == 0 else measured(size, FLOOR) for size in sizes]
    return {"x": np.arange(len(sizes)), "y": np.maximum(sizes, FLOOR), "name": name, "mode": "lines+markers",
            "customdata": words, "hovertemplate": "%{customdata}"}  # fmt: skip


def _symbols(sizes: np.ndarray) -> list[str]:
    return ["triangle-down-open" if size < FLOOR else "circle" for size in sizes]
