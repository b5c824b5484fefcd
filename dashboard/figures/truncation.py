"""Figures of truncated backpropagation: text in windows, what a loss reaches, likeness, costs, staleness.

Axes: T timesteps, K window lengths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.truncation import CutReach, CutText, GradientLikeness
from dashboard.figures.log_axis import decades_of, log_axis, measured
from dashboard.theme import CHOSEN, LIMIT, LOG_NORM_SCALE, Stroke

FLOOR = 1e-12
BELOW_TITLE = 0.955
"""Share of the height that rows of windows take."""
NOTHING = "rgba(128,134,143,0.16)"
"""Ground of a token that no gradient reaches."""
WAY_STROKES = {
    "whole": Stroke("#1c7fc4", "solid"),
    "zero": Stroke("#d55e00", "dot"),
    "carry": Stroke("#009e73", "dash"),
    "sliding": Stroke("#a35bb5", "dashdot"),
}
"""By way of cutting."""
WAY_TITLES = {"whole": "whole", "zero": "from h₀ = 0", "carry": "h carried", "sliding": "sliding"}
MOST_LETTERS = 64
"""Timesteps of a row that has letters; of a longer one the colours are left, and what hovering says."""
SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}
"""Characters that would not be seen."""


def cut_text_figure(text: CutText, width: int) -> go.Figure:
    """An example in rows of one window, once for each way of cutting; colour: log₁₀ of what the loss at t* reaches.

    `width`: timesteps of a row; where it holds several windows, lines are between them. Look for grey: there the
    gradient is exactly zero, however strong it would be uncut (first picture). Framed: t*.
    """
    count = len(text.reaches)
    figure = make_subplots(rows=count, cols=1, subplot_titles=[reach.label for reach in text.reaches],
                           vertical_spacing=0.28 / count)  # fmt: skip
    decades = decades_of([reach.norms for reach in text.reaches], FLOOR, least=3)
    for row, reach in enumerate(text.reaches, start=1):
        _add_windows(figure, text, reach, width, decades, row)
    _leave_room_above(figure)
    rows = -(-len(text.tokens) // width)
    figure.update_xaxes(showgrid=False, zeroline=False, range=[0.4, width + 0.6], showticklabels=False)
    figure.update_xaxes(title="place in the window", showticklabels=True, row=count)
    return figure.update_yaxes(
        title="", range=[rows + 0.5, 0.5], showgrid=False, zeroline=False, tickvals=list(range(1, rows + 1)),
        ticktext=[f"t = {1 + width * row}" for row in range(rows)],
    )  # fmt: skip


def _leave_room_above(figure: go.Figure) -> None:
    """For the first row's title, which stands above its axes."""
    for axis in figure.select_yaxes():
        axis.domain = [edge * BELOW_TITLE for edge in axis.domain]
    for title in figure.layout.annotations:
        title.y *= BELOW_TITLE


