"""The pictures that the Truncation page may ask for: what a worker computes for each, and what draws it.

Axes: T timesteps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from core.training.moment import Moment
from core.training.truncation_costs import undetached, window_costs
from core.training.truncation_rows import first_staleness
from core.training.truncation_study import cut_text, likeness
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Snapshot, Work, snapshot
from dashboard.asked import Drawn
from dashboard.desk import Call
from dashboard.packing import packed
from dashboard.readers import readers_of
from dashboard.truncation_asked import CutAsked
from dashboard.truncation_drawings import (
    draw_costs,
    draw_first_staleness,
    draw_lag,
    draw_likeness,
    draw_newest_point,
    draw_reach,
    draw_run_staleness,
    draw_text,
    draw_undetached,
)

SHIPPED_WINDOWS = Path(__file__).resolve().parents[1] / "assets" / "windows-by-lag"
COMPARED = ("zero", "carry", "sliding")
LADDER = (1, 2, 5, 10, 20, 50, 100, 200)
"""Window lengths that are compared; the whole sequence is the last."""
Draw = Callable[[CutAsked, Any], Drawn]


def windows_of(length: int) -> tuple[int, ...]:
    """The window lengths for a sequence of T timesteps, the whole one included."""
    return (*(window for window in LADDER if 1.5 * window < length), length)


def _work(asked: CutAsked, draw: Draw, found: Snapshot | None, function: Callable, *arguments: Any) -> Work:
    """A worker's call about a model at the step of `found`; None: before training, whatever is shown."""
    step, parameters = (0, None) if found is None else found
    moment = Moment(asked.config.ordinary, 0, step, parameters)
    run_id = None if parameters is None else (asked.run_id, asked.of)
    call = _call(function, (run_id, moment.config, step), moment, *arguments)
    key = ("answer", asked.name, replace(asked, step=None), call.key)
    dated = partial(_dated, asked, draw, None if found is None or asked.run_id is None else step)
    return Work(key, None if asked.run_id is None else step, (call,), lambda results: dated(results[0]))


def _call(function: Callable, key: tuple, *arguments: Any) -> Call:
    """`arguments` after the first, which the key stands for, are in the key."""
    within = (server.most_analysis_seconds(), function, *arguments, server.texts_root())
    return Call((function.__name__, key, *arguments[1:]), call_within, within)


def _dated(asked: CutAsked, draw: Draw, step: int | None, result: Any) -> Drawn:
    drawn = draw(asked, result)
    if step is None:
        return drawn
    label = asked.config.truncations[asked.of].label
    return replace(drawn, reading=f"Weights of training step {step} ({label}). {drawn.reading}")


def _found(asked: CutAsked) -> Snapshot:
    """Step and weights that are looked at."""
    if asked.run_id is None:
        return 0, None
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        return snapshot(recording, asked.config.names[asked.of], asked.step)


def text_work(asked: CutAsked, draw: Draw) -> Work:
    """What the loss at one timestep reaches."""
    return _work(asked, draw, _found(asked), cut_text, asked.config.truncations, asked.place, asked.example)


def likeness_work(asked: CutAsked) -> Work:
    """Truncated gradients beside the whole one."""
    return _work(asked, draw_likeness, _found(asked), likeness, COMPARED, windows_of(asked.config.task.length))


def costs_work(asked: CutAsked) -> Work:
    """Time and memory."""
    return _work(asked, draw_costs, None, window_costs, windows_of(asked.config.task.length))


def undetached_work(asked: CutAsked) -> Work:
    """What a forgotten detach() costs."""
    window = next(one.window for one in asked.config.truncations if one.way != "whole")
    return _work(asked, draw_undetached, None, undetached, window)


def staleness_work(asked: CutAsked) -> Work:
    """Of the run shown, or of the first steps of one."""
    if asked.run_id is None:
        carrying = tuple(one for one in asked.config.truncations if one.way in ("carry", "sliding"))
        config = replace(asked.config, truncations=carrying)
        call = _call(first_staleness, (config,), config)
        draw = partial(draw_first_staleness, replace(asked, config=config))
        return Work(("answer", asked.name, call.key), None, (call,), lambda results: draw(results[0]))
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        step = recording.last_step if asked.step is None else min(asked.step, recording.last_step)
        return Work((), step, body=packed(draw_run_staleness(asked, recording), step))


CUT_ANALYSES: Mapping[str, Callable[[CutAsked], Work]] = {
    "text": lambda asked: text_work(asked, draw_text),
    "reach": lambda asked: text_work(asked, draw_reach),
    "likeness": likeness_work,
    "costs": costs_work,
    "undetached": undetached_work,
    "staleness": staleness_work,
}
"""By name, as `cut_question` takes it."""
WINDOW_SWEEPS = {"lag": draw_lag, "newest-point": draw_newest_point}
"""Drawn from a sweep's recording, the run's or the one that ships."""
