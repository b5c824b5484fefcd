"""What the Gates view asks of the workers by itself, kept for the next script run.

Axes: T timesteps, H hidden units.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from core.recordings.storage import RecordNotFoundError
from core.training.read_planes import ReadPlanes
from dashboard.analysis_call import call_within
from dashboard.gates_calls import similar, unit_order
from dashboard.gates_readings import reading_sentence
from dashboard.readers import readers_of
from dashboard.reading_asked import AskedReading
from dashboard.reading_choice import choose
from dashboard.reading_room import reading_call
from dashboard.server import analysis_pool, most_analysis_seconds, runs_root, texts_root


def _computed(function: Callable, *arguments: Any) -> Any:
    """The function's result, from a worker."""
    return analysis_pool().submit(call_within, most_analysis_seconds(), function, *arguments).result()


@st.cache_data(max_entries=64, show_spinner=False)
def order_of(asked: AskedReading, gate: str, by: str, property: str) -> list[int]:
    """Units from top to bottom. Errors: ValueError, TextError, RecordingError, WorkerDied."""
    if by == "index":
        return list(range(choose(asked).config.hidden_size))
    place = (gate, asked.layer, asked.direction)
    order = _computed(unit_order, choose(asked).reader, asked.passage, place, by, property, texts_root())
    return [int(unit) for unit in order]


@st.cache_data(max_entries=64, show_spinner=False)
def similar_spans(
    asked: AskedReading, gate: str, span: tuple[int, int], threshold: float
) -> tuple[list[int], list[tuple[int, int, float]]]:
    """Units that are on just over a span, and the spans where they all are: first, last, likeness; best first.

    Errors: as `order_of`.
    """
    place = (gate, asked.layer, asked.direction)
    units, found = _computed(similar, choose(asked).reader, asked.passage, place, span, threshold, texts_root())
    return [int(unit) for unit in units], [(one.first, one.last, one.likeness) for one in found]


@st.cache_data(max_entries=64, show_spinner=False)
def sentence_of(asked: AskedReading, unit: int) -> str:
    """What the text cost, and how one unit stands in it. Errors: as `order_of`."""
    return reading_sentence(_planes(asked), choose(asked).label, unit)


def _planes(asked: AskedReading) -> ReadPlanes:
    call = reading_call(asked, choose(asked))
    planes: ReadPlanes = analysis_pool().submit(call.function, *call.arguments).result()
    return planes


def newest_step(run_id: str, name: str) -> int | None:
    """The training step of a model's newest parameters; None before the first. Errors: RecordingError."""
    with readers_of(runs_root()).reading(run_id) as recording:
        try:
            return recording.dated_record(f"{name}/parameters")[0]
        except RecordNotFoundError:
            return None


def settled(asked: AskedReading) -> AskedReading:
    """The reading with the newest weights' step named, so that what is kept of it is of these.

    Errors: RecordingError.
    """
    if asked.run is None or asked.step is not None:
        return asked
    return replace(asked, step=newest_step(*asked.run) or 0)


def planes_npz(asked: AskedReading) -> bytes:
    """Every gate and state of a reading as a NumPy archive: arrays (T, H) by name, and what was read."""
    planes = _planes(asked)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, allow_pickle=False, tokens=np.array(planes.tokens), losses=planes.losses, **planes.planes
    )
    return buffer.getvalue()
