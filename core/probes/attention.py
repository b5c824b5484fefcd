"""Attention of any target: one that is given, or one that a model writes while a hand lies on its attention.

Axes: T target rows, S source positions, H units, V tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.attentive_decoder import Rows
from ..models.seq2seq import START, STOP, Seq2Seq
from ..models.seq2seq_step import source_memory
from ..recordings.attention import AttentionTrace

SUM_WITHIN = 1e-3
"""A row laid by hand may sum to 1 ± this; it is then divided by its sum."""


@torch.no_grad()
def forced(model: Seq2Seq, source: Sequence[int], target: Sequence[int]) -> AttentionTrace:
    """What the model attends to while it is made to write `target`; so the attention of any hypothesis of a search.

    Args:
        model: Any encoder–decoder.
        source: Tokens with [stop].
        target: One or more tokens, with [stop] or without.

    Errors: ValueError for tokens that the model does not know.
    """
    check_target(model, target, fewest=1)
    rows = model.decoder(torch.tensor([[START, *target[:-1]]]), source_memory(model, source))
    return _trace(model, source, target, rows)


@torch.no_grad()
def decode_with(
    model: Seq2Seq,
    source: Sequence[int],
    max_length: int,
    override: Mapping[int, np.ndarray] | None = None,
    prefix: Sequence[int] = (),
) -> AttentionTrace:
    """What the model writes, always the likeliest next token, while rows of its attention are laid by hand.

    Args:
        model: Any encoder–decoder.
        source: Tokens with [stop].
        max_length: Most rows that it writes.
        override: Row → weights of shape (S,) in [0, 1] that sum to 1.
        prefix: Tokens that it is made to write first.

    Errors: ValueError for weights that are no distribution, a model without attention, an impossible length, unknown
    tokens.
    """
    check_target(model, prefix, fewest=0)
    if not 0 < max_length >= len(prefix):
        raise ValueError(
            f"max_length must be at least 1 and the prefix's {len(prefix)} tokens, got {max_length}; raise it."
        )
    given = {row: _row_by_hand(model, weights, len(source)) for row, weights in (override or {}).items()}

    def choose(row: int, vectors: Tensor) -> Tensor:
        return torch.tensor([prefix[row]]) if row < len(prefix) else model.likeliest(vectors)[:, 0]

    rows = model.decoder.unroll(torch.tensor([START]), max_length, source_memory(model, source), choose, given)
    target = [*prefix, *model.likeliest(rows.vectors)[0, len(prefix) :].tolist()]
    length = target.index(STOP) + 1 if STOP in target else max_length
    return _trace(model, source, target[:length], rows)


def _row_by_hand(model: Seq2Seq, weights: np.ndarray, length: int) -> Tensor:
    row = np.asarray(weights, dtype=np.float64)
    if model.decoder.attention is None:
        raise ValueError("override needs a model with attention, got one without; choose one that attends.")
    if row.shape != (length,) or not (row >= 0).all() or not abs(row.sum() - 1) <= SUM_WITHIN:
        raise ValueError(
            f"a row of attention must be {length} weights of at least 0 that sum to 1, got shape {row.shape} and sum "
            f"{row.sum():.6g}; divide it by its sum."
        )
    return torch.tensor(row / row.sum(), dtype=model.decoder.readout.weight.dtype).unsqueeze(0)


def check_target(model: Seq2Seq, target: Sequence[int], fewest: int) -> None:
    """Errors: ValueError for fewer tokens, and for some that the model does not know."""
    known = model.decoder.embedding.num_embeddings
    if len(target) < fewest or not all(0 <= token < known for token in target):
        raise ValueError(
            f"a target must be {fewest} or more tokens in 0…{known - 1}, got {list(target)!r:.60}; "
            "take tokens of the model's own task."
        )


def _trace(model: Seq2Seq, source: Sequence[int], target: Sequence[int], rows: Rows) -> AttentionTrace:
    length = len(target)
    return AttentionTrace(
        source=np.array(source, dtype=np.int64),
        target=np.array(target, dtype=np.int64),
        log_probs=model.decoder.readout(rows.vectors[0, :length]).double().log_softmax(-1).numpy(),
        weights=None if rows.weights is None else rows.weights[0, :length].double().numpy(),
        contexts=None if rows.contexts is None else rows.contexts[0, :length].double().numpy(),
    )
