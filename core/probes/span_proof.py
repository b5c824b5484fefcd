"""The proof of a span: the user's own forward run again, with a small step in the state before one call.

While the proof runs, and only then, hooks at the layer move the state between two calls. Buffers, random numbers and
gradients are given back as they were.

Axes: L layers, D directions, N batch, P units of h.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ..recordings.span import DETACHED, NEW, Proof, Start

NUDGE = 1e-2
"""By how much the state is moved in all, as a vector; small enough for a line, large enough for float32."""
SEED = 0

Forward = Callable[[], Tensor]
"""Computes the loss again, with its graph, and does not go back."""


@dataclass(frozen=True)
class Rerun:
    """How to compute the watched loss once more."""

    layer: nn.Module
    """Whose state is moved."""
    model: nn.Module
    """Whose buffers are given back as they were."""
    again: Forward
    batch_axis: int
    """Which axis of a state counts examples."""


def prove(rerun: Rerun, starts: Sequence[Start]) -> tuple[Proof, ...]:
    """One proof for the first call's start, and for the latest where the gradient is handed on, cut and reset.

    Errors: ValueError if `again` gives no scalar with a graph, or calls the layer less often than it was watched.
    """
    chosen = _chosen(starts, can_prove_resets=isinstance(rerun.layer, nn.RNNBase))
    return tuple(_proof(rerun, starts[place], place, of_resets) for place, of_resets in chosen)


def _chosen(starts: Sequence[Start], can_prove_resets: bool) -> list[tuple[int, bool]]:
    """Places of different kinds of starts, the latest of each, in order, and whether resets are to be proved there."""
    cuts = [place for place, start in enumerate(starts) if start.how == DETACHED]
    whole = max(cuts, default=-1)  # up to there values go on past a cut, and no gradient can say by how much
    kinds: dict[tuple[str, bool], int] = {}
    for place, start in enumerate(starts):
        if start.how == DETACHED or (place > whole and (start.how != NEW or not place) and not start.resets.all()):
            kinds[start.how, False] = place
        if place and can_prove_resets and start.resets.any():
            kinds[start.how, True] = place
    return sorted((place, of_resets) for (_, of_resets), place in kinds.items())


def _proof(rerun: Rerun, start: Start, place: int, of_resets: bool) -> Proof:
    mover, losses = _Mover(rerun.layer, place), []
    with _repeatable(rerun.model), _moving(rerun.layer, mover):
        loss = _loss(rerun.again, mover)
        slope = _slope(loss, mover, place)
        along = _direction(slope, start.resets if of_resets else None, rerun.batch_axis)
        for sign in (NUDGE, -NUDGE):
            mover.by = sign * along
            with torch.no_grad():
                losses.append(float(_loss(rerun.again, mover)))
    is_cut = start.how == DETACHED and not mover.is_after
    exact = 0.0 if is_cut else float((slope * along).sum())
    resolution = 8 * torch.finfo(loss.dtype).eps * max(map(abs, losses)) / NUDGE
    return Proof(start.step, start.how, of_resets, (losses[0] - losses[1]) / (2 * NUDGE), exact, resolution)


class _Mover:
    """Adds to the state between two calls of a layer: to what one ended with, or to what the next starts from."""

    def __init__(self, layer: nn.Module, place: int) -> None:
        self._layer, self._place, self._count = layer, place, 0
        self.is_after = place > 0 and isinstance(layer, nn.RNNBase)
        """Whether what the call before ended with is moved; a cell's is its output too, and not the state alone."""
        self.by: Tensor | None = None
        """What is added to h, of its shape; None until the call has told it."""

    def restart(self) -> None:
        """Count calls from 0 again."""
        self._count = 0

    def before(self, module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
        """Move what the call starts from."""
        here, self._count = self._count == self._place, self._count + 1
        if self.is_after or not here:
            return None
        inputs = args[0] if args else kwargs["input"]
        state = args[1] if len(args) > 1 else kwargs.get("hx", kwargs.get("state"))
        return (inputs, self._moved(*_initial(self._layer, inputs, state))), {}

    def after(self, module: nn.Module, args: tuple, result: Any) -> Any:
        """Move what the call before ended with."""
        if not self.is_after or self._count != self._place:
            return None
        output, state = result
        return output, self._moved(*(state if isinstance(state, tuple) else (state,)))

    def _moved(self, hidden: Tensor, *cells: Tensor) -> Any:
        if self.by is None:
            self.by = torch.zeros_like(hidden).requires_grad_()
        return (hidden + self.by, *cells) if cells else hidden + self.by


def _loss(again: Forward, mover: _Mover) -> Tensor:
    mover.restart()
    torch.manual_seed(SEED)
    loss = again()
    if not isinstance(loss, Tensor) or loss.numel() != 1 or (torch.is_grad_enabled() and not loss.requires_grad):
        raise ValueError(
            f"span needs again() to return the scalar loss with its graph, got {type(loss).__name__}; "
            "return the loss itself, before backward() and item()."
        )
    return loss


def _slope(loss: Tensor, mover: _Mover, place: int) -> Tensor:
    """∂L/∂h at the place, of the state's shape."""
    if mover.by is None:
        raise ValueError(
            f"again() called the layer fewer than {place + 1} times, the watched pass did; "
            "let it compute the very loss that was watched."
        )
    (slope,) = torch.autograd.grad(loss, mover.by, allow_unused=True, materialize_grads=True)
    return slope


def _direction(slope: Tensor, resets: np.ndarray | None, batch_axis: int) -> Tensor:
    """A unit step: along the gradient where there is one, else alike in all units; or in the reset examples alone."""
    if resets is not None:
        shape = [1] * slope.dim()
        shape[batch_axis] = -1
        slope = torch.from_numpy(resets).to(slope).view(shape).expand_as(slope)
    size = slope.norm()
    if not (bool(size > 0) and bool(size.isfinite())):
        slope = torch.ones_like(slope)
        size = slope.norm()
    return slope / size


@contextmanager
def _repeatable(model: nn.Module) -> Iterator[None]:
    """Random numbers and buffers as they were, afterwards."""
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


@contextmanager
def _moving(layer: nn.Module, mover: _Mover) -> Iterator[None]:
    handles = [layer.register_forward_pre_hook(mover.before, with_kwargs=True)]
    handles.append(layer.register_forward_hook(mover.after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _initial(layer: Any, inputs: Any, state: Any) -> tuple[Tensor, ...]:
    """The state that a call starts from, h and of an LSTM c; zeros where none was given, as torch makes them."""
    if state is not None:
        return tuple(state) if isinstance(state, tuple | list) else (state,)
    data = inputs.data if isinstance(inputs, PackedSequence) else inputs
    sizes = [getattr(layer, "proj_size", 0) or layer.hidden_size]
    if isinstance(layer, nn.LSTM | nn.LSTMCell):
        sizes.append(layer.hidden_size)
    return tuple(data.new_zeros(*_leading(layer, inputs), size) for size in sizes)


def _leading(layer: Any, inputs: Any) -> tuple[int, ...]:
    """The axes of a state before its units."""
    if not isinstance(layer, nn.RNNBase):
        return tuple(inputs.shape[:-1])
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    if isinstance(inputs, PackedSequence):
        return rows, int(inputs.batch_sizes[0])
    return (rows,) if inputs.dim() == 2 else (rows, inputs.shape[0 if layer.batch_first else 1])
