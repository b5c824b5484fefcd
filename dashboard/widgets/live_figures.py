"""The host of live figures: mounted once, it asks the server for a run's new rows by itself and needs no script run.

Axes: L layers, D directions, T timesteps.

    sources = (Source("lstm/hidden_norms", 0), Source("rnn/hidden_norms", 0))     # one a trace, in the figure's order
    result = live_figures(
        [Panel("curves", figure, "curves", "Gradient norm", alt="…", sources=sources, floor=1e-12)],
        key="live", run_id=run_id, status=header.status,
    )
    result.scrub, result.click

What new rows do to a panel, by its kind (a trace without a source stays as the figure has it):

- "curves": x = timestep, y = the source's values over t at the step shown, on a log axis.
- "heatmap": x = training step, y = timestep, z = log₁₀ of the source; one trace. Fix zmin and zmax in the figure.
- "blocks": the same with named rows: y = the trace's own names, one a value of the source, a whole 1-D array.
- "scalars": x = training step, y = the scalar, on a log axis if the figure's is one.
- "static": nothing.
- "asked": the server computes it. The browser asks `question` (see `dashboard.asked.question`), with the run and the
  step shown, when the panel comes near, when question or pinned step change, and every few seconds while a run is
  followed. The answer brings its figure, a sentence under it and perhaps a strip of text; until the first one,
  `figure` is drawn unless it is empty. A click there has a `t` if the panel has a `time_axis`, but no step.

On a log axis a value below `floor` is drawn at the floor and marked (lines: ▽), a NaN or Inf with × (heatmap, blocks:
in vermilion, with a note). `customdata` of every fed trace is the measured value: for lines text such as
"1.2e-14 (below the floor)" or "NaN", for heatmaps and blocks a number. So hovertemplates show %{customdata} (heatmaps:
%{customdata:.3g}), not %{y} or %{z}; give an initial trace the same. The host adds fonts, background, grid colours,
the legend's place, the marks of the step shown and of the hovered timestep: figures set none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly

from dashboard.early_scripts import PLOTLY_URL
from dashboard.scripts import loader

Kind = Literal["curves", "heatmap", "blocks", "scalars", "static", "asked"]
TIME_AXES: dict[str, Literal["x", "y"]] = {"curves": "x", "heatmap": "y"}


@dataclass(frozen=True)
class Source:
    """Where a trace's numbers come from: a scalar, a whole array, or one layer and direction of an array (L, D, T)."""

    name: str
    """As recorded, e.g. "lstm/hidden_norms" or "lstm/loss"."""
    layer: int | None = None
    """None: `name` is a scalar, or an array that is taken whole."""
    direction: int = 0


@dataclass(frozen=True)
class Panel:
    """One figure among those that share time, step and scrubber."""

    id: str
    """Unique in its host; letters, digits, "-" and "_". It keeps zoom and node over reruns."""
    figure: go.Figure
    """What is shown until the first row comes; its axes, colours and names stay."""
    kind: Kind
    title: str
    alt: str
    """What the picture shows, in words."""
    sources: tuple[Source | None, ...] = ()
    """One a trace, in the order of `figure.data`."""
    span: int = 1
    """Columns that it takes."""
    height: int | None = None
    """Pixels; None: the host's."""
    floor: float = 1e-12
    """Smallest norm that a log axis shows."""
    time_axis: Literal["x", "y"] | None = None
    """Which axis is the timestep, marked in all panels by hovering; for "static" and "asked", the other kinds know."""
    question: str | None = None
    """Of an "asked" panel alone, as `dashboard.asked.question` writes it."""
    tokens: int = 0
    """Of an "asked" panel whose answer brings a strip: how many tokens, so that their room is kept until it comes."""
    cost: int = 0
    """Of an "asked" panel: the costlier ask first, so that the longest computation is not the last to begin."""

    def __post_init__(self) -> None:
        if (self.kind == "asked") != (self.question is not None):
            raise ValueError(f"an asked panel has a question, and no other has: {self.id!r} is {self.kind!r}; mend it.")


