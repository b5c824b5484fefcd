"""What cutting does to a gradient: how far one loss reaches, and how like the truncated gradient is to the whole one.

Axes: N batch, T timesteps, H hidden units, K window lengths.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.sequence_model import SequenceModel
from ..probes.watch import watch
from ..recordings.truncation import CutReach, CutText, GradientLikeness
from ..tasks.catalog import make_task
from ..tasks.task import Batch, Task
from .examples import example_tokens
from .moment import WATCHED_LAYER, Moment, draw, load_parameters
from .start import initial_model
from .truncation import truncated_gradient
from .truncation_config import WHOLE, Segment, Truncation

RECURRENT = "weight_hh"
"""In the names of the weights that W_hh means."""


def cut_text(
    moment: Moment, truncations: tuple[Truncation, ...], place: int, example: int = 0, texts: Path | None = None
) -> CutText:
    """How far back the loss of timestep `place` reaches with each way of cutting, in one example of the step's batch.

    The loss is the task's own at that timestep, also where the task does not ask there.

    Errors: ValueError for a place or an example that is not there; TextError.
    """
    model, task, batch = prepared(moment, texts)
    _check_below("place", place, batch.mask.shape[1])
    _check_below("example", example, len(batch.mask))
    one = Batch(*(part[example : example + 1] for part in (batch.inputs, batch.targets, batch.mask)))
    reaches = tuple(_reach(model, task, one, truncation, place) for truncation in truncations)
    return CutText(example_tokens(task, batch, example), place, reaches)


def prepared(moment: Moment, texts: Path | None) -> tuple[SequenceModel, Task, Batch]:
    """Model, task and batch of a moment. Errors: TextError; ValueError for parameters of another model."""
    task = make_task(moment.config.task, texts)
    model = initial_model(moment.config, moment.model, task, texts)
    if moment.parameters is not None:
        load_parameters(model, moment.parameters)
    return model.eval(), task, draw(task, moment.config, moment.step).batch


def _reach(model: SequenceModel, task: Task, batch: Batch, truncation: Truncation, place: int) -> CutReach:
    segments = truncation.segments(batch.mask.shape[1])
    own = next(segment for segment in segments if segment.first_loss <= place < segment.end)
    norms = np.zeros(batch.mask.shape[1])
    own_norms, loss = _norms(model, task, batch, own, place)
    norms[own.start : place + 1] = own_norms
    return CutReach(truncation.label, norms, loss, own.start, tuple(segment.first_loss for segment in segments[1:]))


def _norms(model: SequenceModel, task: Task, batch: Batch, segment: Segment, place: int) -> tuple[np.ndarray, float]:
    """‖∂L/∂h_t‖ from the segment's start to `place`, where L is the loss of `place` alone; and that loss."""
    with torch.no_grad():
        state = None
        if not segment.is_fresh:
            _, state = model.recurrent(model.embedding(batch.inputs[:, : segment.start]))
    with watch(model, examples=0) as watched:
        hidden, _ = model.recurrent(model.embedding(batch.inputs[:, segment.start : place + 1]), state)
        loss = task.loss(model.readout(hidden[:, -1:]), _asked_at(batch, place))
        loss.backward()
    return watched.flow[WATCHED_LAYER].norms()[-1, 0], loss.item()


def _asked_at(batch: Batch, place: int) -> Batch:
    """One timestep of a batch, which counts."""
    one = slice(place, place + 1)
    return Batch(batch.inputs[:, one], batch.targets[:, one], torch.ones_like(batch.mask[:, one]))


def likeness(
    moment: Moment, ways: tuple[str, ...], windows: tuple[int, ...], texts: Path | None = None
) -> list[GradientLikeness]:
    """The truncated gradient beside the whole one for each way and window, on the step's batch; one record a way.

    "sliding" starts anew every half window. Errors: TextError; ValueError.
    """
    model, task, batch = prepared(moment, texts)
    whole = truncated_gradient(model, task, batch, WHOLE)
    return [_likeness(model, task, batch, whole, way, windows) for way in ways]


def _likeness(
    model: SequenceModel, task: Task, batch: Batch, whole: list[Tensor], way: str, windows: tuple[int, ...]
) -> GradientLikeness:
    found = [_compared(model, task, batch, whole, Truncation(way, window, half(window))) for window in windows]
    cosine, recurrent, ratio = (np.array(column) for column in zip(*found, strict=True))
    return GradientLikeness(way, np.array(windows), cosine, recurrent, ratio)


def half(window: int) -> int:
    """The period that goes with a window of "sliding" where none is given."""
    return max(1, window // 2)


def _compared(
    model: SequenceModel, task: Task, batch: Batch, whole: list[Tensor], truncation: Truncation
) -> tuple[float, float, float]:
    """Cosine of all weights, of W_hh alone, and ratio of norms."""
    cut = truncated_gradient(model, task, batch, truncation)
    names = [name for name, _ in model.named_parameters()]
    recurrent = [place for place, name in enumerate(names) if RECURRENT in name]
    every, all_whole = _flat(cut), _flat(whole)
    own = _cosine(_flat([cut[place] for place in recurrent]), _flat([whole[place] for place in recurrent]))
    return _cosine(every, all_whole), own, float(np.linalg.norm(every) / np.linalg.norm(all_whole))


def _flat(tensors: list[Tensor]) -> np.ndarray:
    return torch.cat([tensor.flatten() for tensor in tensors]).double().numpy()


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """NaN where one of them is zero."""
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / scale) if scale > 0 else float("nan")


def _check_below(what: str, value: int, end: int) -> None:
    if not 0 <= value < end:
        raise ValueError(f"{what} is a whole number from 0 to {end - 1}, got {value}; choose one in that range.")
