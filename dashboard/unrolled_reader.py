"""Whose unrolled pass is asked for, and what a worker does for it."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.config import ModelConfig
from core.training.measures_unrolled import unrolled
from core.training.moment import Moment
from core.training.reading import Reader
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.desk import Call
from dashboard.reading_choice import choose
from dashboard.recurrence_asked import AskedUnrolled


@dataclass(frozen=True, eq=False)
class UnrolledReader:
    """Who reads, found out."""

    reader: Reader
    key: tuple
    label: str
    step: int | None
    config: ModelConfig


def unrolled_reader(asked: AskedUnrolled) -> UnrolledReader:
    """The model that is asked about; reads files. Errors: RecordingError, ValueError, LimitReached."""
    drawn = asked.drawn
    if drawn is not None:
        one = drawn.models[0]
        return UnrolledReader(Moment(drawn, 0), (one, asked.seed), f"untrained {one.label}", None, one)
    chosen = choose(asked.reading)
    return UnrolledReader(chosen.reader, chosen.key, chosen.label, chosen.step, chosen.config)


def unrolled_call(asked: AskedUnrolled, chosen: UnrolledReader) -> Call:
    """What a worker does for it."""
    arguments = (server.most_analysis_seconds(), unrolled, chosen.reader, asked.passage, server.texts_root())
    return Call(("unrolled", chosen.key, asked.passage), call_within, arguments)
