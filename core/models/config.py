"""What a model is, as data: the same object is a cache key, a recording's header and a permalink."""

from __future__ import annotations

from dataclasses import dataclass

CELLS = ("rnn", "relu_rnn", "linear_rnn", "lstm", "gru")
INITIALIZATIONS = ("pytorch", "orthogonal", "identity")
MAX_HIDDEN_SIZE, MAX_LAYERS = 512, 4


@dataclass(frozen=True)
class ModelConfig:
    """A recurrent model: which cell, how wide, how deep, how initialised."""

    cell: str = "lstm"
    """One of CELLS."""
    hidden_size: int = 32
    layers: int = 1
    bidirectional: bool = False
    initialization: str = "pytorch"
    """Of W_hh, per gate: PyTorch's own U(±1/√H), gain × orthogonal, or gain × identity."""
    gain: float = 1.0
    forget_bias: float | None = None
    """LSTM: b_f, set in bias_ih (bias_hh's share is zeroed; the two add). None: as PyTorch draws it."""
    dropout: float = 0.0
    """Between the layers of a stack."""
