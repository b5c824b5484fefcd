"""What can be said of a model before any training: what each remedy would do, and how large its gradients are.

Both take a moment and look at its model as initialised; a worker calls them as it calls `anatomy`'s functions.

Axes: T timesteps.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..models.sequence_model import SequenceModel
from ..tasks.catalog import make_task
from ..tasks.task import Task
from .clipping import total_norm
from .moment import WATCHED_LAYER, Draw, Moment, draw, observe
from .remedies import remedies
from .start import initial_model

PATIENT = "patient"
BATCHES, LEAST_BATCHES = 12, 3
"""Batches whose gradient is measured at the initial weights, and of a large model."""
MOST_STATES = 10_000_000
"""Hidden states of all these batches; a model that has more gets fewer of them."""


def treated_norms(
    moment: Moment, layer: int, direction: int, example: int, texts: Path | None = None
) -> dict[str, np.ndarray]:
    """‖∂L/∂h_t‖ (LSTM: ‖∂L/∂c_t‖), shape (T,): the patient's under PATIENT, each treated model's by remedy's key.

    With the loss at the last timestep alone, whatever the task says: losses on the way would hide what a step keeps.
    """
    config = replace(moment.config, task=replace(moment.config.task, loss_at="last"))
    found = {PATIENT: _norms(Moment(config, moment.model), layer, direction, texts)}
    for remedy in remedies(config, moment.model):
        treated = Moment(remedy.config, len(remedy.config.models) - 1)
        found[remedy.key] = _norms(treated, layer, direction, texts)
    return found


def _norms(moment: Moment, layer: int, direction: int, texts: Path | None) -> np.ndarray:
    flow = observe(moment, texts).watched.flow[WATCHED_LAYER]
    return (flow.norms() if flow.cell is None else flow.cell_norms())[layer, direction]


def initial_gradient_norms(
    moment: Moment, layer: int, direction: int, example: int, texts: Path | None = None
) -> np.ndarray:
    """Norm of the gradient of all weights, before clipping, of the run's first batches at the initial weights.

    Shape (BATCHES,); fewer where MOST_STATES or the run's steps allow no more.
    """
    config = moment.config
    task = make_task(config.task, texts)
    model = initial_model(config, moment.model, task, texts)
    fitting = max(MOST_STATES // config.model_states(moment.model), LEAST_BATCHES)
    batches = range(min(BATCHES, fitting, config.steps + 1))
    return np.array([_gradient_norm(model, task, draw(task, config, step)) for step in batches])


def _gradient_norm(model: SequenceModel, task: Task, drawn: Draw) -> float:
    model.zero_grad()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(drawn.dropout_seed)
        task.loss(model(drawn.batch.inputs), drawn.batch).backward()
    return total_norm([parameter.grad for parameter in model.parameters() if parameter.grad is not None])
