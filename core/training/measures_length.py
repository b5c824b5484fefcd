"""Any length: the same weights read one timestep or a thousand, and what they know after each.

Axes: P passages, T timesteps, H hidden units, V symbols, K lengths, B bins of positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.character_model import load_character_model
from ..models.sequence_model import SequenceModel
from ..tasks.texts import UNSEEN, read_text
from .reading import encode

LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
PASSAGES = 16


@dataclass(frozen=True, eq=False)
class AnyLength:
    """A character model that read passages of T timesteps, and one of them cut off at each of LENGTHS."""

    parameters: int
    """Numbers that were used, whatever the length."""
    trained_length: int
    """Timesteps of the windows that it was trained on; 0 if its file does not say."""
    positions: np.ndarray
    """Middle of each bin on a logarithmic axis: characters read before the one expected, shape (B,)."""
    losses: np.ndarray
    """Mean loss of the character that comes next, nats, shape (B,)."""
    apart: np.ndarray
    """Largest |difference| of h after t timesteps, from h of a reading of just t, shape (K,)."""


@torch.no_grad()
def any_length(path: Path, texts: Path | None = None) -> AnyLength:
    """Read modules that the model in the file never saw. Errors: CharacterModelError for the file; TextError."""
    shipped = load_character_model(path)
    model = shipped.model
    longest = LENGTHS[-1]
    text = read_text(UNSEEN, texts)
    starts = np.linspace(0, len(text) - longest - 2, PASSAGES).astype(int)
    tokens = torch.stack(
        [encode(shipped.vocabulary.symbols, text[start : start + longest + 1]) for start in starts]
    )  # (P, T + 1)
    hidden, _ = model.recurrent(model.embedding(tokens[:, :-1]))  # (P, T, H)
    log_probs = torch.log_softmax(model.readout(hidden), dim=-1)
    losses = -log_probs.gather(2, tokens[:, 1:, None]).squeeze(2).mean(0).numpy()  # (T,)
    positions, means = binned(losses)
    parameters = sum(weight.numel() for weight in model.parameters())
    trained = int(shipped.card.get("recipe", {}).get("window", 0))
    return AnyLength(parameters, trained, positions, means, _apart(model.double(), tokens[:1, :-1]))


def _apart(model: SequenceModel, tokens: Tensor) -> np.ndarray:
    """How far h at the end of shorter readings of tokens (1, T) is from that of the whole; in float64."""
    inputs = model.embedding(tokens)
    whole = model.recurrent(inputs)[0]  # (1, T, H)
    ends = [model.recurrent(inputs[:, :length])[0][:, -1] - whole[:, length - 1] for length in LENGTHS]
    return np.array([float(end.abs().max()) for end in ends])


def binned(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geometric middle and mean of bins that double, 1, 2, 3–4, 5–8, …, of losses after 1, 2, 3, … timesteps."""
    edges = [0, *(2**power for power in range(len(losses).bit_length()) if 2**power < len(losses)), len(losses)]
    bins = list(zip(edges, edges[1:], strict=False))
    middles = [np.sqrt((first + 1) * last) for first, last in bins]
    return np.array(middles), np.array([losses[first:last].mean() for first, last in bins])
