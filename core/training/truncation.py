"""Truncated backpropagation through time: a sequence gone through segment by segment, each with a graph of its own.

Axes: N batch, T timesteps, C outputs, L layers, H hidden units.

    for one in passes(model, batch, Truncation("carry", window=10)):
        loss = task.loss(one.outputs, one.batch)     # of this segment; the graph begins where the segment does
        loss.backward()
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..models.sequence_model import SequenceModel
from ..tasks.task import Batch, Task
from .truncation_config import Segment, Truncation

State = Tensor | tuple[Tensor, Tensor] | None
"""h, shape (L, N, H); of an LSTM (h, c); None before the first timestep: zeros."""


class Pass(NamedTuple):
    """One segment, gone through forwards."""

    segment: Segment
    batch: Batch
    """The timesteps whose losses count."""
    outputs: Tensor
    """Of these timesteps, shape (N, timesteps, C), with a graph that begins at `segment.start`."""
    next_start: int | None
    """Where the next segment starts if a state is carried into it."""
    carried: State
    """That state, without a graph."""


def passes(model: SequenceModel, batch: Batch, truncation: Truncation) -> Iterator[Pass]:
    """The segments of a batch, in order; the weights may be updated between them, the carried states are not."""
    state: State = None
    segments = truncation.segments(batch.mask.shape[1])
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        next_start = None if following is None or following.is_fresh else following.start
        before = None if segment.is_fresh else state
        hidden, state = _forward(model, batch.inputs, segment, before, next_start)
        outputs = model.readout(hidden[:, segment.first_loss - segment.start :])
        yield Pass(segment, part(batch, segment.first_loss, segment.end), outputs, next_start, state)


def _forward(
    model: SequenceModel, inputs: Tensor, segment: Segment, state: State, kept: int | None
) -> tuple[Tensor, State]:
    """Hidden states of a segment, shape (N, timesteps, H), and the state before timestep `kept`, else the last."""
    if kept is None or kept in (segment.start, segment.end):
        hidden, last = model.recurrent(model.embedding(inputs[:, segment.start : segment.end]), state)
        return hidden, without_graph(state if kept == segment.start else last)
    first, middle = model.recurrent(model.embedding(inputs[:, segment.start : kept]), state)
    second, _ = model.recurrent(model.embedding(inputs[:, kept : segment.end]), middle)
    return torch.cat([first, second], dim=1), without_graph(middle)


def part(batch: Batch, start: int, end: int) -> Batch:
    """The timesteps from `start` to before `end` of a batch."""
    return Batch(batch.inputs[:, start:end], batch.targets[:, start:end], batch.mask[:, start:end])


def without_graph(state: State) -> State:
    """The same numbers, from which no gradient flows back."""
    if isinstance(state, tuple):
        return state[0].detach(), state[1].detach()
    return None if state is None else state.detach()


def truncated_gradient(model: SequenceModel, task: Task, batch: Batch, truncation: Truncation) -> list[Tensor]:
    """The gradient of the batch's mean loss with the cuts, at fixed weights: one tensor a parameter.

    The sum of what the segments add, each weighted by how many of the losses it has; of "whole" it is the gradient.
    """
    weights = list(model.parameters())
    total = [torch.zeros_like(weight) for weight in weights]
    count = int(batch.mask.sum())
    for one in passes(model, batch, truncation):
        if not (own := int(one.batch.mask.sum())):
            continue
        loss = task.loss(one.outputs, one.batch) * (own / count)
        for sum_, gradient in zip(total, torch.autograd.grad(loss, weights, allow_unused=True), strict=True):
            if gradient is not None:
                sum_ += gradient
    return total


@torch.no_grad()
def staleness(model: SequenceModel, batch: Batch, place: int, carried: State) -> float:
    """How far a carried state is from the one that the weights as they are now would make before timestep `place`.

    ‖carried − new‖ / ‖new‖ over h (and c) of all examples; the new one is computed from the sequence's beginning.
    """
    _, new = model.recurrent(model.embedding(batch.inputs[:, :place]))
    fresh, old = _flat(new), _flat(carried)
    return ((old - fresh).norm() / fresh.norm()).item()


def _flat(state: State) -> Tensor:
    assert state is not None  # before the first timestep nothing is carried
    return torch.cat([part.flatten() for part in state]) if isinstance(state, tuple) else state.flatten()
