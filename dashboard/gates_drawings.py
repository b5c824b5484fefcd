"""The Gates page's pictures, drawn and read out from what a worker computed."""

from __future__ import annotations

import numpy as np

from core.analysis.cell_search import CellSearch
from core.analysis.saturation import Saturation, saturation
from core.recordings.interventions import CellPath
from core.recordings.records import GateTrace
from core.recordings.storage import Recording
from core.training.touch import Touched
from dashboard.asked import Drawn
from dashboard.figures.cells import cells_figure, properties_figure
from dashboard.figures.interventions import chances_figure, effect_figure, path_figure, state_figure
from dashboard.figures.saturation import saturation_figure, saturation_training_figure
from dashboard.gates_readings import (
    cells_sentence,
    chances_sentence,
    effect_sentence,
    path_sentence,
    properties_sentence,
    saturation_sentence,
    saturation_training_sentence,
    state_sentence,
)

TITLES = {
    "inside_string": "inside quotes",
    "inside_triple_quotes": "inside triple quotes",
    "inside_comment": "inside a comment",
    "inside_brackets": "inside brackets",
    "bracket_depth": "depth of brackets",
    "indentation": "indentation",
    "position_in_line": "position in the line",
    "is_digit": "digit",
    "is_upper_case": "upper case",
}
"""Properties of source code, for people."""
MOST_SHOWN = 400
"""Timesteps around a span that are drawn."""
MOST_SNAPSHOTS = 40
"""Of a run, in the picture over training."""
Span = tuple[int, int]


def draw_saturations(found: dict[str, Saturation], chosen: tuple[int, int, int], bounds: tuple[float, float]) -> Drawn:
    """A scatter of units for each gate."""
    layer, direction, unit = chosen
    units = next(iter(found.values())).left.shape[2]
    figure = saturation_figure(found, (layer, direction, min(unit, units - 1)))
    return Drawn(figure, saturation_sentence(found, (layer, direction), bounds))


def draw_saturation_training(
    recording: Recording, name: str, place: tuple[int, int], bounds: tuple[float, float]
) -> Drawn:
    """From the gates that a run kept of its first examples. Errors: RecordNotFoundError if it kept none."""
    steps, traces = _snapshots(recording, f"{name}/gates")
    gates = [gate for gate in ("input", "forget", "candidate", "output", "reset", "update", "new") if
             getattr(traces[0], gate) is not None] or ["hidden"]  # fmt: skip
    shares = {gate: np.stack([_shares(trace, gate, place, bounds) for trace in traces], axis=1) for gate in gates}
    reading = saturation_training_sentence(steps, shares)
    return Drawn(saturation_training_figure(steps, shares), reading)


def _snapshots(recording: Recording, name: str) -> tuple[np.ndarray, list[GateTrace]]:
    """Steps and gates of at most MOST_SNAPSHOTS snapshots, evenly spread over the logarithm of the step."""
    wanted = {*np.geomspace(1, recording.last_step + 1, MOST_SNAPSHOTS // 2).astype(int) - 1}
    wanted |= {*np.linspace(0, recording.last_step, MOST_SNAPSHOTS // 2).astype(int)}
    found: dict[int, GateTrace] = {}
    for step in sorted(wanted):
        dated, trace = recording.dated_record(name, int(step))
        assert isinstance(trace, GateTrace)
        found[dated] = trace
    return np.array(sorted(found)), [found[step] for step in sorted(found)]


def _shares(trace: GateTrace, gate: str, place: tuple[int, int], bounds: tuple[float, float]) -> np.ndarray:
    """Shares of all units and timesteps that are shut and open, shape (2,)."""
    one = saturation(trace, gate, *bounds)
    return np.array([one.left[place].mean(), one.right[place].mean()])


def draw_cells(found: tuple[int, dict[str, CellSearch]], name: str) -> Drawn:
    """The best units for one property."""
    characters, searches = found
    return Drawn(cells_figure(searches[name]), cells_sentence(TITLES[name], searches[name], characters))


def draw_properties(found: tuple[int, dict[str, CellSearch]]) -> Drawn:
    """The best unit for every property that changes in the text."""
    told = {name: one for name, one in found[1].items() if not np.isnan(one.held_out[0])}
    if not told:
        raise ValueError("no property changes in this text, so there is nothing to tell; choose source code.")
    return Drawn(properties_figure(told, TITLES), properties_sentence(told, TITLES))


def draw_chances(touched: Touched, place: int) -> Drawn:
    """What is expected next after one timestep."""
    if touched.chances is None:
        raise ValueError("this model expects no next symbol; its losses and its state say what the hands do.")
    place = min(place, len(touched.tokens) - 1)
    return Drawn(chances_figure(touched.symbols, *touched.chances), chances_sentence(touched, place))


def draw_effect(touched: Touched, span: Span | None) -> Drawn:
    """Losses and distance of expectations, about the span."""
    first, stop = _window(len(touched.tokens), span)
    before, after = (losses[first:stop] for losses in touched.losses)
    divergence = None if touched.divergence is None else touched.divergence[first:stop]
    figure = effect_figure(touched.tokens[first:stop], (before, after), divergence, span, first)
    return Drawn(figure, effect_sentence(touched, span))


def draw_state(touched: Touched, unit: int, kind: str, span: Span | None) -> Drawn:
    """One unit's cell state (hidden state, where there is no cell), about the span."""
    first, stop = _window(len(touched.tokens), span)
    unit = min(unit, touched.state[0].shape[1] - 1)
    before, after = (values[first:stop, unit] for values in touched.state)
    name, symbol = ("cell", "c") if kind == "lstm" else ("hidden", "h")
    return Drawn(state_figure(before, after, symbol, unit, span, first), state_sentence(touched, unit, name, span))


def _window(length: int, span: Span | None) -> Span:
    """Timesteps that are drawn: begin a little before the span, or at the beginning."""
    first = 0 if span is None else max(0, span[0] - MOST_SHOWN // 8)
    return first, min(length, max(first + MOST_SHOWN, 0 if span is None else span[1] + MOST_SHOWN // 8))


def draw_path(path: CellPath, unit: int) -> Drawn:
    """∏ f against the measured derivative."""
    return Drawn(path_figure(path), path_sentence(path, min(unit, len(path.units) - 1)))
