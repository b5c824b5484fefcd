"""The embedding: a one-hot vector times a matrix is one of its rows, so no product is needed.

Axes: N batch, T timesteps, V vocabulary, E length of a row.

    e_V(v) W = W_v        V = 5, v = 2:  (0 0 1 0 0) W is the third row of W
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot


def make_embedding(vocabulary_size: int, size: int, frozen: bool = False) -> nn.Embedding:
    """A table of V rows of length E, drawn from N(0, 1) as PyTorch does."""
    table = nn.Embedding(vocabulary_size, size)
    if frozen:
        freeze(table)
    return table


def freeze(table: nn.Embedding) -> None:
    """Let the table's gradient be zero from now on, so that no optimizer without weight decay moves it.

    It keeps a gradient, though one of zeros, as every other parameter does: norms by block stay in their places.
    """
    table.weight.register_hook(torch.zeros_like)


def one_hot_product(weight: Tensor, tokens: Tensor) -> Tensor:
    """The rows of `weight` (V, E) for tokens (N, T), shape (N, T, E), by the product that a look-up spares."""
    return one_hot(tokens, len(weight)).to(weight.dtype) @ weight  # (N, T, V) x (V, E) -> (N, T, E)


@torch.no_grad()
def replace_rows(table: nn.Embedding, rows: Tensor) -> None:
    """Put vectors (V, E) in the place of rows; a vector that holds a NaN leaves its row as it is.

    Errors: ValueError for vectors of another shape.
    """
    if rows.shape != table.weight.shape:
        raise ValueError(
            f"vectors need the table's shape {tuple(table.weight.shape)}, got {tuple(rows.shape)}; "
            "set embedding_size to their length."
        )
    known = ~rows.isnan().any(dim=1)
    table.weight[known] = rows[known].to(table.weight.dtype)
