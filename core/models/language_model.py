"""A language model as a decoder sees it: one token in, the log-probabilities of the next one out.

Axes: B hypotheses, H hidden units, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .sequence_model import SequenceModel

State = tuple[Tensor, ...]
"""(h,), or (h, c) of an LSTM; each of shape (B, layers, H)."""


def language_step(model: SequenceModel) -> tuple[Callable[[Any, Tensor], tuple[Tensor, State]], State]:
    """The step that `core.decoding` calls, and the state of one hypothesis that has read nothing.

    The step takes a state and tokens (B,); it gives log-probabilities (B, V), float64, nats, and the new state.

    Errors: ValueError for a model that reads both ways, since the future is not there yet, or reads no tokens.
    """
    recurrent = model.recurrent
    if recurrent.bidirectional:
        raise ValueError("a generator reads forward only, got a bidirectional model; train one with one direction.")
    if not isinstance(model.embedding, nn.Embedding):
        raise ValueError("a generator reads tokens, got a model of real-valued input; take one of a token task.")

    def step(state: Any, tokens: Tensor) -> tuple[Tensor, State]:
        given = tuple(part.transpose(0, 1).contiguous() for part in state)  # (B, layers, H) -> (layers, B, H)
        inputs = model.embedding(tokens)[:, None]  # (B,) -> (B, 1, I)
        hidden, after = recurrent(inputs, given if len(given) > 1 else given[0])
        parts = after if isinstance(after, tuple) else (after,)
        return model.readout(hidden[:, 0]).double().log_softmax(-1), tuple(part.transpose(0, 1) for part in parts)

    parts = 2 if isinstance(recurrent, nn.LSTM) else 1
    nothing = torch.zeros(1, recurrent.num_layers, recurrent.hidden_size, dtype=model.readout.weight.dtype)
    return step, (nothing,) * parts
