"""What the sweeps of recurrent networks have found so far, from their recordings.

Axes: K values of the factor, S seeds, M measured steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.recordings.storage import Recording, RecordingError
from core.training.sweep import SweepConfig

SHIPPED_LAGS = Path(__file__).resolve().parents[1] / "assets" / "recall-by-lag"
SHIPPED_STACKS = SHIPPED_LAGS.with_name("one-layer-or-two")
LAST_STEPS = 20
"""Of which the mean is what a run came to."""


def sweep_of(recording: Recording) -> SweepConfig:
    """What the recording is of. Errors: RecordingError for a run of another kind."""
    try:
        return SweepConfig.from_dict(recording.header.config)
    except ValueError as error:
        raise RecordingError(f"Recording {recording.header.id!r} is no sweep of this page's: {error}") from None


def curves_of(recording: Recording, names: list[str]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Of each point that is done, its number and its curves, shape (2, M): steps and values; by scalar."""
    wanted = ["point", *(f"{name}/curve" for name in names)]
    for row in recording.rows(names=wanted):
        if len(row.records) == len(names):
            yield int(row.scalars["point"]), {name: np.asarray(row.records[f"{name}/curve"]) for name in names}


def final_accuracies(recording: Recording) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The sweep's lengths, shape (K,), and by model what each of its runs came to, shape (K, S); NaN: not done yet."""
    config = sweep_of(recording)
    if len(config.factors) != 1 or not hasattr(config.base, "names"):
        raise RecordingError(f"Recording {recording.header.id!r} has no one factor; open a sweep of lengths.")
    values, names = config.factors[0].values, config.base.names
    found = {name: np.full((len(config.seeds), len(values)), np.nan) for name in names}
    for point, curves in curves_of(recording, [f"{name}/accuracy" for name in names]):
        for name in names:
            found[name].flat[point] = curves[f"{name}/accuracy"][1, -LAST_STEPS:].mean()
    return np.array(values), {name: accuracies.T for name, accuracies in found.items()}


def losses(recording: Recording) -> dict[str, list[np.ndarray]]:
    """By model, the loss at each step of each seed's run that is done, shape (M,)."""
    names = sweep_of(recording).base.names  # type: ignore[attr-defined]
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for _, curves in curves_of(recording, [f"{name}/loss" for name in names]):
        for name in names:
            found[name].append(curves[f"{name}/loss"][1])
    return found
