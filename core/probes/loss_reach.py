"""Which loss reaches how far back: the gradient of every timestep's loss at every timestep's state, in one way back.

The adjoints of all losses go back together, one row each, through the steps' Jacobians. A loss joins at its own
timestep, and only those that can reach a step are carried there.

Axes: T timesteps as the direction scans, E examples, R losses carried together, by their position in the sequence,
S units of the state (h, or h and c), P units of the hidden state, D directions.
Sources: Werbos (1990) for the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..recordings.anatomy import LossReach
from .jacobians import carried_back, input_jacobians
from .norms import norms, relative_difference
from .recurrent_call import RecurrentCall
from .replay import Replayed, dropped, of_examples, place, replay
from .slopes import Slopes, slopes

MOST_ENTRIES = 2**23
"""Of what a layer hands down at once (float64): beyond, the losses are taken in groups."""


def loss_reach(call: RecurrentCall, layer: int = 0, direction: int = 0, examples: int = 8) -> LossReach:
    """‖∂L_t/∂h_k‖ of one layer in one direction, over the first examples of a call.

    L_t is what enters from outside at timestep t: through the last layer's output and, where the loss uses them,
    through final states. Where the loss is a sum over timesteps, that is its term at t.

    Args:
        call: After its backward pass; packed sequences and projections too.
        layer: From 0, the first.
        direction: 0 forward, 1 reverse.
        examples: How many, from the first; all where the batch has fewer.

    Errors: as `replay`; ValueError for a layer or direction that is not there, or no example.
    """
    index = place(call, layer, direction)
    measured = of_examples(call, range(min(examples, len(call.lengths))))
    ways = [_way(measured, index, one) for index, one in enumerate(replay(measured))]
    target = ways[index].replayed
    reach, total = _norms_and_total(measured, ways, index)
    matrix = norms(target.turned(reach), 1).t()  # (T states, E, T losses) -> (T losses, T states)
    closure = relative_difference(total, target.adjoint.hidden)
    return LossReach(call.kind.partition("_")[0], matrix.cpu().numpy(), len(measured.lengths), closure)


@dataclass(frozen=True)
class _Way:
    """One layer's way back in one direction."""

    replayed: Replayed
    slopes: Slopes
    entering: Tensor
    """What enters each state from outside, shape (T, E, S)."""
    positions: Tensor
    """Where in the sequence each example is at a step of the scan, shape (T, E)."""
    is_causal: bool
    """Whether a loss reaches no state that is scanned after its own timestep."""

    def back(self, losses: range, above: Tensor | None) -> Iterator[tuple[int, slice, Tensor]]:
        """From the last step to the first: the step, the losses that reach it, and their adjoints (E, those, S).

        `above` is what the layer above sends to this layer's output, shape (T, E, R, D·P); None at the top.
        """
        share = None if above is None else self._share(above)
        steps, batch, size = self.entering.shape
        state, reached = self.entering.new_zeros(batch, len(losses), size), slice(0, 0)
        for step in range(steps - 1, -1, -1):
            if step + 1 < steps:
                state[:, reached] = carried_back(state[:, reached], self.slopes[step + 1], self.replayed.weights)
            reached = self._reached(step, losses)
            self._enter(state, step, losses)
            if share is not None:
                state[:, reached, : share.shape[-1]] += share[step][:, reached]
            yield step, reached, state[:, reached]

    def _share(self, above: Tensor) -> Tensor:
        """This direction's part, as it scans: (T, E, R, D·P) -> (T, E, R, P)."""
        width = self.replayed.external.shape[-1]
        start = width * self.replayed.is_reversed
        return self.replayed.turned(above[..., start : start + width])

    def _reached(self, step: int, losses: range) -> slice:
        """Which of the losses can reach this step: those that the direction scans at it or later."""
        if not self.is_causal:
            return slice(0, len(losses))
        if self.replayed.is_reversed:
            return slice(0, max(len(self.entering) - step - losses.start, 0))
        return slice(max(step - losses.start, 0), len(losses))

    def _enter(self, state: Tensor, step: int, losses: range) -> None:
        """Add what enters from outside at this step to the row of its own loss, in place."""
        rows = self.positions[step] - losses.start
        here = ((rows >= 0) & (rows < len(losses))).nonzero().squeeze(1)
        state[here, rows[here]] += self.entering[step, here]


def _way(call: RecurrentCall, index: int, one: Replayed) -> _Way:
    entering = one.outside if one.outside_cell is None else torch.cat([one.outside, one.outside_cell], dim=-1)
    time = torch.arange(len(entering), device=entering.device).unsqueeze(1).expand(entering.shape[:2])
    is_causal = call.directions == 1 or _is_last(call, index // call.directions)
    return _Way(one, slopes(one.scan), entering, one.turned(time), is_causal)


def _is_last(call: RecurrentCall, layer: int) -> bool:
    return layer == call.layers - 1


def _norms_and_total(call: RecurrentCall, ways: list[_Way], index: int) -> tuple[Tensor, Tensor]:
    """‖∂L_t/∂h_k‖ of each example, shape (T states, E, T losses), and Σ_t ∂L_t/∂h_k, shape (T, E, P)."""
    way, layer = ways[index], index // call.directions
    total = torch.zeros_like(way.replayed.external)
    steps, batch, units = total.shape
    reach = total.new_zeros(steps, batch, steps)
    for losses in _groups(call, layer, steps * batch * units * call.directions):
        above = _from_above(call, ways, layer, losses)
        for step, reached, adjoint in way.back(losses, above):
            hidden = adjoint[..., :units]
            reach[step, :, losses.start : losses.stop][:, reached] = norms(hidden, -1)
            total[step] += hidden.sum(1)
    return reach, total


def _groups(call: RecurrentCall, layer: int, entries: int) -> list[range]:
    """All losses at once in the last layer; below it as many as what is handed down, `entries` a loss, allows."""
    steps = len(call.inputs)
    size = steps if _is_last(call, layer) else max(1, MOST_ENTRIES // entries)
    return [range(start, min(start + size, steps)) for start in range(0, steps, size)]


def _from_above(call: RecurrentCall, ways: list[_Way], layer: int, losses: range) -> Tensor | None:
    """What reaches a layer's output through the layer above, shape (T, E, R, D·P), in the sequence's order."""
    if _is_last(call, layer):
        return None
    above = _from_above(call, ways, layer + 1, losses)
    upper = ways[(layer + 1) * call.directions : (layer + 2) * call.directions]
    first, *others = (way.replayed.turned(_into_inputs(way, losses, above)) for way in upper)
    for other in others:
        first += other
    return dropped(call, layer + 1, first)


def _into_inputs(way: _Way, losses: range, above: Tensor | None) -> Tensor:
    """∂L_t/∂x_k of one direction, shape (T, E, R, I)."""
    weights = way.replayed.weights
    steps, batch = way.entering.shape[:2]
    sent = way.entering.new_zeros(steps, batch, len(losses), weights.input.shape[1])
    for step, reached, adjoint in way.back(losses, above):
        sent[step][:, reached] = adjoint @ input_jacobians(way.slopes[step], weights)
    return sent
