"""What attention comes to in numbers: against attention that knows nothing, while it is trained, and by length.

Axes: T target rows, K training steps, L source lengths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.alignment import FIELDS, AlignmentNumbers
from core.recordings.attention import EXAMPLES, LENGTH, SEQUENCES_RIGHT, TOKENS_RIGHT
from dashboard.figures.interventions import visible
from dashboard.figures.log_axis import log_axis, measured
from dashboard.theme import DASHES, LAYER_COLORS, LIMIT, LOG_NORM_SCALE, Stroke

NUMBER_TITLES = {
    "error_rate": "alignment error rate", "gold_mass": "mass on the true links", "row_entropy": "entropy of a row",
    "column_entropy": "entropy of a column", "coverage_deviation": "coverage deviation", "monotonicity": "monotonicity",
    "crossings": "crossing links",
}  # fmt: skip
NUMBER_SYMBOLS = ("circle", "square", "diamond", "triangle-up")
LEAST_NORM = 1e-12


def model_strokes_of(count: int) -> list[Stroke]:
    """One stroke a model of a run."""
    return [Stroke(LAYER_COLORS[place % 4], DASHES[place % 4]) for place in range(count)]


def numbers_figure(by_model: Mapping[str, AlignmentNumbers], uniform: AlignmentNumbers) -> go.Figure:
    """Each number of each model (filled) and of attention that knows nothing (open); all but one lie in [0, 1].

    Those that need a true alignment are left out where none is known.

    Look how far a model is from the open marks: that, and not the number alone, is what it has learnt.
    """
    figure = go.Figure()
    shown = [field for field in FIELDS if np.isfinite(getattr(uniform, field))]
    rows = [NUMBER_TITLES[field] for field in shown]
    known = [getattr(uniform, field) for field in shown]
    figure.add_scatter(x=known, y=rows, mode="markers", name="knows nothing: 1/S everywhere",
                       marker={"color": LIMIT, "size": 13, "symbol": "circle-open", "line": {"width": 2}},
                       hovertemplate="%{y}: %{x:.3f}")  # fmt: skip
    for place, (label, numbers) in enumerate(by_model.items()):
        figure.add_scatter(
            x=[getattr(numbers, field) for field in shown], y=rows, mode="markers", name=label,
            marker={"color": LAYER_COLORS[place % 4], "size": 12, "symbol": NUMBER_SYMBOLS[place % 4]},
            hovertemplate="%{y}: %{x:.3f}",
        )  # fmt: skip
    every = [*known, *(getattr(numbers, field) for numbers in by_model.values() for field in shown)]
    largest = max([1.0, *(value for value in every if np.isfinite(value))])
    figure.update_xaxes(title="0 to 1; coverage deviation from 0 up", range=[-0.04, largest + 0.04])
    return figure.update_yaxes(autorange="reversed", type="category")


def contexts_figure(distances: np.ndarray, target: Sequence[str]) -> go.Figure:
    """‖c_t − c_t'‖ of every two contexts, shape (T, T), and below each row's distance to the one before.

    Look for dark squares beside the diagonal: rows that read the same.
    """
    rows = len(target)
    figure = make_subplots(2, 1, row_heights=[0.7, 0.3], vertical_spacing=0.12)
    edges = np.arange(1, rows + 1)
    figure.add_heatmap(x=edges, y=edges, z=distances, zmin=0, colorscale=LOG_NORM_SCALE, row=1, col=1,
                       hovertemplate="‖c − c′‖ of rows %{x} and %{y}: %{z:.3g}<extra></extra>", showscale=True,
                       colorbar={"thickness": 12, "len": 0.6, "y": 0.7, "outlinewidth": 0})  # fmt: skip
    steps = [float(distances[row, row - 1]) for row in range(1, rows)]
    figure.add_bar(x=edges[1:], y=steps, marker={"color": LAYER_COLORS[0]}, row=2, col=1, showlegend=False,
                   hovertemplate="row %{x} from the one before: %{y:.3g}<extra></extra>")  # fmt: skip
    labels = {"tickvals": edges.tolist(), "ticktext": [visible(one) for one in target], "tickangle": 0,
              "range": [0.5, rows + 0.5], "tickfont": {"family": "monospace", "size": 11}}  # fmt: skip
    figure.update_xaxes(labels)
    figure.update_yaxes({**labels, "range": [rows + 0.5, 0.5]}, row=1)
    figure.update_yaxes(title="‖c<sub>t</sub> − c<sub>t−1</sub>‖", rangemode="tozero", row=2)
    return figure


def progress_figure(curves: Mapping[str, tuple[Stroke, np.ndarray, np.ndarray, np.ndarray]]) -> go.Figure:
    """By model its stroke, training steps (K,), share of strings right and mass on the true links, both (K,).

    Solid: right; dotted: mass. Look whether the two rise together: a model may answer right and look elsewhere.
    """
    figure = go.Figure()
    for label, (stroke, steps, right, mass) in curves.items():
        for values, name, dash in ((right, "strings right", "solid"), (mass, "mass on true links", "dot")):
            if np.isfinite(values).any():
                figure.add_scatter(x=steps, y=values, mode="lines+markers", name=f"{label}: {name}",
                                   line={"color": stroke.color, "dash": dash, "width": 2}, marker={"size": 5},
                                   hovertemplate="step %{x}: %{y:.3f}")  # fmt: skip
    figure.update_xaxes(title="training step", rangemode="tozero")
    return figure.update_yaxes(title="share", range=[-0.02, 1.02])


def length_figure(tables: Mapping[str, tuple[Stroke, np.ndarray]], learnt: tuple[int, int] | None) -> go.Figure:
    """Share right by source length (Bahdanau et al., 2015, figure 2), one line a model; shaded: lengths never learnt.

    `tables`: label → stroke and `AttentionSnapshot.by_length`. Solid: tokens; dotted: whole strings. Look where the
    line without attention leaves the other: so much fits into one vector.
    """
    figure = go.Figure()
    for label, (stroke, table) in tables.items():
        for column, name, dash in ((TOKENS_RIGHT, "tokens", "solid"), (SEQUENCES_RIGHT, "strings", "dot")):
            figure.add_scatter(x=table[:, LENGTH], y=table[:, column], mode="lines+markers", name=f"{label}: {name}",
                               line={"color": stroke.color, "dash": dash, "width": 2}, customdata=table[:, EXAMPLES],
                               hovertemplate="length %{x}: %{y:.1%} of %{customdata} pairs")  # fmt: skip
    longest = max(float(table[:, LENGTH].max()) for _, table in tables.values())
    if learnt is not None and longest > learnt[1]:
        figure.add_vrect(x0=learnt[1] + 0.5, x1=longest + 0.5, fillcolor=LIMIT, opacity=0.15, line_width=0,
                         annotation_text="never learnt", annotation_position="top left")  # fmt: skip
    figure.update_xaxes(title="tokens of the source, without [stop]", range=[0.5, longest + 0.5])
    return figure.update_yaxes(title="share right", range=[-0.02, 1.02])


def way_back_figure(norms: Mapping[str, tuple[Stroke, np.ndarray]], axis: str) -> go.Figure:
    """‖∂L/∂h‖ at each position, shape (T,), log scale, one line a model; what is exactly zero is marked on the floor.

    Look for the slope: without attention all that reaches the source came through the last state.
    """
    figure = go.Figure()
    known = np.concatenate([values[np.isfinite(values) & (values > LEAST_NORM)] for _, values in norms.values()])
    low, high = (np.log10(known.min()), np.log10(known.max())) if len(known) else (-1.0, 0.0)
    floor = 10.0 ** (low - 0.2)
    for label, (stroke, values) in norms.items():
        figure.add_scatter(
            x=np.arange(1, len(values) + 1), y=np.maximum(values, floor), name=label, mode="lines+markers",
            line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
            marker={"size": 6, "symbol": ["triangle-down-open" if value < floor else "circle" for value in values]},
            customdata=[measured(value, floor) for value in values], hovertemplate="%{customdata}", cliponaxis=False,
        )  # fmt: skip
    figure.update_xaxes(title=axis)
    return figure.update_yaxes(log_axis("‖∂L/∂h‖, root mean square", (low - 0.25, max(high, low + 1) + 0.15)))
