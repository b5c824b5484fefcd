"""Norms of the blocks of a vector; sums are in float64, where no float32 number's square overflows.

Axes: P parameters, B blocks.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor


def flattened(tensors: Iterable[Tensor]) -> np.ndarray:
    """All entries of the tensors one after the other, a copy of shape (P,)."""
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).numpy()


def squares(vector: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sum of the squares in each block, shape (B,); blocks tile the vector (P,) and begin at `starts`, shape (B,)."""
    return np.add.reduceat(np.square(vector, dtype=np.float64), starts)


def ratios(changes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """√(change / size) of each block, shape (B,): 0 where nothing changed, Inf where only the size was zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(changes == 0, 0.0, np.sqrt(changes / sizes))


def as_float32(norms: np.ndarray) -> np.ndarray:
    """The norms as float32; beyond its range is Inf, as the gradient itself would be."""
    with np.errstate(over="ignore"):
        return norms.astype(np.float32)
