"""Pictures of the Truncation page, drawn and read out.

Axes: T timesteps, K window lengths or training steps, S seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.recordings.storage import Recording
from core.recordings.truncation import CutText, GradientLikeness, Undetached, WindowCosts
from core.tasks.catalog import make_task
from core.training.truncation_config import TruncationConfig
from dashboard.asked import Drawn
from dashboard.figures.gradient_flow import learning_figure
from dashboard.figures.summed import lag_figure
from dashboard.figures.truncation import (
    WAY_STROKES,
    cut_reach_figure,
    cut_text_figure,
    likeness_figure,
    staleness_figure,
)
from dashboard.figures.truncation_costs import undetached_figure, window_costs_figure
from dashboard.summed_sweeps import final_accuracies, sweep_of
from dashboard.theme import DASHES, LAYER_COLORS, Stroke
from dashboard.truncation_asked import CutAsked
from dashboard.truncation_readings import (
    complaints,
    costs_sentence,
    cut_sentence,
    lag_sentence,
    likeness_sentence,
    reach_sentence,
    staleness_sentence,
    undetached_sentence,
)

LINE_STROKES = tuple(Stroke(*pair) for pair in zip(LAYER_COLORS, DASHES, strict=True))
"""One a window of a sweep."""
MOST_ROWS = 12
"""Of a text."""
Staleness = Mapping[str, Sequence[tuple[int, np.ndarray]]]
"""By name: training steps and the share of each window."""


def draw_text(asked: CutAsked, text: CutText) -> Drawn:
    """The example in rows of one window."""
    window = next(one.window for one in asked.config.truncations if one.way != "whole")
    return Drawn(cut_text_figure(text, row_width(window, len(text.tokens))), cut_sentence(text))


def row_width(window: int, length: int) -> int:
    """Timesteps of a row: one window, or as many as leave at most MOST_ROWS rows."""
    return min(window * -(-length // (MOST_ROWS * window)), length)


def draw_reach(asked: CutAsked, text: CutText) -> Drawn:
    """The same numbers as lines."""
    return Drawn(cut_reach_figure(text, [one.way for one in asked.config.truncations]), reach_sentence(text))


def draw_likeness(asked: CutAsked, found: Sequence[GradientLikeness]) -> Drawn:
    """Cosine by window."""
    return Drawn(likeness_figure(found), likeness_sentence(found))


def draw_costs(asked: CutAsked, costs: WindowCosts) -> Drawn:
    """Time and memory by window."""
    return Drawn(window_costs_figure(costs), costs_sentence(costs))


def draw_undetached(asked: CutAsked, found: Undetached) -> Drawn:
    """Time and memory without detach."""
    return Drawn(undetached_figure(found), f"{undetached_sentence(found)} {_plain(complaints(found))}")


def _plain(markdown: str) -> str:
    """Without the marks that a panel's sentence does not know."""
    return markdown.replace("*", "").replace("`", "")


def draw_first_staleness(asked: CutAsked, found: Staleness) -> Drawn:
    """Of the first steps of a run that nobody keeps."""
    drawn = draw_staleness(asked.config, found)
    return Drawn(drawn.figure, f"In the first steps of such a run: {drawn.reading}")


def draw_run_staleness(asked: CutAsked, recording: Recording) -> Drawn:
    """Of the run's snapshots up to the step shown."""
    found: dict[str, list[tuple[int, np.ndarray]]] = {}
    names = [f"{name}/staleness" for name in asked.config.names]
    for row in recording.rows(names=names):
        for name in asked.config.names:
            shares = row.records.get(f"{name}/staleness")
            if isinstance(shares, np.ndarray) and len(shares) and (asked.step is None or row.step <= asked.step):
                found.setdefault(name, []).append((row.step, shares))
    return draw_staleness(asked.config, found)


def draw_staleness(config: TruncationConfig, found: Staleness) -> Drawn:
    """How far carried states are from new ones, by training step."""
    if not found:
        return Drawn(staleness_figure({}), "No state was carried over an update yet.")
    ways = dict(zip(config.names, config.truncations, strict=True))
    dated = {
        ways[name]: (np.array([step for step, _ in pairs]), [shares for _, shares in pairs])
        for name, pairs in found.items()
    }
    figure = staleness_figure({way.label: (WAY_STROKES[way.way], *pair) for way, pair in dated.items()})
    return Drawn(figure, staleness_sentence({way.label: pair for way, pair in dated.items()}))


def draw_lag(recording: Recording) -> Drawn:
    """Accuracy by lag, one line a window."""
    base = _base(recording)
    lengths, found = final_accuracies(recording)
    lags, chance = lengths - 1, make_task(base.task).chance.accuracy or 0.0
    accuracies = {way.label: found[name] for way, name in zip(base.truncations, base.names, strict=True)}
    lines = {label: (stroke, lags, one) for stroke, (label, one) in zip(LINE_STROKES, accuracies.items(), strict=False)}
    return Drawn(lag_figure(lines, chance), lag_sentence(lags, accuracies, chance))


def draw_newest_point(recording: Recording) -> Drawn:
    """Accuracy over the training of the point that came last."""
    base, config = _base(recording), sweep_of(recording)
    table = recording.scalars(["point", "inner_step", *(f"{name}/accuracy" for name in base.names)])
    labels, chance = [way.label for way in base.truncations], make_task(base.task).chance.accuracy
    figure = learning_figure(labels, LINE_STROKES[: len(labels)], "share right", chance, is_share=True)
    if not len(table):
        return Drawn(figure, "Nothing is trained yet.")
    number = int(table["point"].iloc[-1])
    own, point = table[table["point"] == number], config.points[number]
    for trace, name in zip(figure.data, base.names, strict=False):
        trace.update(x=own["inner_step"], y=own[f"{name}/accuracy"], hovertemplate="step %{x}: %{y:.0%}")
    done = f"step {own['inner_step'].iloc[-1]:.0f} of {point.config.steps}"
    return Drawn(figure, f"Run {number + 1} of {len(config.points)}: T = {point.values[0]}, seed {point.config.seed}, "
                         f"{done}.")  # fmt: skip


def _base(recording: Recording) -> TruncationConfig:
    base = sweep_of(recording).base
    if not isinstance(base, TruncationConfig):
        raise ValueError(f"A sweep of windows was asked for, got one of {base.kind!r}; open another run.")
    return base
