"""What the models of a run show before any training: the very numbers of its step 0.

Axes: L layers, D directions, N batch, T timesteps, H hidden units.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ..models.config import ModelConfig
from ..models.sequence_model import build_model
from ..probes.watch import Watched, watch
from ..recordings.records import GradientFlow, Receipt
from ..tasks.catalog import make_task
from .config import TrainingConfig
from .loop import WATCHED_LAYER


def initial_flows(config: TrainingConfig, texts: Path | None = None) -> tuple[GradientFlow, ...]:
    """The gradient flow of each model on the run's first batch. Errors: TextError for a text that is not there."""
    return tuple(_watched(config, model, texts).flow[WATCHED_LAYER] for model in config.models)


def initial_receipts(config: TrainingConfig, texts: Path | None = None) -> tuple[Receipt, ...]:
    """The same gradients the slow way, and how far apart the two are. Errors: as `initial_flows`."""
    return tuple(_watched(config, model, texts).receipt(WATCHED_LAYER) for model in config.models)


def _watched(config: TrainingConfig, model_config: ModelConfig, texts: Path | None) -> Watched:
    task = make_task(config.task, texts)
    rng = np.random.default_rng([config.seed, 0])
    batch = task.batch(rng, config.batch_size)
    model = build_model(model_config, task, config.seed)
    with torch.random.fork_rng(devices=[]), watch(model, examples=None) as watched:
        torch.default_generator.manual_seed(int(rng.integers(2**32)))
        task.loss(model(batch.inputs), batch).backward()
    return watched
