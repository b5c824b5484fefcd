"""What an analysis worker computes for the Gates page, where core's analyses meet its readings.

Axes: T timesteps, H hidden units.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.analysis.cell_search import CellSearch, cell_search
from core.analysis.matching import Match, brushed_units, matches
from core.analysis.ranks import Targets, figures
from core.analysis.saturation import Saturation, saturation
from core.analysis.unit_order import by_likeness, by_mean, by_saturation
from core.probes.intervention import NAMES, Intervention
from core.probes.text_run import text_states
from core.tasks.properties import source_properties
from core.tasks.texts import read_text
from core.training.reading import Passage, Reader, encode, opened, read
from dashboard.progress import writer

SEARCHED = 200_000
"""Characters of the text in which cells are searched, from its beginning."""
STATES_SHARE = 0.3
"""Of the search's time, that of the states."""
ORDERS = ("index", "mean", "saturation", "likeness", "property")


def saturations(
    reader: Reader, passage: Passage, hands: tuple[Intervention, ...], shut: float, open: float, texts: Path | None
) -> dict[str, Saturation]:
    """Saturation of every gate, or of the hidden state where there is none, by name. Errors: as `read`; ValueError."""
    trace = read(reader, passage, hands, texts).trace
    names = [name for name in NAMES[trace.kind] if name not in ("cell", "hidden")] or ["hidden"]
    return {name: saturation(trace, name, shut, open) for name in names}


def cells(
    reader: Reader, text: str, state: str, layer: int, progress: Path, texts: Path | None
) -> tuple[int, dict[str, CellSearch]]:
    """Characters read, and the search for every property of source code among the units of one layer.

    Errors: ValueError for a model of both directions, or one that reads no text; TextError.
    """
    model = opened(reader, texts)
    if not model.reads_text:
        raise ValueError("a search for cells needs a model of text, got one of another task; choose another model.")
    source, tell = read_text(text, texts), writer(progress)
    tokens = encode(model.symbols, source[:SEARCHED])
    single = copy.deepcopy(model.model).float()
    states = text_states(single, tokens, state, layer, lambda share: tell(STATES_SHARE * share))
    if not np.isfinite(states).all():
        sick = int((~np.isfinite(states)).any(axis=0).sum())
        raise ValueError(
            f"a search for cells needs states that are numbers, got NaN or ∞ in {sick} of {states.shape[1]} units; "
            "look at an earlier step of the run."
        )
    properties = {name: one.values for name, one in source_properties(source, SEARCHED).items()}
    rest = 1 - STATES_SHARE
    return len(tokens), cell_search(states, properties, progress=lambda share: tell(STATES_SHARE + rest * share))


def unit_order(
    reader: Reader,
    passage: Passage,
    place: tuple[str, int, int],
    by: str,
    property: str,
    texts: Path | None,
) -> np.ndarray:
    """Units from top to bottom, shape (H,), by one of ORDERS.

    Args:
        reader: Who reads.
        passage: What.
        place: Gate or state, layer, direction.
        by: "property": from what goes with it most to what goes against it most.
        property: By its name, for that order.
        texts: The folder of the users' own texts.
    """
    reading = read(reader, passage, (), texts)
    values, (gate, layer, direction) = reading.plane(*place), place
    if by == "mean":
        return by_mean(values)
    if by == "saturation":
        return by_saturation(saturation(reading.trace, gate), layer, direction)
    if by == "likeness":
        return by_likeness(values)
    if by == "property":
        return _by_property(values, source_properties("".join(reading.tokens))[property].values)
    return np.arange(values.shape[1])


def _by_property(values: np.ndarray, property: np.ndarray) -> np.ndarray:
    """By AUC, or Spearman's correlation, from 1 down; what has none is last."""
    figure = figures(np.ascontiguousarray(values.T), Targets.of([property]))[0]
    return np.argsort(-np.where(np.isnan(figure), -np.inf, figure), kind="stable")


def similar(
    reader: Reader,
    passage: Passage,
    place: tuple[str, int, int],
    span: tuple[int, int],
    threshold: float,
    texts: Path | None,
) -> tuple[np.ndarray, list[Match]]:
    """Units that are on over a span and off beside it, and the other spans where they all are. Errors: ValueError."""
    values = read(reader, passage, (), texts).plane(*place)
    values = np.tanh(values) if place[0] == "cell" else values
    return brushed_units(values, *span, threshold), matches(values, *span, threshold)


def warm(reader: Reader) -> None:
    """Read a little, so that the first visitor's reading need not load what it takes."""
    read(reader, replace(Passage(), length=8))
