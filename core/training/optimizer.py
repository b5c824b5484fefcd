"""What turns gradients into updates."""

from __future__ import annotations

import torch


def make_optimizer(name: str, learning_rate: float, weights: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer of this name, one of config.OPTIMIZERS, with PyTorch's defaults beside the learning rate."""
    if name == "adam":
        return torch.optim.Adam(weights, learning_rate, fused=True)
    if name == "sgd":
        return torch.optim.SGD(weights, learning_rate, fused=True)
    return torch.optim.RMSprop(weights, learning_rate, foreach=True)
