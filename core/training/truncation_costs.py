"""What windows cost in time and memory, and what it costs to forget detach().

Axes: N batch, T timesteps, K windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.sequence_model import SequenceModel
from ..recordings.truncation import Undetached, WindowCosts
from ..tasks.task import Batch, Task
from .moment import Moment
from .stopwatch import best_of
from .truncation import State, part, passes, without_graph
from .truncation_config import Truncation
from .truncation_study import prepared

TRIES = 3
MOST_WINDOWS = 40
"""Of one sequence that are gone through without detach."""


class Kept:
    """Bytes that a graph keeps for the way back; what several nodes share counts once, weights not at all."""

    def __init__(self, model: torch.nn.Module):
        self._storages = {
            weight.untyped_storage().data_ptr(): weight.untyped_storage() for weight in model.parameters()
        }
        self.bytes = 0

    def __call__(self, tensor: Tensor) -> Tensor:
        """Count what is packed for the way back."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._storages:
            self._storages[storage.data_ptr()] = storage  # held, so that no other takes its place in memory
            self.bytes += storage.nbytes()
        return tensor

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._storages.clear()


@contextmanager
def kept_bytes(model: torch.nn.Module) -> Iterator[Kept]:
    """Count what the graphs made inside keep."""
    kept = Kept(model)
    with torch.autograd.graph.saved_tensors_hooks(kept, lambda tensor: tensor):
        yield kept
    kept.let_go()


def window_costs(moment: Moment, windows: tuple[int, ...], texts: Path | None = None) -> WindowCosts:
    """Time, memory and updates of one batch for each window length, h carried. Errors: TextError; ValueError."""
    model, task, batch = prepared(moment, texts)
    found = [_cost(model, task, batch, Truncation("carry", window)) for window in windows]
    seconds, sizes, updates = (np.array(column) for column in zip(*found, strict=True))
    return WindowCosts(np.array(windows), seconds, sizes, updates)


def _cost(model: SequenceModel, task: Task, batch: Batch, truncation: Truncation) -> tuple[float, int, int]:
    sizes = _window_bytes(model, task, batch, truncation)
    updates = [segment for segment in truncation.segments(batch.mask.shape[1]) if _asks(batch, *segment[1:3])]
    return best_of(TRIES, lambda: _go_through(model, task, batch, truncation)), max(sizes), len(updates)


def _asks(batch: Batch, start: int, end: int) -> bool:
    return bool(batch.mask[:, start:end].any())


def _go_through(model: SequenceModel, task: Task, batch: Batch, truncation: Truncation) -> None:
    for one in passes(model, batch, truncation):
        if one.batch.mask.any():
            task.loss(one.outputs, one.batch).backward()


def _window_bytes(model: SequenceModel, task: Task, batch: Batch, truncation: Truncation) -> list[int]:
    """Of each window's graph, which is let go before the next is made."""
    sizes: list[int] = []
    states = passes(model, batch, truncation)
    while True:
        with kept_bytes(model) as kept:
            one = next(states, None)
            if one is None:
                return sizes
            loss = task.loss(one.outputs, one.batch) if one.batch.mask.any() else None
        sizes.append(kept.bytes)
        del one, loss


def undetached(moment: Moment, window: int, texts: Path | None = None) -> Undetached:
    """Windows of the step's batch with detach() and without: times, memory, and what PyTorch says.

    A loss stands at every timestep, whatever the task asks for. Errors: TextError; ValueError.
    """
    model, task, batch = prepared(moment, texts)
    everywhere = Batch(batch.inputs, batch.targets, torch.ones_like(batch.mask))
    ends = [segment.end for segment in Truncation("carry", window).segments(batch.mask.shape[1])][:MOST_WINDOWS]
    detached, detached_bytes = _ways_back(model, task, everywhere, ends, without_graph)
    attached, attached_bytes = _ways_back(model, task, everywhere, ends, lambda state: state)
    says = [_complaint(model, task, everywhere, ends, keeps_graph) for keeps_graph in (False, True)]
    return Undetached(np.array(ends), detached, attached, attached_bytes, detached_bytes, *says)


def _ways_back(
    model: SequenceModel, task: Task, batch: Batch, ends: list[int], carry: Callable[[State], State]
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of backward() from each window, and bytes that its graph keeps with all that it hangs on; shapes (K,)."""
    seconds, sizes, held = [], [], 0
    state: State = None
    for start, end in zip([0, *ends], ends, strict=False):
        with kept_bytes(model) as kept:
            loss, state = _window(model, task, part(batch, start, end), state)
        seconds.append(best_of(TRIES, partial(loss.backward, retain_graph=True)))
        state = carry(state)
        is_cut = not _has_graph(state)
        sizes.append(held + kept.bytes)
        held = 0 if is_cut else held + kept.bytes
    return np.array(seconds), np.array(sizes)


def _has_graph(state: State) -> bool:
    first = state[0] if isinstance(state, tuple) else state
    return first is not None and first.requires_grad


def _window(model: SequenceModel, task: Task, batch: Batch, state: State) -> tuple[Tensor, State]:
    hidden, after = model.recurrent(model.embedding(batch.inputs), state)
    return task.loss(model.readout(hidden), batch), after


def _complaint(model: SequenceModel, task: Task, batch: Batch, ends: list[int], keeps_graph: bool) -> str:
    """What PyTorch says at the second window without detach(); empty where it says nothing. Weights are put back."""
    weights = list(model.parameters())
    before = [weight.detach().clone() for weight in weights]
    optimizer = torch.optim.SGD(weights, 1e-3)
    state: State = None
    try:
        for start, end in zip([0, *ends[:1]], ends[:2], strict=False):
            loss, state = _window(model, task, part(batch, start, end), state)
            loss.backward(retain_graph=keeps_graph)
            if keeps_graph:
                optimizer.step()
    except RuntimeError as error:
        return str(error)
    finally:
        with torch.no_grad():
            for weight, value in zip(weights, before, strict=True):
                weight.copy_(value)
    return ""
