"""A reading as the Gates page shows it: the planes of one layer and direction, and what was expected next.

Axes: T timesteps, H hidden units, K likeliest next symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..probes.intervention import NAMES, Intervention
from .reading import LIKELIEST, Passage, Reader, Reading, read

Expected = tuple[tuple[str, float], ...]
"""Symbols with their probabilities, likeliest first."""


@dataclass(frozen=True, eq=False)
class ReadPlanes:
    """A reading of one layer and direction."""

    kind: str
    """"lstm", "gru" or "rnn"."""
    layers: int
    directions: int
    planes: dict[str, np.ndarray]
    """By gate or state, in the order in which a step computes them; each (T, H), float32."""
    tokens: tuple[str, ...]
    losses: np.ndarray
    """As `Reading.losses`, shape (T,)."""
    has_loss: np.ndarray
    """As `Reading.has_loss`, shape (T,)."""
    expected: tuple[Expected, ...] | None
    """The K likeliest next symbols after each timestep, shape (T, K); None unless it is a language model."""


def read_planes(
    reader: Reader, passage: Passage, hands: tuple[Intervention, ...], layer: int, direction: int, texts: Path | None
) -> ReadPlanes:
    """Read, and look at one layer and direction. Errors: as `read`; ValueError for a place that is not there."""
    reading = read(reader, passage, hands, texts)
    kind, (layers, directions) = reading.trace.kind, reading.trace.hidden.shape[:2]
    planes = {name: reading.plane(name, layer, direction).astype(np.float32) for name in NAMES[kind]}
    told = (reading.tokens, reading.losses, reading.has_loss, expected_ones(reading))
    return ReadPlanes(kind, layers, directions, planes, *told)


def expected_ones(reading: Reading) -> tuple[Expected, ...] | None:
    """The likeliest next symbols after each timestep, as `ReadPlanes.expected`."""
    if not reading.opened.is_language_model:
        return None
    probabilities = np.exp(reading.outputs)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :LIKELIEST]
    return tuple(
        expected_of(reading.opened.symbols, row, places) for row, places in zip(probabilities, best, strict=True)
    )


def expected_of(symbols: tuple[str, ...], probabilities: np.ndarray, places: np.ndarray) -> Expected:
    """Symbols at these places with their probabilities of shape (V,)."""
    return tuple((symbols[place], float(probabilities[place])) for place in places)
