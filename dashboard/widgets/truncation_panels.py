"""The panels of the Truncation view, a section each."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go

from dashboard.figures.gradient_flow import learning_figure
from dashboard.figures.truncation import WAY_STROKES
from dashboard.measurements import task_of
from dashboard.truncation_drawings import row_width
from dashboard.widgets.gradient_panels import FIXED_STEPS
from dashboard.widgets.live_figures import Panel, Source
from dashboard.widgets.truncation_page import TruncationPage

HEIGHT = 430
TITLE_ROW, ROW = 44, 19
"""Pixels of a subplot's title, and of a row of text."""
MOST_BESIDE = 24
"""Timesteps of a row that leaves room for another picture beside it."""


def section_panels(page: TruncationPage) -> list[Panel]:
    """The section's pictures, in order."""
    panels: dict[str, Callable[[TruncationPage], list[Panel]]] = {
        "reach": _reach_panels,
        "gradient": _gradient_panels,
        "lag": _lag_panels,
        "train": _train_panels,
        "detach": _detach_panels,
    }
    return panels[page.show](page)


def _reach_panels(page: TruncationPage) -> list[Panel]:
    ways = page.config.truncations
    length = page.config.task.length
    width = row_width(ways[-1].window, length)
    rows = -(-length // width)
    labels = ", ".join(way.label for way in ways)
    return [
        _asked(page, "text", f"The sequence in windows, and what the loss at t* = {page.place + 1} reaches",
               f"The text in rows of one window, once for each of {labels}; colour: gradient of the loss at "
               f"t* = {page.place + 1} at each timestep, grey where it is exactly zero.",
               max(HEIGHT, len(ways) * (TITLE_ROW + ROW * rows) + 90), span=1 if width <= MOST_BESIDE else 2),
        _asked(page, "reach", "The same numbers as lines: ✕ is exactly 0",
               f"Norm of the gradient of one loss at each timestep, log scale, one line for each of {labels}.",
               HEIGHT, span=1 if width <= MOST_BESIDE else 2, time_axis=True),
    ]  # fmt: skip


def _gradient_panels(page: TruncationPage) -> list[Panel]:
    return [
        _asked(page, "likeness", "Truncated and whole gradient of a batch: cosine by window",
               "Cosine between truncated and whole gradient against window length, for three ways of cutting; dotted "
               "lines are of the recurrent weights alone.", HEIGHT),
        _asked(page, "costs", "Time and memory of a batch by window, h carried",
               "Milliseconds a batch and kilobytes kept for the way back against window length, log axes.", HEIGHT),
    ]  # fmt: skip


def _lag_panels(page: TruncationPage) -> list[Panel]:
    lag = Panel("lag", go.Figure(), "asked", "Recall of the first symbol: accuracy against lag, one line a window",
                alt="Share right against lag, one line a window with a band over its seeds; chance is marked.",
                question="truncation/lag?", height=HEIGHT, span=2)  # fmt: skip
    if page.run is None:
        return [lag]
    newest = Panel("newest-point", go.Figure(), "asked", "The run of the sweep that came last",
                   alt="Share right by training step of the newest run of the sweep, one line a window.",
                   question="truncation/newest-point?", height=HEIGHT, span=2)  # fmt: skip
    return [lag, newest]


def _train_panels(page: TruncationPage) -> list[Panel]:
    stale = _asked(page, "staleness", "How stale the carried state is after an update",
                   "Distance of the carried state from the one that the newest weights would make, in per cent, by "
                   "training step, one line a way of carrying, with a band over the windows.", HEIGHT,
                   span=2)  # fmt: skip
    return [stale] if page.run is None else [*_learning_panels(page), stale]


def _learning_panels(page: TruncationPage) -> list[Panel]:
    config, task = page.config, task_of(page.config.task)
    labels = [way.label for way in config.truncations]
    strokes = [WAY_STROKES[way.way] for way in config.truncations]
    unit = "squared error" if task.is_regression else "nats"
    chances = task.chance
    parts = (("loss", f"loss, {unit}", chances.loss, False), ("accuracy", "share right", chances.accuracy, True))
    panels = []
    for scalar, axis, chance, is_share in parts:
        figure = learning_figure(labels, strokes, axis, chance, is_share)
        if config.steps <= FIXED_STEPS:
            figure.update_xaxes(range=[-0.5, config.steps + 0.5])
        panels.append(Panel(scalar, figure, "scalars", f"{scalar.capitalize()} on each step's batch",
                            alt=f"{scalar.capitalize()} against training step for {', '.join(labels)}.", height=HEIGHT,
                            sources=tuple(Source(f"{name}/{scalar}") for name in config.names)))  # fmt: skip
    return panels


def _detach_panels(page: TruncationPage) -> list[Panel]:
    return [
        _asked(page, "undetached", "The way back from each window, with detach() and without",
               "Milliseconds of backward() and kilobytes kept against timesteps read, with detach and without.",
               HEIGHT, span=2),
    ]  # fmt: skip


def _asked(
    page: TruncationPage, name: str, title: str, alt: str, height: int, span: int = 1, time_axis: bool = False
) -> Panel:
    return Panel(name, go.Figure(), "asked", title, alt=alt, question=page.question(name), height=height, span=span,
                 time_axis="x" if time_axis else None)  # fmt: skip
