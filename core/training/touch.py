"""What hands in the works of a model change: its predictions, its losses, its cell; and what a cell state hands on.

Axes: T timesteps, V symbols, H hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..probes.cell_path import cell_path
from ..probes.intervention import Intervention
from ..recordings.interventions import CellPath
from .reading import Passage, Reader, Reading, encode, opened, read

IDLE = Intervention("hidden", "scale", 1.0)
"""A hand that does nothing: with it a reading goes step by step, as one with hands, and equals it to the last bit."""


@dataclass(frozen=True, eq=False)
class Touched:
    """One reading without and one with hands in the works, or an edited text, or both."""

    tokens: tuple[str, ...]
    """As read with the edits, shape (T,)."""
    losses: tuple[np.ndarray, np.ndarray]
    """Without and with, as `Reading.losses`, each (T,)."""
    has_loss: np.ndarray
    """As `Reading.has_loss`, shape (T,)."""
    divergence: np.ndarray | None
    """Of a language model, KL(without ‖ with) of what is expected after each timestep, nats, shape (T,)."""
    symbols: tuple[str, ...]
    chances: tuple[np.ndarray, np.ndarray] | None
    """Of a language model, probability of each symbol after the timestep looked at, without and with, each (V,)."""
    state: tuple[np.ndarray, np.ndarray]
    """Cell state, else hidden state, of all units, without and with, each (T, H)."""
    stand: float | None
    """Largest |c_t − c_{t−1}| of the units and timesteps with f = 1 and i = 0; None where there are none."""


def touched(
    reader: Reader, passage: Passage, hands: tuple[Intervention, ...], place: int, layer: int, direction: int,
    texts: Path | None,
) -> Touched:  # fmt: skip
    """Read twice. `place` is the timestep after which all chances are given, held within the passage.

    Errors: as `read`; ValueError for a layer or direction that is not there.
    """
    plain = read(reader, replace(passage, edits=()), (IDLE,) if hands else (), texts)
    other = read(reader, passage, hands, texts)
    name = "cell" if plain.trace.kind == "lstm" else "hidden"
    place = min(place, len(plain.tokens) - 1)
    is_language_model = plain.opened.is_language_model
    return Touched(
        tokens=other.tokens,
        losses=(plain.losses, other.losses),
        has_loss=other.has_loss,
        divergence=_divergence(plain.outputs, other.outputs) if is_language_model else None,
        symbols=plain.opened.symbols,
        chances=(np.exp(plain.outputs[place]), np.exp(other.outputs[place])) if is_language_model else None,
        state=(plain.plane(name, layer, direction), other.plane(name, layer, direction)),
        stand=_stand(other, layer, direction) if name == "cell" and hands else None,
    )


def _divergence(log_probs: np.ndarray, other: np.ndarray) -> np.ndarray:
    """KL, shape (T,), of log-probabilities of shape (T, V)."""
    return np.maximum((np.exp(log_probs) * (log_probs - other)).sum(axis=1), 0.0)


def _stand(reading: Reading, layer: int, direction: int) -> float | None:
    forget, into, cell = (reading.plane(name, layer, direction) for name in ("forget", "input", "cell"))
    cell = cell[::-1] if direction == 1 else cell
    held = ((forget == 1) & (into == 0))[:: -1 if direction == 1 else 1]
    before = np.concatenate([np.zeros_like(cell[:1]), cell[:-1]])
    return float(np.abs(cell - before)[held].max()) if held.any() else None


def path_between(
    reader: Reader, passage: Passage, first: int, last: int, layer: int, direction: int, texts: Path | None
) -> CellPath:
    """∂c_last/∂c_first of all units, and ∏ f on the way, in the order in which the direction scans.

    Errors: as `read`; ValueError unless it is an LSTM that reads tokens, with 0 ≤ first < last < T.
    """
    model = opened(reader, texts)
    if not model.symbols:
        raise ValueError("path_between needs a model that reads tokens, got one of numbers; choose another task.")
    tokens = encode(model.symbols, read(reader, passage, (), texts).tokens)
    inputs = model.model.embedding(tokens).detach()
    return cell_path(model.model.recurrent, inputs, first, last, None, layer, direction)  # type: ignore[arg-type]
