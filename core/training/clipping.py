"""The norm of a gradient, and the two ways of bounding it; sums are in float64, where no float32 gradient overflows."""

from __future__ import annotations

import torch
from torch import Tensor


def total_norm(tensors: list[Tensor]) -> float:
    """L2 norm over all entries of all tensors; 0 for none."""
    norms = [torch.linalg.vector_norm(tensor, dtype=torch.float64) for tensor in tensors]
    return torch.linalg.vector_norm(torch.stack(norms)).item() if norms else 0.0


def clip(gradients: list[Tensor], norm: float, how: str, bound: float) -> float:
    """Bound the gradients, whose total norm is `norm`, in place; their total norm after. `how` is one of CLIPS."""
    if how == "none" or (how == "norm" and norm <= bound):
        return norm
    if how == "norm":
        clip_by_norm(gradients, norm, bound)
    else:
        clip_by_value(gradients, bound)
    return total_norm(gradients)


def clip_by_norm(gradients: list[Tensor], norm: float, max_norm: float) -> None:
    """Scale all gradients, whose total is `norm`, to `max_norm` (Pascanu et al., 2013). In place; a NaN spreads."""
    torch._foreach_mul_(gradients, max_norm / norm)


def clip_by_value(gradients: list[Tensor], bound: float) -> None:
    """Clamp each entry to ±`bound` (Graves, 2013). In place."""
    torch._foreach_clamp_min_(gradients, -bound)
    torch._foreach_clamp_max_(gradients, bound)
