"""A model that reads both ways, made to generate: it reads again, at every step, all that is written so far.

It learnt to look at the next character and say it; where that one is not written yet, it has nothing to go by.

Axes: B hypotheses, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .sequence_model import SequenceModel


def rereading_step(model: SequenceModel) -> tuple[Callable[[Any, Tensor], tuple[Tensor, Tensor]], Tensor]:
    """The step that `core.decoding` calls, and the state of one hypothesis that has read nothing.

    Any model of tokens may be asked, with one direction or two; with one it answers as `language_step` does, which
    does not read again. A state is the tokens so far, shape (B, T).

    Errors: ValueError for a model that reads no tokens.
    """
    if not isinstance(model.embedding, nn.Embedding):
        raise ValueError("a generator reads tokens, got a model of real-valued input; take one of a token task.")

    def step(state: Any, tokens: Tensor) -> tuple[Tensor, Tensor]:
        written = torch.cat((state, tokens.unsqueeze(1)), dim=1)
        return model(written)[:, -1].double().log_softmax(-1), written

    return step, torch.zeros(1, 0, dtype=torch.long)


@torch.no_grad()
def losses_without_future(model: SequenceModel, tokens: Tensor) -> Tensor:
    """−log p of each token but the first, given those before it alone, nats, shape (T − 1,), float64.

    What the model loses as a generator, on tokens of shape (T,); the loss that it is trained by looks ahead.
    """
    step, state = rereading_step(model)
    losses = []
    for token, following in zip(tokens[:-1], tokens[1:], strict=True):
        log_probs, state = step(state, token.unsqueeze(0))
        losses.append(-log_probs[0, following])
    return torch.stack(losses)
