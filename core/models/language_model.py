"""A language model as a decoder sees it: one token in, the log-probabilities of the next one out.

Axes: B hypotheses, I input features, H hidden units, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from .sequence_model import SequenceModel

State = tuple[tuple[Tensor, ...], ...]
"""For each layer (h,), or (h, c) of an LSTM, each of shape (B, H)."""


def language_step(model: SequenceModel) -> tuple[Callable[[Any, Tensor], tuple[Tensor, State]], State]:
    """The step that `core.decoding` calls, and the state of one hypothesis that has read nothing.

    The step takes a state and tokens (B,); it gives log-probabilities (B, V), float64, nats, and the new state. It goes
    cell by cell, since a fused layer takes three times as long for one token, and without dropout.

    Errors: ValueError for a model that reads both ways, since the future is not there yet, or reads no tokens.
    """
    recurrent, table, readout = model.recurrent, model.embedding, model.readout
    if recurrent.bidirectional:
        raise ValueError("a generator reads forward only, got a bidirectional model; train one with one direction.")
    if not isinstance(table, nn.Embedding):
        raise ValueError("a generator reads tokens, got a model of real-valued input; take one of a token task.")
    cell, layers, tokens_in = CELLS[recurrent.mode], recurrent.all_weights, table.weight

    def step(state: Any, tokens: Tensor) -> tuple[Tensor, State]:
        inputs, after = embedding(tokens, tokens_in), []  # (B,) -> (B, I)
        for given, weights in zip(state, layers, strict=True):
            after.append(cell(inputs, given, weights))
            inputs = after[-1][0]
        return linear(inputs, readout.weight, readout.bias).double().log_softmax(-1), tuple(after)

    nothing = torch.zeros(1, recurrent.hidden_size, dtype=tokens_in.dtype)
    return step, (((nothing,) * (2 if recurrent.mode == "LSTM" else 1)),) * recurrent.num_layers


def _lstm(inputs: Tensor, state: tuple[Tensor, ...], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return torch.lstm_cell(inputs, state, *weights)


def _gru(inputs: Tensor, state: tuple[Tensor, ...], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (torch.gru_cell(inputs, state[0], *weights),)


def _tanh(inputs: Tensor, state: tuple[Tensor, ...], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (torch.rnn_tanh_cell(inputs, state[0], *weights),)


def _relu(inputs: Tensor, state: tuple[Tensor, ...], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (torch.rnn_relu_cell(inputs, state[0], *weights),)


def _identity(inputs: Tensor, state: tuple[Tensor, ...], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    of_input, of_hidden, *biases = weights
    return (linear(inputs, of_input, biases[0]) + linear(state[0], of_hidden, biases[1]),)


CELLS = {"LSTM": _lstm, "GRU": _gru, "RNN_TANH": _tanh, "RNN_RELU": _relu, "RNN_IDENTITY": _identity}
"""By the mode of an nn.RNNBase: inputs (B, I), state and weights of one layer → the new state."""
