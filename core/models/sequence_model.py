"""The model that is trained: tokens or numbers in, a recurrent stack, an answer at every timestep.

Axes: N batch, T timesteps, I input features, D directions, H hidden units, C outputs.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from .config import ModelConfig
from .embedding import make_embedding
from .recurrent import make_recurrent


class Ports(Protocol):
    """How wide a model is where it meets the world; every task says so, and so does a vocabulary."""

    @property
    def vocabulary_size(self) -> int | None:
        """How many tokens there are; None for real-valued input."""

    @property
    def features(self) -> int | None:
        """I, the width of a real-valued input; None for tokens."""

    @property
    def outputs(self) -> int:
        """C."""


class SequenceModel(nn.Module):
    """Embedding (of tokens), recurrent stack, linear readout of every timestep's hidden state."""

    embedding: nn.Module
    """nn.Embedding for tokens; nn.Identity for real-valued input."""
    recurrent: nn.RNNBase
    """Batch first."""
    readout: nn.Linear
    """(D·H) -> C."""

    def __init__(self, config: ModelConfig, task: Ports) -> None:
        super().__init__()
        if task.vocabulary_size is None:
            assert task.features is not None  # a task has tokens or features
            self.embedding, width = nn.Identity(), task.features
        else:
            # By default as wide as the state, and PyTorch's N(0, 1): recall (T = 20, LSTM with forget bias 3) is then
            # solved in 83–101 steps on seeds 0–4; with a width of 8 in 119–157, with one-hot rows of that width in
            # 132–161. A readout that starts at zero changes nothing beyond the seeds' spread (88–115): PyTorch's own
            # is kept.
            width = config.embedding_size or config.hidden_size
            self.embedding = make_embedding(task.vocabulary_size, width, config.frozen)
        self.recurrent = make_recurrent(config, width)
        directions = 2 if config.bidirectional else 1
        self.readout = nn.Linear(directions * config.hidden_size, task.outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Answers, shape (N, T, C), for tokens of shape (N, T) or values of shape (N, T, I)."""
        hidden, _ = self.recurrent(self.embedding(inputs))  # (N, T) -> (N, T, I) -> (N, T, D·H)
        return self.readout(hidden)


def build_model(config: ModelConfig, task: Ports, seed: int) -> SequenceModel:
    """The model for `task`; the same seed gives the same weights, whatever else was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return SequenceModel(config, task)
