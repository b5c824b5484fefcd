"""The pictures that the Gates page may ask for: what a worker computes for each, and what draws it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from core.analysis.cell_file import fingerprint, read_searches
from core.analysis.cell_search import CellSearch
from core.analysis.saturation import OPEN, SHUT
from core.probes.intervention import NAMES
from core.recordings.storage import open_recording
from core.tasks.texts import UNSEEN, read_text
from core.training.config import TrainingConfig
from core.training.start import SHIPPED
from core.training.touch import path_between, touched
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Work
from dashboard.asked import Drawn
from dashboard.desk import Call
from dashboard.gates_asked import GatesQuestion
from dashboard.gates_calls import SEARCHED, cells, saturations
from dashboard.gates_drawings import (
    TITLES,
    draw_cells,
    draw_chances,
    draw_effect,
    draw_path,
    draw_properties,
    draw_saturation_training,
    draw_saturations,
    draw_state,
)
from dashboard.packing import packed
from dashboard.progress import progress_file, share_done
from dashboard.readers import readers_of
from dashboard.reading_choice import Chosen

MOST_UNIT, MOST_STEP = 4095, 4000
SHIPPED_RECORDING = SHIPPED.with_suffix("")
SHIPPED_CELLS = SHIPPED.with_name("character-lstm-cells.json")
SEARCH_TIMES = 4
"""A search for cells may take so many times the time of one picture."""
MOST_GAP = 200
"""Timesteps over which a cell state's derivative is measured."""


def _work(question: GatesQuestion, chosen: Chosen, call: Call, draw: Callable[[Any], Drawn], **more: Any) -> Work:
    key = ("answer", question.name, tuple(sorted(question.extra.items())), call.key)
    return Work(key, chosen.step, (call,), lambda results: draw(results[0]), **more)


def _call(function: Callable, chosen: Chosen, *arguments: Any, times: int = 1, hidden: tuple = ()) -> Call:
    """A worker's call; `hidden` arguments come before the folder of texts and are not in its key."""
    key = (function.__name__, chosen.key, *arguments)
    within = (times * server.most_analysis_seconds(), function, chosen.reader)
    return Call(key, call_within, (*within, *arguments, *hidden, server.texts_root()))


def _bounds(question: GatesQuestion) -> tuple[float, float]:
    return question.number("shut", SHUT, 0, 1), question.number("open", OPEN, 0, 1)


def _place(question: GatesQuestion, chosen: Chosen) -> tuple[int, int]:
    """Layer and direction, held within the model's."""
    asked, config = question.reading, chosen.config
    return min(asked.layer, config.layers - 1), min(asked.direction, int(config.bidirectional))


def _unit(question: GatesQuestion) -> int:
    return question.whole("unit", 0, MOST_UNIT)


def saturation_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: shut, open, unit."""
    bounds, place = _bounds(question), (*_place(question, chosen), _unit(question))
    call = _call(saturations, chosen, question.reading.passage, question.reading.hands, *bounds)
    return _work(question, chosen, call, partial(draw_saturations, chosen=place, bounds=bounds))


def saturation_training_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: shut, open. Drawn from the recording of the run, or that of the shipped model's training."""
    bounds, place = _bounds(question), _place(question, chosen)
    if chosen.run is None:
        with open_recording(SHIPPED_RECORDING) as recording:
            (name,) = TrainingConfig.from_dict(recording.header.config).names
            drawn = draw_saturation_training(recording, name, place, bounds)
            return Work((), recording.last_step, body=packed(drawn, None))
    assert question.reading.run is not None
    run_id, name = question.reading.run
    with readers_of(server.runs_root()).reading(run_id) as recording:
        drawn = draw_saturation_training(recording, name, place, bounds)
        return Work((), recording.last_step, body=packed(drawn, recording.last_step))


@lru_cache(maxsize=1)
def _kept_search() -> tuple[int, dict[str, CellSearch]] | None:
    """The shipped search, if it is of the shipped model and of the modules that this Python has."""
    kept = read_searches(SHIPPED_CELLS)
    is_ours = kept.fingerprint == fingerprint(SHIPPED.read_bytes(), read_text(UNSEEN)[:SEARCHED])
    return (kept.characters, kept.searches) if is_ours else None


def _search(question: GatesQuestion, chosen: Chosen, draw: Callable[[Any], Drawn]) -> Work:
    """Over the whole text of the passage, whatever was typed; among the cell states, or the state asked for."""
    kind = "cell" if chosen.config.cell == "lstm" else "hidden"
    state, text = question.choice("state", (kind, "hidden")), question.reading.passage.text
    if chosen.run is None and (state, text) == (kind, UNSEEN) and (kept := _kept_search()) is not None:
        return Work((), None, body=packed(draw(kept), None))
    progress = progress_file((chosen.key, text, state, question.reading.layer))
    layer = _place(question, chosen)[0]
    call = _call(cells, chosen, text, state, layer, times=SEARCH_TIMES, hidden=(progress,))
    return _work(question, chosen, call, draw, share=lambda: share_done(progress))


def cells_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: property, state."""
    return _search(question, chosen, partial(draw_cells, name=question.choice("property", tuple(TITLES))))


def properties_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: state."""
    return _search(question, chosen, draw_properties)


def _touch(question: GatesQuestion, chosen: Chosen, draw: Callable[[Any], Drawn]) -> Work:
    reading, place = question.reading, question.whole("place", 0, MOST_STEP)
    call = _call(touched, chosen, reading.passage, reading.hands, place, *_place(question, chosen))
    return _work(question, chosen, call, draw)


def _span(question: GatesQuestion) -> tuple[int, int] | None:
    """From the first timestep of a hand or an edit to the last one; None without any."""
    reading = question.reading
    first = [hand.first for hand in reading.hands] + [step for step, _ in reading.passage.edits]
    last = [MOST_STEP if hand.last is None else hand.last for hand in reading.hands]
    last += [step for step, _ in reading.passage.edits]
    return (min(first), min(max(last), reading.passage.length - 1)) if first else None


def chances_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: place."""
    return _touch(question, chosen, partial(draw_chances, place=question.whole("place", 0, MOST_STEP)))


def effect_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: place."""
    return _touch(question, chosen, partial(draw_effect, span=_span(question)))


def state_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: place, unit."""
    kind = next(kind for kind in NAMES if chosen.config.cell.endswith(kind))
    return _touch(question, chosen, partial(draw_state, unit=_unit(question), kind=kind, span=_span(question)))


def path_work(question: GatesQuestion, chosen: Chosen) -> Work:
    """Extra: first, last, unit. Errors: ValueError for a gap of more than MOST_GAP timesteps."""
    first, last = question.whole("first", 0, MOST_STEP), question.whole("last", 50, MOST_STEP)
    if last - first > MOST_GAP:
        raise ValueError(
            f"∂c/∂c is measured over at most {MOST_GAP} timesteps, got {last - first}; choose a shorter gap."
        )
    call = _call(path_between, chosen, question.reading.passage, first, last, *_place(question, chosen))
    return _work(question, chosen, call, partial(draw_path, unit=_unit(question)))


GATES_ANALYSES: dict[str, Callable[[GatesQuestion, Chosen], Work]] = {
    "saturation": saturation_work,
    "saturation-training": saturation_training_work,
    "cells": cells_work,
    "properties": properties_work,
    "chances": chances_work,
    "effect": effect_work,
    "state": state_work,
    "path": path_work,
}
"""By name, as `gates_question` takes it."""
