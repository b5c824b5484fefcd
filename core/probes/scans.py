"""Recurrences unrolled through time, forward and backward, with nothing thrown away.

A fused kernel computes every ∂L/∂h_t in its backward pass and keeps none. These scans compute the same recurrence one
timestep at a time on whole batches, keep the gates, and hand out the gradients that the backward pass finds on its way.

Axes: T timesteps first, N batch, I input, H hidden, P projection (P = H without one), G gates of the cell times H.
Sources: the equations of `torch.nn.RNN`, `LSTM`, `GRU`; gradients by the chain rule (Werbos, 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

WEIGHT_NAMES = ("input", "hidden", "bias_input", "bias_hidden", "projection")
"""Of the fields of `Weights`."""


@dataclass(frozen=True)
class Weights:
    """One layer's parameters in one direction, named and ordered as torch's; biases and projection may be missing."""

    input: Tensor
    """W_ih, shape (G, I)."""
    hidden: Tensor
    """W_hh, shape (G, P)."""
    bias_input: Tensor | None = None
    bias_hidden: Tensor | None = None
    projection: Tensor | None = None
    """W_hr of an LSTM with `proj_size`, shape (P, H)."""


@dataclass(frozen=True)
class Adjoint:
    """What the backward scan found: total gradients of the loss."""

    hidden: Tensor
    """∂L/∂h_t, shape (T, N, P)."""
    input_preactivation: Tensor
    """∂L/∂(W_ih x_t + b_ih), shape (T, N, G)."""
    hidden_preactivation: Tensor
    """∂L/∂(W_hh h_{t-1} + b_hh), shape (T, N, G); the same tensor but for the GRU."""
    initial_hidden: Tensor
    """∂L/∂h_0, shape (N, P)."""
    initial_cell: Tensor | None = None
    """LSTM: ∂L/∂c_0, shape (N, H)."""
    cell: Tensor | None = None
    """LSTM: ∂L/∂c_t, shape (T, N, H)."""
    exposed: Tensor | None = None
    """LSTM: ∂L/∂(o_t ⊙ tanh c_t), shape (T, N, H); `hidden` itself without a projection."""


class Scan(Protocol):
    """A recurrence that was run forward and can be run backward."""

    outputs: Tensor
    """h_t, shape (T, N, P)."""

    def final_cell(self, last: Tensor | None) -> Tensor | None:
        """The cell (N, H) at each example's last timestep `last`, shape (N,), None: at the end; None without a cell."""

    def backward(self, hidden: Tensor, cells: Tensor | None) -> Adjoint:
        """Turn gradients that reach h_t (T, N, P) and c_t (T, N, H) from outside into total ones, in place."""

    def plane(self, name: str) -> Tensor:
        """One gate or state of all examples, shape (T, N, H), by its name in `GateTrace`; not a copy."""

    def gates(self, examples: Tensor | slice) -> dict[str, Tensor]:
        """Copies of gates and states of the given examples, each (T, E, H), under their names in `GateTrace`."""


def at_last(states: Tensor, last: Tensor | None) -> Tensor:
    """Each example's state at its last timestep, from states (T, N, H); None: at the end."""
    return states[-1] if last is None else states[last, torch.arange(len(last), device=last.device)]


def input_projection(inputs: Tensor, weights: Weights, *, with_hidden_bias: bool) -> Tensor:
    """W_ih x_t + b_ih (+ b_hh) of all timesteps at once, shape (T, N, G).

    Whole numbers, shape (T, N), stand for unit vectors: what W_ih makes of one is a column of it, and is looked up.
    """
    bias = weights.bias_input
    if bias is not None and with_hidden_bias and weights.bias_hidden is not None:
        bias = bias + weights.bias_hidden
    if not inputs.is_floating_point():
        columns = weights.input.t()
        return (columns if bias is None else columns + bias)[inputs]
    flat = inputs.flatten(0, 1)  # (T, N, I) -> (TN, I)
    product = flat @ weights.input.t() if bias is None else torch.addmm(bias, flat, weights.input.t())
    return product.view(*inputs.shape[:2], product.shape[-1])
