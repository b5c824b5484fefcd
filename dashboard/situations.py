"""Runs that a page shows before anybody has chosen anything."""

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig

FIRST_LOOK = TrainingConfig(
    TaskConfig("recall", length=20),
    (
        ModelConfig("rnn"),
        ModelConfig("lstm", forget_bias=3.0),
        ModelConfig("lstm"),
        ModelConfig("rnn", initialization="orthogonal", gain=2.0),
    ),
)
"""RNN, LSTM with forget bias 3, LSTM as PyTorch initialises it, RNN with gain 2."""
