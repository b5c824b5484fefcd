"""Runs far longer than any that was trained, and how large the states become in them.

Axes: N batch, T timesteps, I input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..recordings.span import StateLife
from .watch import watch


def long_run(
    layer: nn.RNNBase | nn.RNNCellBase, inputs: Tensor, steps: int = 2000, reset_every: int | None = None
) -> StateLife:
    """Run a layer on and on over the same inputs, a timestep a call, as a stream does, and measure its states.

    Args:
        layer: An nn.RNN, nn.LSTM, nn.GRU of one direction, or a cell; it is not changed.
        inputs: Shape (N, T, I), whatever the layer's `batch_first`; begun again at their end.
        steps: How many timesteps to run.
        reset_every: After how many timesteps the state begins from zeros again; None: never.

    Errors: ValueError for a bidirectional layer, inputs without a timestep or of other axes, or a number below 1.
    """
    if getattr(layer, "bidirectional", False):
        raise ValueError("long_run needs one direction, as a stream has no end to begin from; got both.")
    if inputs.dim() != 3 or not inputs.shape[1] or steps < 1 or (reset_every is not None and reset_every < 1):
        raise ValueError(
            f"long_run needs inputs (N, T, I) with T ≥ 1, steps ≥ 1 and reset_every ≥ 1 or None, got "
            f"{tuple(inputs.shape)}, {steps!r} and {reset_every!r}; give the numbers of timesteps."
        )
    with watch(layer, examples=0) as watched, torch.no_grad():
        state = None
        for step in range(steps):
            if reset_every is not None and step % reset_every == 0:
                state = None
            state = _one_step(layer, inputs[:, step % inputs.shape[1]], state)
    return watched.life(watched.names[0])


def _one_step(layer: nn.Module, current: Tensor, state: object) -> object:
    if isinstance(layer, nn.RNNBase):
        return layer(current.unsqueeze(1 if layer.batch_first else 0), state)[1]
    return layer(current, state)