def _add_windows(
    figure: go.Figure, text: CutText, reach: CutReach, width: int, decades: tuple[int, int], row: int
) -> None:
    times = np.arange(len(text.tokens))
    across, down = times % width + 1, times // width + 1
    grid = np.full((-(-len(times) // width), width), np.nan)
    letters, hovers = np.full(grid.shape, "", dtype=object), np.full(grid.shape, "", dtype=object)
    for t, token in enumerate(text.tokens):
        place = down[t] - 1, across[t] - 1
        letters[place] = SHOWN.get(token, token) if width <= MOST_LETTERS else ""
        hovers[place] = f"t = {t + 1}, {token!r}: {_amount(float(reach.norms[t]))}"
        grid[place] = reach.norms[t]
    reached = grid > 0
    edges = {"x": np.arange(1, width + 1), "y": np.arange(1, len(grid) + 1), "xgap": 2, "ygap": 2, "customdata": hovers,
             "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    figure.add_heatmap(z=np.where(np.isfinite(grid) & ~reached, 0.0, np.nan), showscale=False, hoverongaps=False,
                       colorscale=[[0, NOTHING], [1, NOTHING]], row=row, col=1, **edges)  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        colours = np.where(reached, np.log10(np.maximum(grid, FLOOR)), np.nan)
    figure.add_heatmap(z=colours, zmin=decades[0], zmax=decades[1], colorscale=LOG_NORM_SCALE, hoverongaps=False,
                       text=np.where(reached, letters, ""), texttemplate="%{text}", showscale=row == 1, row=row, col=1,
                       colorbar={"title": {"text": "log₁₀ ‖∂L<sub>t*</sub>/∂h<sub>t</sub>‖", "side": "right"},
                                 "thickness": 12, "outlinewidth": 0, "dtick": 1}, **edges)  # fmt: skip
    _add_borders(figure, reach, width, row)
    is_zero = ~(reach.norms > 0)
    figure.add_scatter(x=across[is_zero], y=down[is_zero], mode="text", hoverinfo="skip", showlegend=False, row=row,
                       text=[letters[down[t] - 1, across[t] - 1] for t in times[is_zero]], col=1)  # fmt: skip
    _add_frame(figure, int(across[text.place]), int(down[text.place]), row)


def _add_frame(figure: go.Figure, x: int, y: int, row: int) -> None:
    """Around the token whose loss it is."""
    line = {"color": CHOSEN, "width": 3}
    figure.add_shape(type="rect", x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, line=line, row=row, col=1)


def _add_borders(figure: go.Figure, reach: CutReach, width: int, row: int) -> None:
    """A line where a segment begins within a row; at a row's own beginning none is needed."""
    line = {"color": LIMIT, "width": 2}
    for border in reach.borders:
        if border % width:
            x, y = border % width + 0.5, border // width + 1
            figure.add_shape(type="line", x0=x, x1=x, y0=y - 0.5, y1=y + 0.5, line=line, row=row, col=1)


def _amount(norm: float) -> str:
    return "exactly 0" if norm == 0 else measured(norm, FLOOR)


def cut_reach_figure(text: CutText, ways: Sequence[str]) -> go.Figure:
    """‖∂L_t*/∂h_t‖ at each timestep, log scale, one line a way of cutting; ✕ on the floor: exactly zero.

    Look left of a cut: there is nothing, not little; and how much the uncut line still has there is what is lost.
    """
    figure = go.Figure()
    decades = decades_of([reach.norms for reach in text.reaches], FLOOR, least=3)
    floor = 10.0 ** decades[0]
    times = np.arange(1, len(text.tokens) + 1)
    for way, reach in zip(ways, text.reaches, strict=True):
        stroke, until = WAY_STROKES[way], text.place + 1
        figure.add_scatter(
            x=times[:until],
            y=np.maximum(reach.norms[:until], floor),
            customdata=[_amount(float(norm)) for norm in reach.norms[:until]],
            name=reach.label,
            mode="lines+markers",
            line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
            marker={"size": 6, "symbol": ["x-thin-open" if norm == 0 else "circle" for norm in reach.norms[:until]]},
            cliponaxis=False,
            hovertemplate="%{customdata}",
        )
    figure.add_vline(x=text.place + 1, line={"color": CHOSEN, "dash": "dash", "width": 1})
    figure.update_xaxes(title="timestep t", range=[0.5, len(times) + 0.5])
    return figure.update_yaxes(log_axis("‖∂L<sub>t*</sub>/∂h<sub>t</sub>‖", decades))


def likeness_figure(found: Sequence[GradientLikeness]) -> go.Figure:
    """Cosine between truncated and whole gradient by window, one colour a way; dotted: of W_hh alone.

    Look at how short a window still points the right way: the loss of each step is near, what it needs may not be.
    """
    figure = go.Figure()
    for one in found:
        stroke = WAY_STROKES[one.label]
        lines = (("all weights", one.cosine, "solid", 2.5), ("W<sub>hh</sub>", one.recurrent_cosine, "dot", 2.0))
        for what, values, dash, width in lines:
            figure.add_scatter(x=one.windows, y=values, name=f"{WAY_TITLES[one.label]}: {what}", mode="lines+markers",
                               line={"color": stroke.color, "dash": dash, "width": width}, customdata=one.ratio,
                               hovertemplate="window %{x}: cosine %{y:.3f}, norm × %{customdata:.2f}")  # fmt: skip
    figure.update_xaxes(windows_axis(found[0].windows))
    return figure.update_yaxes(title="cosine with the whole gradient", range=[-0.05, 1.05])


def windows_axis(windows: np.ndarray) -> dict:
    """A logarithmic axis with a label at each window length."""
    edges = [float(np.log10(windows.min())) - 0.1, float(np.log10(windows.max())) + 0.1]
    return {"title": "window (timesteps)", "type": "log", "range": edges, "tickvals": windows.tolist(),
            "ticktext": [str(window) for window in windows]}  # fmt: skip


def staleness_figure(lines: Mapping[str, tuple[Stroke, np.ndarray, Sequence[np.ndarray]]]) -> go.Figure:
    """How far carried states are from those that the newest weights would make, by training step, one line a way.

    `lines`: label → stroke, training steps (K,), and one array of shares for each of them. The band goes from the
    freshest to the stalest window. Look at when it is large: while weights change fast, the memory is of another model.
    """
    figure = go.Figure()
    for label, (stroke, steps, shares) in lines.items():
        low, mean, high = (np.array([100 * float(of(share)) for share in shares]) for of in (np.min, np.mean, np.max))
        figure.add_scatter(x=[*steps, *steps[::-1]], y=[*high, *low[::-1]], fill="toself", mode="none", opacity=0.25,
                           fillcolor=stroke.color, showlegend=False, hoverinfo="skip", name=label)  # fmt: skip
        figure.add_scatter(x=steps, y=mean, name=label, mode="lines+markers", customdata=np.stack([low, high], axis=-1),
                           line={"color": stroke.color, "dash": stroke.dash, "width": 2.5},
                           hovertemplate="step %{x}: %{y:.2f} % (%{customdata[0]:.2f} to %{customdata[1]:.2f} %)"
                           )  # fmt: skip
    figure.update_xaxes(title="training step", rangemode="tozero")
    return figure.update_yaxes(title="distance, % of the new state", rangemode="tozero")
