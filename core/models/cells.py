"""Recurrent cells: one timestep each, with every gate in sight.

Axes: N batch, I input features, H hidden units, P units of the hidden state (H, or the projection's), G gates.
σ is the logistic function, ⊙ the elementwise product. Parameter names, their order and the order of the gates are
those of `torch.nn`, so weights load unchanged.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "identity": torch.clone}


class Cell(nn.Module):
    """The weights that all cells have: into G gates from the input and from the hidden state."""

    gates_per_unit: ClassVar[int] = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, proj_size: int = 0, **factory: Any
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.proj_size = input_size, hidden_size, proj_size
        rows, width = self.gates_per_unit * hidden_size, proj_size or hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size, **factory))
        """Shape (G·H, I)."""
        self.weight_hh = nn.Parameter(torch.empty(rows, width, **factory))
        """Shape (G·H, P)."""
        self.bias_ih = nn.Parameter(torch.empty(rows, **factory)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(rows, **factory)) if bias else None
        if proj_size:
            self.weight_hr = nn.Parameter(torch.empty(proj_size, hidden_size, **factory))
            """Shape (P, H)."""
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every parameter from U(±1/√H), as PyTorch does."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def initial_state(self, size: int) -> Tensor | tuple[Tensor, Tensor]:
        """Zeros for `size` examples: the hidden state, shape (N, P); for an LSTM (hidden, cell)."""
        return self.weight_hh.new_zeros(size, self.weight_hh.shape[1])

    def from_input(self, input: Tensor) -> tuple[Tensor, ...]:
        """W_ih x_t + b_ih for each gate: (N, I) -> G x (N, H)."""
        return linear(input, self.weight_ih, self.bias_ih).chunk(self.gates_per_unit, dim=-1)

    def from_hidden(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """W_hh h_{t−1} + b_hh for each gate: (N, P) -> G x (N, H)."""
        return linear(hidden, self.weight_hh, self.bias_hh).chunk(self.gates_per_unit, dim=-1)


class RNNCell(Cell):
    """One step of a simple recurrent network (Elman, 1990; with relu: Le et al., 2015).

    h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)    φ one of tanh, relu, identity
    """

    def __init__(self, input_size: int, hidden_size: int, activation: str = "tanh", **options: Any) -> None:
        super().__init__(input_size, hidden_size, **options)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}; choose one.")
        self.activation = activation

    def forward(self, input: Tensor, hidden: Tensor) -> Tensor:
        """h_t, shape (N, H), from x_t, shape (N, I), and h_{t−1}."""
        (pushed,), (recurred,) = self.from_input(input), self.from_hidden(hidden)
        return ACTIVATIONS[self.activation](pushed + recurred)


class LSTMCell(Cell):
    """One step of a long short-term memory (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000).

    i, f, o = σ(W x_t + U h_{t−1} + b)    g = tanh(W x_t + U h_{t−1} + b)
    c_t = f ⊙ c_{t−1} + i ⊙ g             h_t = o ⊙ tanh(c_t)

    Order i, f, g, o. With `proj_size` the hidden state is W_hr h_t (Sak et al., 2014).
    """

    gates_per_unit = 4

    def initial_state(self, size: int) -> tuple[Tensor, Tensor]:
        """Zeros: hidden (N, P) and cell (N, H)."""
        return self.weight_hh.new_zeros(size, self.weight_hh.shape[1]), self.weight_hh.new_zeros(size, self.hidden_size)

    def gates(self, input: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Input, forget, candidate and output gate of this step, each of shape (N, H)."""
        pairs = zip(self.from_input(input), self.from_hidden(hidden), strict=True)
        i, f, g, o = (pushed + recurred for pushed, recurred in pairs)
        return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)

    def forward(self, input: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """(h_t, c_t), shapes (N, P) and (N, H), from x_t, shape (N, I), and (h_{t−1}, c_{t−1})."""
        hidden, cell = state
        i, f, g, o = self.gates(input, hidden)
        cell = f * cell + i * g
        hidden = o * torch.tanh(cell)
        return (linear(hidden, self.weight_hr) if self.proj_size else hidden), cell


class GRUCell(Cell):
    """One step of a gated recurrent unit (Cho et al., 2014), in the form of cuDNN and `torch.nn`.

    r, z = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)
    n = tanh(W_in x_t + b_in + r ⊙ (W_hn h_{t−1} + b_hn))
    h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}

    Order r, z, n: reset, update, new.
    """

    gates_per_unit = 3

    def gates(self, input: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reset gate, update gate and new state of this step, each of shape (N, H)."""
        (r_x, z_x, n_x), (r_h, z_h, n_h) = self.from_input(input), self.from_hidden(hidden)
        r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
        return r, z, torch.tanh(n_x + r * n_h)

    def forward(self, input: Tensor, hidden: Tensor) -> Tensor:
        """h_t, shape (N, H), from x_t, shape (N, I), and h_{t−1}."""
        _, z, n = self.gates(input, hidden)
        return (1 - z) * n + z * hidden
