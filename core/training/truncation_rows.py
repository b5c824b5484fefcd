"""Training with truncated gradients, as rows of a recording.

Axes: N batch, T timesteps, W segments, P parameters.

For each truncation, under its name in the config:

    <name>/loss, /accuracy      of a whole batch, at the weights with which each segment was gone through
    <name>/gradient_norm        mean over the batch's updates, before clipping
    <name>/staleness            at snapshots, shape (W − 1,): how far the state that is carried into each segment but
                                the first is from the one that the newest weights would make there, as a share of that
    <name>/parameters           at snapshots, shape (P,), before the step's updates
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..tasks.catalog import make_task
from ..tasks.task import Task
from .knobs import Knobs
from .loop import TrainingDiverged
from .moment import Draw, draw
from .row import Row
from .snapshots import is_snapshot, snapshot_steps
from .start import initial_model
from .truncation import passes, staleness
from .truncation_config import TruncationConfig
from .updates import Update, Updater

FIRST_STEPS = 20
"""Batches after which a first look ends."""


def truncation_rows(config: TruncationConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """One row a batch. Errors: TrainingDiverged after a row that is not finite; TextError."""
    task = make_task(config.task, texts)
    trainees = [_Trainee(config, position, task, texts) for position in range(len(config.truncations))]
    keeping = snapshot_steps(config.steps, sum(trainee.updater.parameters.nbytes for trainee in trainees))
    for step in range(config.steps + 1):
        drawn = draw(task, config.ordinary, step)
        arrays = {f"{one.name}/parameters": one.updater.parameters for one in trainees if step in keeping}
        seen = {one.name: one.train(drawn, knobs, step) for one in trainees}
        if is_snapshot(step):
            arrays |= {f"{name}/staleness": one.staleness for name, one in seen.items()}
        diverged = [name for name, one in seen.items() if not one.is_finite]
        scalars = {f"{name}/{what}": value for name, one in seen.items() for what, value in one.scalars().items()}
        yield Row(step, scalars, arrays, is_finite=not diverged)
        if diverged:
            raise TrainingDiverged(step, diverged[0])


def first_staleness(config: TruncationConfig, texts: Path | None = None) -> dict[str, list[tuple[int, np.ndarray]]]:
    """What a run of these settings would record of staleness in its first FIRST_STEPS steps: by name, step and shares.

    Ways that carry nothing are absent. Errors: TextError; TrainingDiverged.
    """
    short = replace(config, steps=min(FIRST_STEPS, config.steps))
    found: dict[str, list[tuple[int, np.ndarray]]] = {}
    for row in truncation_rows(short, Knobs.of(short), texts):
        for name in config.names:
            shares = row.records.get(f"{name}/staleness")
            if isinstance(shares, np.ndarray) and len(shares):
                found.setdefault(name, []).append((row.step, shares))
    return found


@dataclass(frozen=True)
class _Seen:
    """What one batch showed of one way of cutting."""

    updates: tuple[tuple[Update, int], ...]
    """One a segment with a loss, and how many losses it has."""
    accuracy: float
    staleness: np.ndarray
    """Shape (W − 1,); empty where no state is carried, or none was measured."""

    @property
    def is_finite(self) -> bool:
        return all(update.is_finite for update, _ in self.updates)

    def scalars(self) -> dict[str, float]:
        losses, counts = [update.loss for update, _ in self.updates], [count for _, count in self.updates]
        norms = [update.gradient_norm for update, _ in self.updates]
        loss = float(np.average(losses, weights=counts))
        return {"loss": loss, "accuracy": self.accuracy, "gradient_norm": float(np.mean(norms))}


class _Trainee:
    """The model with one way of cutting, and its optimizer."""

    def __init__(self, config: TruncationConfig, position: int, task: Task, texts: Path | None):
        self.name, self.truncation, self.task = config.names[position], config.truncations[position], task
        self.model = initial_model(config.ordinary, 0, task, texts)
        self.updater = Updater(self.model, config.optimizer, config.learning_rate)

    def train(self, drawn: Draw, knobs: Knobs, step: int) -> _Seen:
        """Go through a batch; an update for each segment that has a loss, none at step 0 or where it is not finite."""
        updates: list[tuple[Update, int]] = []
        outputs, stale = [], []
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(drawn.dropout_seed)
            for one in passes(self.model, drawn.batch, self.truncation):
                outputs.append(one.outputs.detach())
                if own := int(one.batch.mask.sum()):
                    loss = self.task.loss(one.outputs, one.batch)
                    updates.append((self.updater.update(loss, knobs, is_update=step > 0), own))
                if is_snapshot(step) and one.next_start is not None:
                    stale.append(staleness(self.model, drawn.batch, one.next_start, one.carried))
        accuracy = self.task.accuracy(torch.cat(outputs, dim=1), drawn.batch)
        return _Seen(tuple(updates), accuracy, np.array(stale))
