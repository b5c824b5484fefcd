"""Size: how many numbers a recurrent model has for inputs of T timesteps, beside a network without a recurrence.

Axes: T timesteps, V symbols, H hidden units, K lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..models.config import ModelConfig
from ..models.recurrent import make_recurrent

LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
ONE_HOT = 8
"""V, the symbols of the recall task, one-hot."""
COMPARED = ("rnn", "gru", "lstm")


@dataclass(frozen=True)
class Sizes:
    """Numbers that models have."""

    recurrent: tuple[int, ...]
    """One a cell of COMPARED; no length is asked for, as none is needed."""
    window: tuple[int, ...]
    """Of a network that sees all T symbols at once, one a length of LENGTHS."""


def sizes(units: int) -> Sizes:
    """Make networks of H = `units`, each with a readout, and count."""
    return Sizes(
        tuple(_count(make_recurrent(ModelConfig(cell, units), ONE_HOT), _readout(units)) for cell in COMPARED),
        tuple(_count(nn.Linear(length * ONE_HOT, units), _readout(units)) for length in LENGTHS),
    )


def _readout(units: int) -> nn.Linear:
    return nn.Linear(units, ONE_HOT)


def _count(*modules: nn.Module) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())