@dataclass(frozen=True)
class Click:
    """A click on a point or cell."""

    panel: str
    step: int | None
    """Training step; None where the panel has none."""
    t: int | None
    """Timestep; None where the panel has none."""
    value: float | None
    """As measured; None for NaN, Inf and empty cells."""
    series: str
    """The trace's name; of "blocks", the row's."""
    id: str = ""
    """Of the point, where its trace has `ids`."""


@dataclass(frozen=True)
class LiveResult:
    """What the person did with the figures."""

    scrub: int | None
    """The training step that is pinned; None: the newest is followed."""
    click: Click | None
    """Of this script run only."""
    status: str | None
    """The run's status as the browser last heard it; a change against `status=` reruns the script once."""


def live_figures(
    panels: Sequence[Panel],
    *,
    key: str,
    run_id: str | None = None,
    status: str | None = None,
    scrub: int | None = None,
    columns: int = 2,
    height: int = 320,
    on_click: Callable[[], None] | None = None,
    on_scrub: Callable[[], None] | None = None,
    on_status: Callable[[], None] | None = None,
) -> LiveResult:
    """Show panels that follow a run.

    Args:
        panels: In reading order; a panel that keeps its id is updated in place over reruns.
        key: Of the host; it must not change while the page lives.
        run_id: The run to follow; None: the figures stand still and the scrubber is hidden.
        status: The run's status as this script run drew the page (`header.status`). When the browser hears of another,
            the script runs once, so that buttons and sentences follow; None: never.
        scrub: Step to pin at first, e.g. from the URL; a new value pins anew.
        columns: Of the grid; one on a phone.
        height: Of each panel, pixels.
        on_click: Called before the script run that a click causes; read `st.session_state[key].click`.
        on_scrub: The same for a released scrubber (`.scrub`).
        on_status: The same for a changed status (`.status`).
    """
    data = {
        "panels": [_panel_data(panel, height) for panel in panels],
        "run": run_id,
        "status": status,
        "scrub": scrub,
        "columns": columns,
        "plotly": PLOTLY_URL,
    }
    ignore = _ignore
    result = _HOST(
        key=key,
        data=data,
        on_click_change=on_click or ignore,
        on_scrub_change=on_scrub or ignore,
        on_status_change=on_status or ignore,
    )
    return LiveResult(_step(result.get("scrub")), _click(result.get("click")), _text(result.get("status")))


def _ignore() -> None:
    """Streamlit hands out only what has a callback."""


def _panel_data(panel: Panel, height: int) -> dict[str, Any]:
    figure = panel.figure.to_plotly_json()
    figure["layout"].pop("template", None)  # Streamlit's own; the browser sets one from the page's theme
    return {
        "id": panel.id,
        "figure": to_json_plotly(figure),
        "kind": panel.kind,
        "title": panel.title,
        "alt": panel.alt,
        "sources": [_source_name(source) for source in panel.sources],
        "span": panel.span,
        "height": panel.height or height,
        "floor": panel.floor,
        "timeAxis": panel.time_axis or TIME_AXES.get(panel.kind),
        "question": panel.question,
        "tokens": panel.tokens,
        "cost": panel.cost,
    }


def _source_name(source: Source | None) -> str | None:
    """The address of a source in the rows' answer, e.g. "lstm/hidden_norms[0,0]"."""
    if source is None or source.layer is None:
        return None if source is None else source.name
    return f"{source.name}[{source.layer},{source.direction}]"


def _click(given: Any) -> Click | None:
    """The click that the browser reports; None for anything of another form."""
    if not isinstance(given, dict):
        return None
    value = given.get("value")
    return Click(
        panel=_text(given.get("panel")) or "",
        step=_step(given.get("step")),
        t=_step(given.get("t")),
        value=float(value) if isinstance(value, (int, float)) else None,
        series=_text(given.get("series")) or "",
        id=_text(given.get("id")) or "",
    )


def _step(given: Any) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**53 else None


def _text(given: Any) -> str | None:
    return given[:200] if isinstance(given, str) else None


_HOST = st.components.v2.component(
    "unroll_live_figures",
    css="".join(
        (Path(__file__).parent / f"live_{part}.css").read_text(encoding="utf-8") for part in ("figures", "asked")
    ),
    js=loader(["live_figures.js"]),
    isolate_styles=False,
)
