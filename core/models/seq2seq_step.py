"""An encoder–decoder as a search sees it: a source read once, then one token in, the next one's log-probabilities out.

Axes: B hypotheses, S source positions, L layers, H units, V tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .attentive_decoder import Carry, Memory
from .seq2seq import Seq2Seq


class Writing(NamedTuple):
    """The state of hypotheses; every tensor leads with the hypothesis axis."""

    state: tuple[Tensor, ...]
    """(h,), or (h, c) of an LSTM, each of shape (B, L, H)."""
    fed: Tensor | None
    """The attentional vector of the row before, shape (B, 1, H), where the decoder reads it."""
    coverage: Tensor | None
    """Attention that each source position got so far, shape (B, S); None without attention."""


@torch.no_grad()
def seq2seq_step(
    model: Seq2Seq, source: Sequence[int]
) -> tuple[Callable[[Any, Tensor], tuple[Tensor, Writing]], Writing]:
    """The step that `core.decoding` calls, and the state of one hypothesis that has written nothing.

    The step takes a state and tokens (B,), the first of them [start]; it gives log-probabilities (B, V), float64, nats,
    and the new state. What the encoder made of the source is held once, for all hypotheses.

    Args:
        model: Any encoder–decoder.
        source: Tokens with [stop].
    """
    memory = source_memory(model, source)

    def step(state: Any, tokens: Tensor) -> tuple[Tensor, Writing]:
        carry = Carry(tuple(part.transpose(0, 1) for part in state.state), state.fed)
        rows, after = model.decoder.rows(tokens.unsqueeze(1), carry, spread(memory, len(tokens)))
        coverage = None if rows.weights is None else state.coverage + rows.weights[:, 0]
        log_probs = model.decoder.readout(rows.vectors[:, 0]).double().log_softmax(-1)
        return log_probs, Writing(tuple(part.transpose(0, 1) for part in after.state), after.fed, coverage)

    first = model.decoder.first(memory)
    nothing = None if model.decoder.attention is None else torch.zeros_like(memory.keys[:, :, 0])
    return step, Writing(tuple(part.transpose(0, 1) for part in first.state), first.fed, nothing)


def source_memory(model: Seq2Seq, source: Sequence[int]) -> Memory:
    """The memory of one source with its [stop]. Errors: ValueError for none, or tokens that the model does not know."""
    known = model.encoder.embedding.num_embeddings
    if not len(source) or not all(0 <= token < known for token in source):
        raise ValueError(
            f"a source must be one or more tokens in 0…{known - 1}, got {list(source)!r:.60}; encode it with the task."
        )
    return model.memory(torch.tensor([list(source)]), torch.tensor([len(source)]))


def spread(memory: Memory, hypotheses: int) -> Memory:
    """The memory of one source for so many hypotheses, shape (B, …), without a copy."""
    keys, values, mask = (part.expand(hypotheses, *part.shape[1:]) for part in memory[:3])
    return Memory(keys, values, mask, tuple(part.expand(-1, hypotheses, -1) for part in memory.state))
