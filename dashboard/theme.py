"""Colours and strokes by meaning: safe for the colour-blind (after Okabe & Ito, 2008), readable on light and dark.

Each colour has a contrast of at least 3 : 1 against both backgrounds of `.streamlit/config.toml`.
"""

from __future__ import annotations

from typing import NamedTuple


class Stroke(NamedTuple):
    """How a line is drawn: a colour says which cell, a dash which path or which of two models of one cell."""

    color: str
    dash: str


class Mark(NamedTuple):
    """How points are drawn: a colour and a symbol say which gate."""

    color: str
    symbol: str


RNN = "#d55e00"
RNN_RELU = "#c4649b"
RNN_LINEAR = "#80868f"
LSTM = "#1c7fc4"
GRU = "#009e73"

CELL_COLORS: dict[str, tuple[str, ...]] = {
    "rnn": (RNN, "#b07a00", "#b0492f"),
    "relu_rnn": (RNN_RELU, "#a35bb5", "#8f6f86"),
    "linear_rnn": (RNN_LINEAR, "#6f7f5f", "#8a7a6a"),
    "lstm": (LSTM, "#4a8f9e", "#6f74d8"),
    "gru": (GRU, "#5f8f1f", "#3f8f8a"),
}
"""The n-th entry is for the n-th model of that cell in one picture."""

DASHES = ("solid", "dash", "dashdot", "longdash")
SECOND_PATH_DASH = "dot"
"""∂L/∂c_t beside ∂L/∂h_t, and every other second path of one model."""

LOG_NORM_SCALE = "Viridis"
"""Sequential scale of log₁₀ norms: dark is vanished, bright is strong."""
SIGNED_SCALE = "RdBu"
"""Diverging scale of signed values; set zmid=0."""
NOT_A_NUMBER = RNN
CHANCE = "#80868f"
"""The line that a guesser without memory reaches."""
NAIVE = "#80868f"
"""What a naive measurement shows beside the true one."""
ELEMENTWISE = "#b07a00"
"""The way back that skips the recurrent weights: φ′ alone, or a product of gates."""
THROUGH_WEIGHTS = "#6f74d8"
"""The way back through the recurrent weights."""
LIMIT = "#80868f"
"""A bound, a threshold, a floor: what a line cannot or should not cross."""
LAYER_COLORS = ("#1c7fc4", "#b07a00", "#c4649b", "#5f8f1f")
"""One a layer, the first at the bottom of the stack."""
DIRECTION_DASHES = ("solid", "dash")
"""Forward, reverse."""
GATE_MARKS: dict[str, Mark] = {
    "input": Mark("#009e73", "circle"),
    "forget": Mark("#1c7fc4", "diamond"),
    "candidate": Mark("#d55e00", "square"),
    "output": Mark("#a35bb5", "triangle-up"),
    "reset": Mark("#d55e00", "circle"),
    "update": Mark("#1c7fc4", "diamond"),
    "new": Mark("#009e73", "square"),
}
"""One a block of recurrent weights, by the gate that it feeds."""
GATE_TITLES = {
    "input": "input i", "forget": "forget f", "candidate": "candidate g", "output": "output o", "cell": "cell c",
    "reset": "reset r", "update": "update z", "new": "new n", "hidden": "hidden h",
}  # fmt: skip
"""How to print each gate and state."""
STATE_COLORS = {"cell": "#b07a00", "hidden": "#80868f"}
"""What is handed on, beside the gates."""
BEFORE, AFTER = "#80868f", "#d55e00"
"""A reading as it was, and with hands in the works."""
CHOSEN = "#d55e00"
"""The unit that one looks at, among all."""


def model_stroke(cell: str, nth: int = 0) -> Stroke:
    """Stroke of the `nth` model with this cell in one picture; unknown cells are grey."""
    colors = CELL_COLORS.get(cell, (RNN_LINEAR,))
    return Stroke(colors[nth % len(colors)], DASHES[nth % len(DASHES)])


def model_strokes(cells: list[str]) -> list[Stroke]:
    """One stroke a model, in order; models that share a cell get different colours and dashes."""
    return [model_stroke(cell, cells[:position].count(cell)) for position, cell in enumerate(cells)]
