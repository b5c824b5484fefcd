"""What the models of a run show before any training: the very numbers of its step 0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..probes.watch import Watched
from ..recordings.records import GradientFlow, Receipt
from .config import TrainingConfig
from .moment import WATCHED_LAYER, Moment, observe


def initial_flows(config: TrainingConfig, texts: Path | None = None) -> tuple[GradientFlow, ...]:
    """The gradient flow of each model on the run's first batch. Errors: TextError for a text that is not there."""
    return tuple(watched.flow[WATCHED_LAYER] for watched in _watched(config, texts))


def initial_receipts(config: TrainingConfig, texts: Path | None = None) -> tuple[Receipt, ...]:
    """The same gradients the slow way, and how far apart the two are. Errors: as `initial_flows`."""
    return tuple(watched.receipt(WATCHED_LAYER) for watched in _watched(config, texts))


def _watched(config: TrainingConfig, texts: Path | None) -> Iterator[Watched]:
    for model in range(len(config.models)):
        yield observe(Moment(config, model), texts).watched
