"""The panels of the Gates view; each is asked for and computed in a worker."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.gates_analyses import MOST_GAP
from dashboard.gates_asked import gates_question
from dashboard.gates_drawings import TITLES
from dashboard.reading_asked import AskedReading
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.live_figures import Panel, Source

TALL, HEIGHT = 560, 400


def saturation_panels(page: GatesPage) -> list[Panel]:
    """The scatter of units, and how it came about in training."""
    bounds = {"shut": page.values["shut"], "open": page.values["open"]}
    asked = page.asked(with_hands=bool(page.values["touched"]))
    return [
        _panel("saturation", "Each unit: how often a gate is nearly shut, and nearly open",
               f"Scatter of units of {page.label}, gate by gate: share of characters nearly shut, and nearly open.",
               gates_question("saturation", asked, unit=page.unit, **bounds), TALL),
        _panel("saturation-training", "Over training: share of all units and characters",
               f"Share of saturated gate values of {page.label} by training step, one line a gate and side.",
               gates_question("saturation-training", page.asked(), **bounds), TALL),
    ]  # fmt: skip


def cells_panels(page: GatesPage) -> list[Panel]:
    """The best units for one property, and the best for each."""
    name = page.values["property"]
    asked = page.asked()
    return [
        _panel("cells", f"Units that tell: {TITLES[name]}",
               f"Units of {page.label} ranked by how well each tells the property {TITLES[name]}, with chance.",
               gates_question("cells", asked, property=name), TALL),
        _panel("properties", "The best unit for each property",
               f"For each property the best unit of {page.label} beside the best random direction.",
               gates_question("properties", asked), TALL),
    ]  # fmt: skip


def intervene_panels(page: GatesPage, place: int) -> list[Panel]:
    """Predictions, losses, one state, and the path of memory. Errors: ValueError for hands that cannot be."""
    asked = page.asked(with_hands=True)
    symbol = "c" if page.kind == "lstm" else "h"
    found = [
        _panel("effect", "Loss of each symbol, and how far expectations are apart",
               "Loss by timestep without and with hands, and the divergence of the two expectations below.",
               gates_question("effect", asked, place=place), TALL, span=2, time_axis="x"),
        _panel("state", f"{symbol} of unit {page.unit}, without and with hands",
               f"State of unit {page.unit} by timestep without and with hands.",
               gates_question("state", asked, place=place, unit=page.unit), HEIGHT, time_axis="x"),
    ]  # fmt: skip
    if page.reads_text and not page.config.bidirectional:
        chances = _panel("chances", f"What is expected next, after t = {place}",
                         "Bars: probability of the likeliest next symbols without and with hands.",
                         gates_question("chances", asked, place=place), HEIGHT)  # fmt: skip
        found.insert(1, chances)
    if page.kind == "lstm":
        found.append(_path_panel(page, page.asked()))
    return found


def _path_panel(page: GatesPage, asked: AskedReading) -> Panel:
    """Over the span of the hands, though without them; from the state before it."""
    first, last = page.span
    first = max(first - 1, 0)
    last = min(max(last, first + 1), first + MOST_GAP)
    return _panel(
        "path",
        f"Memory from t = {first} to t = {last}, without hands: ∏ f against the measured ∂c/∂c",
        "Scatter of units, log axes: product of forget gates against the measured derivative of the cell by itself.",
        gates_question("path", asked, first=first, last=last, unit=page.unit),
        HEIGHT,
        span=2,
    )


def loss_panel(page: GatesPage) -> Panel:
    """The run's loss, live."""
    assert page.run is not None
    name = page.values["model"]
    figure = go.Figure(go.Scatter(x=[], y=[], customdata=[], name=page.label, mode="lines",
                                  hovertemplate="%{customdata}"))  # fmt: skip
    figure.update_xaxes(title="training step").update_yaxes(title="loss (nats)", rangemode="tozero")
    return Panel("loss", figure, "scalars", "Loss of the batch", alt="Loss by training step.",
                 sources=(Source(f"{name}/loss"),), span=2, height=190)  # fmt: skip


def _panel(
    id: str, title: str, alt: str, question: str, height: int, span: int = 1, time_axis: str | None = None
) -> Panel:
    return Panel(id, go.Figure(), "asked", title, alt=alt, question=question, height=height, span=span,
                 time_axis="x" if time_axis else None)  # fmt: skip
