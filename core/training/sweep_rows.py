"""The rows of a sweep: those of its points, one after the other, thinned; see `sweep` for what they hold.

Axes: K measured steps of one point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .knobs import Knobs
from .loop import TrainingDiverged
from .row import Row
from .run_config import RunConfig
from .sweep import SweepConfig

ROWS = 50
"""At most so many rows a point."""
MOST_NUMBERS = 512
"""Of an array of a point's own run, for the sweep to keep it."""


def sweep_rows(config: SweepConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """The rows of all points, one point after the other; a point that diverges ends there, and the next begins.

    Errors: as the points' own, but for TrainingDiverged.
    """
    offset = 0
    for number, point in enumerate(config.points):
        for row in _thinned(point.config, texts):
            scalars = {"point": float(number), "inner_step": float(row.step)} | dict(row.scalars)
            yield Row(offset + row.step, scalars, row.records)
        offset += point.config.steps + 1


def _thinned(config: RunConfig, texts: Path | None) -> Iterator[Row]:
    """At most ROWS rows of a point; the last one with all that the others left out."""
    every = math.ceil((config.steps + 1) / (ROWS - 1))
    history, waiting = _History(), _History()
    arrays: dict[str, np.ndarray] = {}
    for row, is_last in _until_divergence(config, texts):
        history.add(row)
        waiting.add(row)
        arrays |= _small_arrays(row)
        if is_last:
            yield Row(row.step, waiting.means(), arrays | history.curves())
        elif row.step % every == 0:
            yield Row(row.step, waiting.means())
            waiting = _History()


def _until_divergence(config: RunConfig, texts: Path | None) -> Iterator[tuple[Row, bool]]:
    """The rows of a point's own run, and whether each is its last."""
    from . import kinds  # late: it knows this kind as well

    try:
        for row in kinds.rows(config, Knobs.of(config), texts):
            yield row, row.step == config.steps or not row.is_finite
    except TrainingDiverged:
        pass  # its last row was handed out as it came


class _History:
    """Scalars of some rows."""

    def __init__(self) -> None:
        self._measured: dict[str, list[tuple[int, float]]] = {}

    def add(self, row: Row) -> None:
        for name, value in row.scalars.items():
            self._measured.setdefault(name, []).append((row.step, value))

    def means(self) -> dict[str, float]:
        """The mean of each scalar; NaN and Inf spread."""
        with np.errstate(invalid="ignore"):  # Inf − Inf
            return {name: float(np.mean([value for _, value in pairs])) for name, pairs in self._measured.items()}

    def curves(self) -> dict[str, np.ndarray]:
        """Steps and values of each scalar, shape (2, K)."""
        return {f"{name}/curve": np.array(pairs).T for name, pairs in self._measured.items()}


def _small_arrays(row: Row) -> dict[str, np.ndarray]:
    return {
        name: record
        for name, record in row.records.items()
        if isinstance(record, np.ndarray) and record.size <= MOST_NUMBERS
    }
