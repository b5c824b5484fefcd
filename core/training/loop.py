"""Training as an iterator: the consumer owns the pace, and stops by stopping.

Axes: L layers, D directions, N batch, T timesteps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..models.config import ModelConfig
from ..models.sequence_model import build_model
from ..probes.watch import watch
from ..recordings.records import GateTrace, ModelStep, TrainingStep
from ..tasks.catalog import make_task
from ..tasks.task import Batch, Task
from .clipping import clip, total_norm
from .config import TrainingConfig

SNAPSHOT_EXAMPLES = 8
WATCHED_LAYER = "recurrent"
EARLY_SNAPSHOTS = (0, 1, 2, 3, 5, 10, 20)
SNAPSHOT_EVERY = 50
"""Steps between snapshots of the gates, after the early ones."""


@dataclass
class Knobs:
    """What may change while a run goes on; the loop reads them at every step."""

    learning_rate: float
    clip: str
    max_norm: float

    @classmethod
    def of(cls, config: TrainingConfig) -> Knobs:
        """The knobs as the config sets them at first."""
        return cls(config.learning_rate, config.clip, config.max_norm)


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
    trainees = [_Trainee(name, model, task, config) for name, model in zip(config.names, config.models, strict=True)]
    for step in range(config.steps + 1):
        rng = np.random.default_rng([config.seed, step])
        batch = task.batch(rng, config.batch_size)
        dropout_seed = int(rng.integers(2**32))
        record = TrainingStep(step, tuple(trainee.train(step, batch, dropout_seed, knobs) for trainee in trainees))
        yield record
        for model in record.models:
            if not _is_finite(model):
                raise TrainingDiverged(step, model.name)


def is_snapshot(step: int) -> bool:
    """True at the steps whose gates are kept: often at first, then every SNAPSHOT_EVERY."""
    return step in EARLY_SNAPSHOTS or step % SNAPSHOT_EVERY == 0


def is_finite(step: TrainingStep) -> bool:
    """True unless a model's loss, gradient or update is NaN or Inf; training ends after such a step."""
    return all(map(_is_finite, step.models))


def _is_finite(model: ModelStep) -> bool:
    return all(map(math.isfinite, (model.loss, model.gradient_norm, model.update_ratio)))


@dataclass(frozen=True)
class _Measured:
    """What one forward and backward pass shows."""

    loss: float
    accuracy: float
    hidden_norms: np.ndarray  # (L, D, T)
    cell_norms: np.ndarray | None  # (L, D, T)
    gates: GateTrace | None


class _Trainee:
    """A model in training, with its optimizer."""

    def __init__(self, name: str, config: ModelConfig, task: Task, training: TrainingConfig):
        self.name = name
        self.task = task
        self.model = build_model(config, task, training.seed)
        self.parameters = list(self.model.parameters())
        self.optimizer = _make_optimizer(training, self.parameters)

    def train(self, step: int, batch: Batch, dropout_seed: int, knobs: Knobs) -> ModelStep:
        """One update (none at step 0, and none that is not finite) and what it showed."""
        self.optimizer.zero_grad()
        measured = self._measure(batch, dropout_seed, with_gates=is_snapshot(step))
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        gradient_norm, clipped_norm = clip(gradients, knobs.clip, knobs.max_norm)
        is_update = step > 0 and math.isfinite(gradient_norm) and math.isfinite(measured.loss)
        return ModelStep(
            name=self.name,
            loss=measured.loss,
            accuracy=measured.accuracy,
            gradient_norm=gradient_norm,
            clipped_norm=clipped_norm,
            update_ratio=self._update(knobs.learning_rate) if is_update else 0.0,
            hidden_norms=measured.hidden_norms,
            cell_norms=measured.cell_norms,
            gates=measured.gates,
        )

    def _measure(self, batch: Batch, dropout_seed: int, with_gates: bool) -> _Measured:
        with torch.random.fork_rng(devices=[]), watch(self.model, examples=None) as watched:
            torch.default_generator.manual_seed(dropout_seed)
            outputs = self.model(batch.inputs)
            loss = self.task.loss(outputs, batch)
            loss.backward()
        flow = watched.flow[WATCHED_LAYER]
        return _Measured(
            loss=loss.item(),
            accuracy=self.task.accuracy(outputs.detach(), batch),
            hidden_norms=_as_float32(flow.norms()),
            cell_norms=None if flow.cell is None else _as_float32(flow.cell_norms()),
            gates=watched.gates[WATCHED_LAYER].first(SNAPSHOT_EXAMPLES) if with_gates else None,
        )

    def _update(self, learning_rate: float) -> float:
        """Apply the gradient; ‖Δθ‖₂ / ‖θ‖₂, where θ is what it was before."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        before = torch.cat([parameter.detach().flatten() for parameter in self.parameters])
        self.optimizer.step()
        after = torch.cat([parameter.detach().flatten() for parameter in self.parameters])
        return total_norm([after - before]) / total_norm([before])


def _make_optimizer(config: TrainingConfig, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, config.learning_rate, fused=True)
    if config.optimizer == "sgd":
        return torch.optim.SGD(parameters, config.learning_rate, fused=True)
    return torch.optim.RMSprop(parameters, config.learning_rate, foreach=True)


def _as_float32(norms: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # beyond float32 is Inf, as the gradient itself would be
        return norms.astype(np.float32)
