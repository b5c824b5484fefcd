"""What a sweep trains right now, from its recording: the run that is not done yet, and how far it has come.

Axes: K rows that the run has written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.recordings.storage import Recording
from dashboard.summed_sweeps import sweep_of


@dataclass(frozen=True, eq=False)
class UnderWay:
    """One run of a sweep, in the middle of it."""

    name: str
    """Which of the sweep's runs, for people: "seed 2 of 3", with the value of each factor."""
    step: int
    steps: int
    """Updates that it will have made in the end."""
    curves: Mapping[str, np.ndarray]
    """By model: steps and the mean of a scalar since the row before, shape (2, K)."""


def under_way(recording: Recording, scalar: str) -> UnderWay | None:
    """The run that the sweep's newest row is of, with one scalar of each model; None if it is done, or none began.

    Errors: RecordingError for a run of another kind.
    """
    config = sweep_of(recording)
    names: tuple[str, ...] = config.base.names  # type: ignore[attr-defined]
    wanted = ["point", "inner_step", *(f"{name}/{scalar}" for name in names), f"{names[0]}/{scalar}/curve"]
    rows = list(recording.rows(names=wanted))
    if not rows or rows[-1].records:
        return None
    number = int(rows[-1].scalars["point"])
    own = [row.scalars for row in rows if row.scalars["point"] == number]
    steps = [row["inner_step"] for row in own]
    curves = {name: np.array([steps, [row[f"{name}/{scalar}"] for row in own]]) for name in names}
    point, per_seed = config.points[number], len(config.points) // len(config.seeds)
    values = [f"{factor.path.split('.')[-1]} {label}, " for factor, label in
              zip(config.factors, point.labels, strict=True)]  # fmt: skip
    name = f"{''.join(values)}seed {number // per_seed + 1} of {len(config.seeds)}"
    return UnderWay(name, int(steps[-1]), point.config.steps, curves)


def under_way_sentence(now: UnderWay | None, labels: Mapping[str, str], unit: str) -> str:
    """How far it is, and where its models stand; `labels` by model, `unit` of the scalar. Empty if nothing is."""
    if now is None:
        return ""
    said = "; ".join(f"{labels[name]} {curve[1, -1]:.3f}" for name, curve in now.curves.items())
    return f"In training: {now.name}, update {now.step:,} of {now.steps:,}, at {unit} {said}."
