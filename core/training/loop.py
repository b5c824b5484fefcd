"""Training as an iterator: the consumer owns the pace, and stops by stopping.

Axes: L layers, D directions, N batch, T timesteps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..models.blocks import parameter_blocks
from ..recordings.records import ModelStep, TrainingStep
from ..tasks.catalog import make_task
from ..tasks.task import Task
from .block_norms import as_float32, flattened, ratios, squares
from .clipping import clip
from .config import TrainingConfig
from .knobs import Knobs
from .moment import WATCHED_LAYER, Draw, draw, observe_pass
from .snapshots import parameter_steps, snapshot_steps
from .start import initial_model
from .updates import Updater

SNAPSHOT_EXAMPLES = 8
"""Of which a snapshot keeps the gates, the first of the batch."""


class TrainingDiverged(Exception):
    """A model's loss, gradient or update is not finite: at `step`, which was handed out as it came, in `model`."""

    def __init__(self, step: int, model: str):
        super().__init__(step, model)
        self.step = step
        self.model = model

    def __str__(self):
        return (
            f"Training needs finite numbers; at step {self.step} the loss, gradient or update of {self.model} is not. "
            "Lower the learning rate or clip the gradient by norm."
        )


def train(config: TrainingConfig, knobs: Knobs | None = None, texts: Path | None = None) -> Iterator[TrainingStep]:
    """Train all models in lock-step on the same batches; step 0 is measured before any update, then one step an update.

    Step k draws its batch from (seed, k), measures the gradient there, clips it and applies it; all numbers of a row
    belong to that update. Same config and knobs: the same steps bit for bit; a model's do not depend on the others'.

    Args:
        config: The run.
        knobs: May be changed between steps; by default as the config says.
        texts: The folder of the users' own texts.

    Errors: TrainingDiverged after the step that is not finite; TextError for a text that is not there.
    """
    task = make_task(config.task, texts)
    knobs = knobs or Knobs.of(config)
    trainees = [_Trainee(config, position, task, texts) for position in range(len(config.models))]
    with_parameters = parameter_steps(config.steps, sum(trainee.updater.parameters.nbytes for trainee in trainees))
    with_gates = frozenset({0})
    for step in range(config.steps + 1):
        drawn, keeps = draw(task, config, step), (step in with_gates, step in with_parameters)
        record = TrainingStep(step, tuple(one.train(step, drawn, knobs, *keeps) for one in trainees))
        if step == 0:
            with_gates = snapshot_steps(config.steps, sum(map(_gate_bytes, record.models)))
        yield record
        for model in record.models:
            if not _is_finite(model):
                raise TrainingDiverged(step, model.name)


def is_finite(step: TrainingStep) -> bool:
    """True unless a model's loss, gradient or update is NaN or Inf; training ends after such a step."""
    return all(map(_is_finite, step.models))


def _is_finite(model: ModelStep) -> bool:
    return all(map(math.isfinite, (model.loss, model.gradient_norm, model.update_ratio)))


def _gate_bytes(model: ModelStep) -> int:
    return 0 if model.gates is None else sum(getattr(value, "nbytes", 0) for value in vars(model.gates).values())


class _Trainee:
    """A model in training, with its optimizer."""

    def __init__(self, training: TrainingConfig, position: int, task: Task, texts: Path | None):
        self.name = training.names[position]
        self.is_clipped = training.models[position].clipped
        self.task = task
        self.model = initial_model(training, position, task, texts)
        self.updater = Updater(self.model, training.optimizer, training.learning_rate)
        self.starts = np.array([block.start for block in parameter_blocks(self.model)])

    def train(self, step: int, drawn: Draw, knobs: Knobs, with_gates: bool, with_parameters: bool) -> ModelStep:
        """One update (none at step 0, and none that is not finite) and what it showed."""
        self.updater.optimizer.zero_grad()
        observed = observe_pass(self.model, self.task, drawn)
        watched, before = observed.watched, self.updater.parameters
        flow = watched.flow[WATCHED_LAYER]
        gradients = [weight.grad for weight in self.updater.weights if weight.grad is not None]
        slopes = squares(flattened(gradients), self.starts)
        norm = math.sqrt(slopes.sum())
        clipped_norm = clip(gradients, norm, knobs.clip if self.is_clipped else "none", knobs.max_norm)
        is_update = step > 0 and math.isfinite(norm) and math.isfinite(observed.loss)
        change = self.updater.apply(knobs.learning_rate) if is_update else np.zeros_like(before)
        changes = squares(change, self.starts)
        sizes = squares(before, self.starts)
        return ModelStep(
            name=self.name,
            loss=observed.loss,
            accuracy=self.task.accuracy(observed.outputs, observed.batch),
            gradient_norm=norm,
            clipped_norm=clipped_norm,
            update_ratio=math.sqrt(changes.sum() / sizes.sum()),
            hidden_norms=as_float32(flow.norms()),
            block_gradients=as_float32(np.sqrt(slopes)),
            block_updates=as_float32(ratios(changes, sizes)),
            cell_norms=None if flow.cell is None else as_float32(flow.cell_norms()),
            gates=watched.gates[WATCHED_LAYER].first(SNAPSHOT_EXAMPLES) if with_gates else None,
            parameters=before if with_parameters else None,
        )
