"""What a model is, as data: the same object is a cache key, a recording's header and a permalink."""

from __future__ import annotations

from dataclasses import dataclass

CELLS = ("rnn", "relu_rnn", "linear_rnn", "lstm", "gru")
INITIALIZATIONS = ("pytorch", "orthogonal", "identity")
MAX_HIDDEN_SIZE, MAX_LAYERS = 512, 4
MAX_GAIN, MAX_FORGET_BIAS, MAX_DROPOUT = 10.0, 10.0, 0.9
TITLES = {"rnn": "RNN", "relu_rnn": "ReLU RNN", "linear_rnn": "Linear RNN", "lstm": "LSTM", "gru": "GRU"}
"""How to print each of CELLS."""


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

    def __post_init__(self) -> None:
        _check_choice("cell", self.cell, CELLS)
        _check_choice("initialization", self.initialization, INITIALIZATIONS)
        _check_whole("hidden_size", self.hidden_size, 1, MAX_HIDDEN_SIZE)
        _check_whole("layers", self.layers, 1, MAX_LAYERS)
        if not isinstance(self.bidirectional, bool):
            raise ValueError(f"bidirectional must be true or false, got {self.bidirectional!r}; give one of the two.")
        _check_real("gain", self.gain, 0.0, MAX_GAIN)
        _check_real("dropout", self.dropout, 0.0, MAX_DROPOUT)
        self._check_forget_bias()

    def _check_forget_bias(self) -> None:
        if self.forget_bias is None:
            return
        _check_real("forget_bias", self.forget_bias, -MAX_FORGET_BIAS, MAX_FORGET_BIAS)
        if self.cell != "lstm":
            raise ValueError(
                f"forget_bias needs an LSTM, got {self.forget_bias!r} for cell {self.cell!r}; leave it None there."
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
        return ", ".join(parts)

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
        return "-".join(parts).replace(".", "_")


def _check_choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{field} must be one of {names}, got {value!r}; choose one of these.")


def _check_whole(field: str, value: object, lowest: int, highest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{field} must be a whole number in {lowest}…{highest}, got {value!r}; choose one in this range."
        )


def _check_real(field: str, value: object, lowest: float, highest: float) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{field} must be a number in [{lowest:g}, {highest:g}], got {value!r}; choose one in this range."
        )
