"""How far the numbers of attention lie apart from seed to seed: drawn from a sweep over seeds, and read out.

Axes: R seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from core.analysis.alignment import FIELDS
from core.recordings.storage import Recording, RecordingError
from core.training.translation_alignment import uniform_scalars
from core.training.translation_config import TranslationConfig
from dashboard.asked import Drawn
from dashboard.attention_seen import measuring_of
from dashboard.figures.attention_spread import spread_figure
from dashboard.readings import number
from dashboard.summed_sweeps import curves_of, sweep_of

RIGHT = "held_out_strings"
Spread = Mapping[str, Mapping[str, np.ndarray]]
"""By model's label and number's name: what each seed came to, shape (R,)."""


def spread_of(recording: Recording) -> Spread:
    """What each seed that is done came to at its last step. Errors: RecordingError for another kind of run."""
    base = sweep_of(recording).base
    if not isinstance(base, TranslationConfig):
        raise RecordingError(f"Recording {recording.header.id!r} is no sweep of pairs; open one of this section.")
    known, found = set(recording.names()), {}
    for model, name in zip(base.models, base.names, strict=True):
        fields = [field for field in (RIGHT, *FIELDS) if f"{name}/{field}/curve" in known]
        done = [curves for _, curves in curves_of(recording, [f"{name}/{field}" for field in fields])] if fields else []
        if done:
            found[model.label] = {field: np.array([one[f"{name}/{field}"][1, -1] for one in done]) for field in fields}
    return found


@lru_cache(maxsize=16)
def uniform_on(config: TranslationConfig) -> dict[str, float]:
    """The numbers of attention that knows nothing, on the pairs that the run measures. Errors: PairError."""
    pairs = measuring_of(config)
    return uniform_scalars(pairs.held_out, pairs.links)


def draw_spread(asked: object, recording: Recording) -> Drawn:
    """Mean and range over seeds of every number of every model, beside knowing nothing."""
    spread, config = spread_of(recording), sweep_of(recording).base
    if not spread:
        return Drawn(go.Figure(), "The first seed is not through yet.")
    assert isinstance(config, TranslationConfig)
    uniform = uniform_on(config)
    return Drawn(spread_figure(spread, uniform), spread_sentence(spread, uniform))


def spread_sentence(spread: Spread, uniform: Mapping[str, float]) -> str:
    """Mean and range of what matters most, and whether models differ more than seeds do."""
    field = "gold_mass" if "gold_mass" in uniform else "row_entropy"
    what = "mass on the true links" if field == "gold_mass" else "entropy of a row"
    values = {label: numbers[field] for label, numbers in spread.items() if field in numbers}
    count = max(len(one[RIGHT]) for one in spread.values())
    opening = f"{count} seed{'s' * (count > 1)}, held-out pairs."
    if not values:
        return f"{opening} No model of this run attends to anything."
    parts = [f"**{label}** {ranged(one)}{_right(spread[label])}" for label, one in values.items()]
    nothing = f"attention that knows nothing has {number(uniform[field])}"
    return f"{opening} {what.capitalize()}: {'; '.join(parts)}; {nothing}.{_apart(values)}"


def ranged(values: np.ndarray) -> str:
    """Mean and range in words."""
    return f"{number(values.mean())} ({number(values.min())} to {number(values.max())})"


def _right(numbers: Mapping[str, np.ndarray]) -> str:
    return f" with {ranged(100 * numbers[RIGHT])} % of strings right" if RIGHT in numbers else ""


def _apart(values: Mapping[str, np.ndarray]) -> str:
    """Whether the ranges of the models overlap."""
    if len(values) < 2 or min(map(len, values.values())) < 2:
        return ""
    ordered = sorted(values.values(), key=lambda one: float(one.mean()))
    overlap = any(low.max() >= high.min() for low, high in zip(ordered[:-1], ordered[1:], strict=True))
    if overlap:
        return " Ranges overlap: another seed may turn the order round."
    return " No two ranges overlap: here the models differ by more than their seeds do."
