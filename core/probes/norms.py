"""Sizes: Euclidean norms of numbers so small that their squares would be zero in float64, and how far apart two are."""

from __future__ import annotations

import torch
from torch import Tensor


def norms(values: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """‖values‖₂ over the given axes, taken of the largest entry apart: exact down to 1e-308. NaN and Inf stay."""
    largest = values.abs().amax(dim=dim, keepdim=True)
    scale = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    return torch.linalg.vector_norm(values / scale, dim=dim) * scale.squeeze(dim)


def relative_difference(found: Tensor, expected: Tensor) -> float:
    """Max |found − expected| / max |expected|; the difference itself where all expected are zero."""
    difference, largest = float((found - expected).abs().max()), float(expected.abs().max())
    return difference / largest if largest else difference
