"""Fusion: how what is attended to and the state that asked for it become one vector.

Axes: N batch, T timesteps, H units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

JOINS = {
    "concatenate": lambda state, context: torch.cat((state, context), dim=-1),
    "add": lambda state, context: state + context,
    "multiply": lambda state, context: state * context,
    "context": lambda state, context: context,
}
"""By name: how two tensors (…, H) are joined; "context" leaves the state out."""


class Fusion(nn.Module):
    """The attentional vector tanh(W · join(state, context)) (Luong et al., 2015, with concatenation)."""

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        self.kind = kind
        self.mix = nn.Linear(2 * size if kind == "concatenate" else size, size)

    def forward(self, state: Tensor, context: Tensor) -> Tensor:
        """The vector, shape (N, T, H), of state and context, both (N, T, H)."""
        return self.mix(JOINS[self.kind](state, context)).tanh()
