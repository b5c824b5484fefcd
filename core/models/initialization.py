"""How the recurrent weights of a stack begin.

Axes: G gates of a cell (LSTM 4, GRU 3, RNN 1), H hidden units.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from .config import ModelConfig

FORGET_GATE = 1
"""The forget gate's place in the order i, f, g, o."""


@torch.no_grad()
def initialize(layer: nn.RNNBase, config: ModelConfig) -> None:
    """Set W_hh and the forget bias of every layer and direction as `config` says; leave the rest as it is.

    Orthogonal: Saxe et al., 2014. Identity: Le, Jaitly & Hinton, 2015. Forget bias: Gers et al., 2000;
    Jozefowicz et al., 2015.
    """
    for name, weight in layer.named_parameters():
        if name.startswith("weight_hh"):
            for block in gate_blocks(weight, layer.hidden_size):
                _initialize_block(block, config)
        elif config.forget_bias is not None and name.startswith("bias"):
            # PyTorch adds two biases, so one carries the value and the other none.
            forget = list(gate_blocks(weight, layer.hidden_size))[FORGET_GATE]
            forget.fill_(config.forget_bias if name.startswith("bias_ih") else 0.0)


def gate_blocks(weight: Tensor, hidden_size: int) -> Iterator[Tensor]:
    """Views of each gate's rows of a weight or bias with G·H rows, in PyTorch's order of the gates."""
    return iter(weight.split(hidden_size))


def _initialize_block(block: Tensor, config: ModelConfig) -> None:
    if config.initialization == "orthogonal":
        nn.init.orthogonal_(block, gain=config.gain)
    elif config.initialization == "identity":
        nn.init.eye_(block).mul_(config.gain)
