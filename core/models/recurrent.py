"""Recurrent stacks, fused where PyTorch has a kernel: 1–4 layers, one or two directions, batch first.

Axes: L layers, D directions, N batch, T timesteps, I input features, H hidden units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop
from torch.nn.functional import linear
from torch.nn.utils.rnn import PackedSequence

from .config import ModelConfig
from .initialization import initialize


class LinearRNN(nn.RNNBase):
    """An RNN stack without activation: h_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh.

    Constructor, parameter names, attributes and return values are those of `nn.RNN`; its `mode` is "RNN_IDENTITY".
    Its gradient can be known in closed form: ∂h_t/∂h_k = W_hh^(t−k) (Pascanu et al., 2013, the linear case).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            "RNN_TANH", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.mode = "RNN_IDENTITY"

    def flatten_parameters(self) -> None:
        """Do nothing: cuDNN has no kernel for this mode."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Run the whole sequence.

        Args:
            input: Shape (N, T, I) if batch_first, else (T, N, I); or (T, I) for one sequence.
            hx: Initial states, shape (L·D, N, H), or (L·D, H) for one sequence. None: zeros.

        Returns:
            Outputs of the last layer, shaped as the input with D·H features, and final states, shaped as `hx`.

        Errors: TypeError for a packed sequence; ValueError or RuntimeError, as `nn.RNN`, for shapes that do not fit.
        """
        if isinstance(input, PackedSequence):
            raise TypeError(
                "LinearRNN takes a padded tensor, got a PackedSequence; unpack it with pad_packed_sequence first."
            )
        if input.dim() not in (2, 3):
            raise ValueError(f"LinearRNN needs input of 2 or 3 axes, got shape {tuple(input.shape)}; use (N, T, I).")
        if input.dim() == 3:
            return self._run(input, hx)
        batch_axis = 0 if self.batch_first else 1
        output, final = self._run(input.unsqueeze(batch_axis), None if hx is None else hx.unsqueeze(1))
        return output.squeeze(batch_axis), final.squeeze(1)

    def _run(self, input: Tensor, hx: Tensor | None) -> tuple[Tensor, Tensor]:
        self._update_flat_weights()
        if hx is None:
            batch_size = input.shape[0 if self.batch_first else 1]
            hx = input.new_zeros(self.num_layers * (2 if self.bidirectional else 1), batch_size, self.hidden_size)
        self.check_forward_args(input, hx, None)
        return linear_rnn(
            input,
            hx,
            cast(list[Tensor], self._flat_weights),
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
            self.batch_first,
        )


def linear_rnn(
    input: Tensor,
    hx: Tensor,
    flat_weights: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """What `torch._VF.rnn_tanh` does, without the tanh.

    Args:
        input: Shape (N, T, I) if batch_first, else (T, N, I).
        hx: Initial states, shape (L·D, N, H).
        flat_weights: For each layer and direction W_ih, W_hh and, with biases, b_ih, b_hh.
        has_biases: Whether the weights hold biases.
        num_layers: L.
        dropout: Probability that an output between two layers is zeroed.
        train: Whether dropout acts.
        bidirectional: Whether D is 2.
        batch_first: Which axis of input and output is N.

    Returns:
        Outputs, shape (N, T, D·H) or (T, N, D·H), and final states, shape (L·D, N, H).
    """
    directions, width = 2 if bidirectional else 1, 4 if has_biases else 2
    steps = input.transpose(0, 1) if batch_first else input  # (T, N, I), as PyTorch's own kernels work
    finals = []
    for layer in range(num_layers):
        if layer > 0:
            steps = drop(steps, dropout, train)
        outputs = []
        for direction in range(directions):
            index = layer * directions + direction
            weights = flat_weights[index * width : (index + 1) * width]
            output, final = _linear_pass(steps, hx[index], weights, backwards=direction == 1)
            outputs.append(output)
            finals.append(final)
        steps = torch.cat(outputs, dim=-1)  # D x (T, N, H) -> (T, N, D·H)
    return steps.transpose(0, 1) if batch_first else steps, torch.stack(finals)


def _linear_pass(steps: Tensor, state: Tensor, weights: Sequence[Tensor], backwards: bool) -> tuple[Tensor, Tensor]:
    weight_ih, weight_hh, *biases = weights
    drive = linear(steps, weight_ih, biases[0] + biases[1] if biases else None)  # (T, N, H), of all timesteps at once
    recurrent, states = weight_hh.t(), []
    for push in reversed(drive.unbind()) if backwards else drive.unbind():
        state = torch.addmm(push, state, recurrent)
        states.append(state)
    return torch.stack(states[::-1] if backwards else states), state


def make_recurrent(config: ModelConfig, input_size: int) -> nn.RNNBase:
    """The stack that `config` describes: nn.RNN, nn.LSTM, nn.GRU or LinearRNN, batch first, initialised as it says."""
    layer = _empty_stack(config, input_size)
    initialize(layer, config)
    return layer


def _empty_stack(config: ModelConfig, input_size: int) -> nn.RNNBase:
    sizes = {
        "input_size": input_size,
        "hidden_size": config.hidden_size,
        "num_layers": config.layers,
        "batch_first": True,
        "bidirectional": config.bidirectional,
        # with one layer there is nothing between layers, and PyTorch would warn
        "dropout": config.dropout if config.layers > 1 else 0.0,
    }
    if config.cell == "rnn":
        return nn.RNN(**sizes)
    if config.cell == "relu_rnn":
        return nn.RNN(**sizes, nonlinearity="relu")
    return {"linear_rnn": LinearRNN, "lstm": nn.LSTM, "gru": nn.GRU}[config.cell](**sizes)
