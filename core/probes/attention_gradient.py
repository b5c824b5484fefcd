"""By which way the loss of each row reaches the source: through attention, or through the decoder's first state.

Axes: T target rows, S source positions, H units, R rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..models.attentive_decoder import Memory
from ..models.seq2seq import START, Seq2Seq
from ..recordings.attention import SourceGradient
from .attention import check_target

MOST_NUMBERS = 4_000_000
"""Of the largest array that is held at once: rows × T × S × H."""


def source_gradient(model: Seq2Seq, source: Sequence[int], target: Sequence[int]) -> SourceGradient:
    """‖∂L_t/∂e_s‖ of every row's loss and every source position's embedding, the right target fed.

    Every row has a copy of the pair, so that one way back gives the gradients of many losses. What a copy's memory gets
    from its row goes on to the embeddings twice: that of keys and values, and that of the first state.

    Args:
        model: Any encoder–decoder.
        source: Tokens with [stop].
        target: One or more tokens, with [stop] or without.

    Errors: ValueError for tokens that the model does not know.
    """
    check_target(model, target, fewest=1)
    size = len(target) * len(source) * model.config.hidden_size
    at_once = max(1, MOST_NUMBERS // size)
    rows = range(len(target))
    parts = [_of_rows(model, source, target, rows[first : first + at_once]) for first in rows[::at_once]]
    return SourceGradient(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _of_rows(model: Seq2Seq, source: Sequence[int], target: Sequence[int], rows: range) -> tuple[np.ndarray, ...]:
    """All ways, by attention and by the first state, each of shape (R, S)."""
    copies = len(rows)
    with torch.enable_grad(), _embeddings_of(model) as embeddings:
        sources = torch.tensor([list(source)]).expand(copies, -1)
        memory = model.memory(sources, torch.full((copies,), len(source)))
    kept = _leaves(memory)
    with torch.enable_grad():
        logits = model.decoder.readout(model.decoder(torch.tensor([[START, *target[:-1]]] * copies), kept).vectors)
        cross_entropy(logits[range(copies), list(rows)], torch.tensor(target)[list(rows)], reduction="sum").backward(
            inputs=[kept.keys, kept.values, *kept.state]
        )
    looked = _back(embeddings[0], [memory.keys, memory.values], [kept.keys, kept.values])
    passed = _back(embeddings[0], memory.state, kept.state)
    return tuple(one.norm(dim=-1).double().numpy() for one in (looked + passed, looked, passed))


@contextmanager
def _embeddings_of(model: Seq2Seq) -> Iterator[list[Tensor]]:
    """The list is given what the encoder's embedding puts out, as leaves that a gradient reaches."""
    found: list[Tensor] = []

    def keep(_module: object, _given: object, output: Tensor) -> Tensor:
        found.append(output.detach().requires_grad_())
        return found[-1]

    handle = model.encoder.embedding.register_forward_hook(keep)
    try:
        yield found
    finally:
        handle.remove()


def _leaves(memory: Memory) -> Memory:
    """The same numbers, where a way back ends."""
    keys, values, *state = (one.detach().requires_grad_() for one in (memory.keys, memory.values, *memory.state))
    return Memory(keys, values, memory.mask, tuple(state))


def _back(embeddings: Tensor, outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> Tensor:
    """What the gradients of the leaves make of the embeddings, shape (R, S, H); zeros where nothing goes that way."""
    ways = [(one, leaf.grad) for one, leaf in zip(outputs, leaves, strict=True) if one.requires_grad]
    used = [(one, grad) for one, grad in ways if grad is not None]
    if not used:
        return torch.zeros_like(embeddings)
    given, grads = zip(*used, strict=True)
    (found,) = torch.autograd.grad(given, embeddings, grads, retain_graph=True, allow_unused=True)
    return torch.zeros_like(embeddings) if found is None else found
