"""Training of recurrent models side by side, as rows of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..recordings.records import TrainingStep
from ..recordings.storage import Record
from .config import TrainingConfig
from .knobs import Knobs
from .loop import is_finite, train
from .row import Row

SCALARS = ("loss", "accuracy", "gradient_norm", "clipped_norm", "update_ratio")
RECORDS = ("hidden_norms", "cell_norms", "block_gradients", "block_updates", "gates", "parameters")


def training_rows(config: TrainingConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """One row a step. Errors: as `train`."""
    for step in train(config, knobs, texts):
        yield Row(step.step, scalars(step), records(step), is_finite(step))


def scalars(step: TrainingStep) -> dict[str, float]:
    """A step's numbers under their names in a recording, "<model>/<number>"."""
    return {f"{model.name}/{name}": getattr(model, name) for model in step.models for name in SCALARS}


def records(step: TrainingStep) -> dict[str, np.ndarray | Record]:
    """A step's arrays and records under their names in a recording; those that it does not have are absent."""
    named = {f"{model.name}/{name}": getattr(model, name) for model in step.models for name in RECORDS}
    return {name: value for name, value in named.items() if value is not None}
