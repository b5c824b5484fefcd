"""Attention: which source positions a query looks at.

Axes: N batch, T queries, S source positions, H units.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

NETWORKS = ("additive", "concat")
"""Kinds whose score is a small network of query and key."""


class Attention(nn.Module):
    """Weights over a source, by one of these scores of query q and source state h, each of H numbers.

        additive, concat    vᵀ tanh(W q + U h)    (Bahdanau et al., 2015; Luong et al., 2015)
        dot                 qᵀ h                  (Luong et al., 2015)
        general             qᵀ W h                (Luong et al., 2015)
        scaled_dot          qᵀ h / √H             (Vaswani et al., 2017)

    Additive and concat are one formula, as W q + U h = [W U][q; h]; they part in which query the decoder asks with.
    """

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        self.kind = kind
        self.of_key = nn.Linear(size, size, bias=False) if kind in ("general", *NETWORKS) else nn.Identity()
        """U, or W of a general score."""
        if kind in NETWORKS:
            self.of_query = nn.Linear(size, size, bias=False)
            self.score = nn.Linear(size, 1, bias=False)
        self.scale = 1 / math.sqrt(size) if kind == "scaled_dot" else 1.0

    def keys(self, states: Tensor) -> Tensor:
        """What scores need of source states (N, S, H), the same for every query, shape (N, S, H)."""
        return self.of_key(states)

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Before the softmax, shape (N, T, S), for queries (N, T, H) and keys (N, S, H)."""
        if self.kind in NETWORKS:
            # (N, T, 1, H) + (N, 1, S, H) -> (N, T, S)
            return self.score((self.of_query(queries).unsqueeze(2) + keys.unsqueeze(1)).tanh()).squeeze(-1)
        return queries @ keys.transpose(1, 2) * self.scale

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """Weights, shape (N, T, S): rows sum to 1, exactly 0 where the mask (N, S) is False."""
        return self.scores(queries, keys).masked_fill(~mask.unsqueeze(1), -torch.inf).softmax(dim=-1)
