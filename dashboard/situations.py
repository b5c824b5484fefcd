"""Runs and settings that a page offers before anybody has chosen anything."""

from typing import Any

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
CLIPPED_OR_NOT: dict[str, Any] = {
    "T": 12,
    "models": 2,
    "m1_init": "orthogonal",
    "m1_gain": 1.5,
    "m1_clip": False,
    "m2_cell": "rnn",
    "m2_init": "orthogonal",
    "m2_gain": 1.5,
    "optimizer": "sgd",
    "lr": 0.5,
}
"""Controls: one exploding RNN twice, the second clipped. With seeds 0, 1 and 2 only the clipped one learns."""
