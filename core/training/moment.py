"""One model at one step of a run: the very pass that training makes there, made again whenever somebody asks.

Axes: N batch, T timesteps, C outputs, P parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..models.sequence_model import SequenceModel
from ..probes.watch import Watched, watch
from ..tasks.catalog import make_task
from ..tasks.task import Batch, Task
from .config import TrainingConfig
from .start import initial_model

WATCHED_LAYER = "recurrent"
"""Where the recurrent stack is in a SequenceModel, and so its name in `Watched`."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A model of a run at one of its steps; small, and picklable, so that a worker can be asked about it.

    Errors: ValueError for a model or a step that the run does not have.
    """

    config: TrainingConfig
    model: int
    """Its place in `config.models`."""
    step: int = 0
    parameters: np.ndarray | None = None
    """Those with which the step's gradient was computed, shape (P,), float32, in the order of `model.parameters()`.

    None: as initialised.
    """

    def __post_init__(self):
        if not 0 <= self.model < len(self.config.models):
            last = len(self.config.models) - 1
            raise ValueError(f"a moment's model must be in 0…{last}, got {self.model}; choose one of the run's.")
        if not 0 <= self.step <= self.config.steps:
            raise ValueError(
                f"a moment's step must be in 0…{self.config.steps}, got {self.step}; choose one of the run's."
            )


@dataclass(frozen=True)
class Draw:
    """What chance decides at one step: the same for every model of the run."""

    batch: Batch
    dropout_seed: int


@dataclass(frozen=True, eq=False)
class Observed:
    """One forward and perhaps backward pass, and what was seen of it."""

    task: Task
    batch: Batch
    model: SequenceModel
    """After a backward pass its parameters hold their gradients, before clipping."""
    outputs: Tensor
    """Shape (N, T, C), detached."""
    loss: float
    """Mean over the batch's mask: nats or squared error."""
    watched: Watched
    """Of all examples; the layer is called WATCHED_LAYER."""


def observe(moment: Moment, texts: Path | None = None, with_gradient: bool = True) -> Observed:
    """Rebuild the model, draw the step's batch and make the pass that `train` makes there, bit for bit.

    Args:
        moment: Which model of which run, when.
        texts: The folder of the users' own texts.
        with_gradient: Whether to make the backward pass too, which takes most of the time.

    Errors: TextError for a text that is not there; ValueError for parameters of another model.
    """
    config = moment.config
    task = make_task(config.task, texts)
    model = initial_model(config, moment.model, task, texts)
    if moment.parameters is not None:
        load_parameters(model, moment.parameters)
    return observe_pass(model, task, draw(task, config, moment.step), with_gradient)


def draw(task: Task, config: TrainingConfig, step: int) -> Draw:
    """What step `step` of the run draws from (seed, step)."""
    rng = np.random.default_rng([config.seed, step])
    batch = task.batch(rng, config.batch_size)
    return Draw(batch, int(rng.integers(2**32)))


def observe_pass(model: SequenceModel, task: Task, drawn: Draw, with_gradient: bool = True) -> Observed:
    """One forward and perhaps backward pass under watch; leaves the caller's random numbers alone."""
    with torch.random.fork_rng(devices=[]), watch(model, examples=None) as watched:  # without grad other kernels run
        torch.default_generator.manual_seed(drawn.dropout_seed)
        outputs = model(drawn.batch.inputs)
        loss = task.loss(outputs, drawn.batch)
        if with_gradient:
            loss.backward()
    return Observed(task, drawn.batch, model, outputs.detach(), loss.item(), watched)


@torch.no_grad()
def load_parameters(model: nn.Module, flat: np.ndarray) -> None:
    """Copy a flattened vector of shape (P,) into the model's parameters. Errors: ValueError if it does not fit."""
    own = list(model.parameters())
    size = sum(parameter.numel() for parameter in own)
    if flat.shape != (size,) or flat.dtype != np.float32:
        raise ValueError(
            f"this model's parameters must be {size} numbers of float32, got {flat.dtype} of shape {flat.shape}; "
            "take them from a recording of the same config."
        )
    pieces = torch.tensor(flat).split([parameter.numel() for parameter in own])
    for parameter, piece in zip(own, pieces, strict=True):
        parameter.copy_(piece.view_as(parameter))
