"""The simple recurrence, forward and backward through time.

Axes: T timesteps first, N batch, I input, H hidden.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .scans import Adjoint, Weights, input_projection


class RNNScan:
    """h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) with φ = tanh, relu or the identity (Elman, 1990)."""

    def __init__(self, inputs: Tensor, hidden: Tensor, weights: Weights, activation: str) -> None:
        self.activation, self.recurrent = activation, weights.hidden
        self.outputs = input_projection(inputs, weights, with_hidden_bias=True)
        transposed = weights.hidden.t()
        apply = {"tanh": Tensor.tanh_, "relu": Tensor.relu_, "identity": lambda value: value}[activation]
        for current in self.outputs.unbind(0):
            hidden = apply(current.addmm_(hidden, transposed))

    def final_cell(self, last: Tensor | None) -> None:
        """An RNN has no cell."""

    def slope(self) -> Tensor:
        """φ'(a_t), written in h_t, shape (T, N, H)."""
        if self.activation == "tanh":
            return 1 - self.outputs.square()
        return (self.outputs > 0).to(self.outputs) if self.activation == "relu" else torch.ones_like(self.outputs)

    def backward(self, hidden: Tensor, cells: Tensor | None) -> Adjoint:
        """∂L/∂h_{t-1} = ∂L/∂output_{t-1} + W_hhᵀ (φ'(a_t) ⊙ ∂L/∂h_t)."""
        preactivation = self.slope()
        totals, deltas = hidden.unbind(0), preactivation.unbind(0)
        for step in range(len(totals) - 1, -1, -1):
            deltas[step].mul_(totals[step])
            if step:
                totals[step - 1].addmm_(deltas[step], self.recurrent)
        return Adjoint(hidden, preactivation, preactivation, deltas[0] @ self.recurrent)

    def plane(self, name: str) -> Tensor:
        """The hidden state of all examples, shape (T, N, H)."""
        return {"hidden": self.outputs}[name]

    def gates(self, examples: Tensor | slice) -> dict[str, Tensor]:
        """The hidden state; an RNN has no gates."""
        return {"hidden": self.outputs[:, examples].clone()}
