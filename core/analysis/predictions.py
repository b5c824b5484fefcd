"""What a language model expects next, and how far an intervention moves it.

Axes: T characters, V vocabulary, K most likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..recordings.interventions import TextRun


@dataclass(frozen=True)
class TopPredictions:
    """The most likely next tokens after every character, best first."""

    tokens: np.ndarray
    """Shape (T, K), int64."""
    probabilities: np.ndarray
    """Shape (T, K), in [0, 1]."""


def top_predictions(log_probs: np.ndarray, count: int = 5) -> TopPredictions:
    """The `count` most likely next tokens (all, if there are fewer); equally likely ones by token.

    Args:
        log_probs: Shape (T, V), nats.
        count: K, at least 1.

    Errors: ValueError for another shape or count.
    """
    if log_probs.ndim != 2 or count < 1:
        raise ValueError(
            f"top_predictions needs log-probabilities of shape (T, V) and a count from 1 on, got {log_probs.shape} and "
            f"{count}; pass one text's."
        )
    tokens = np.argsort(-log_probs, axis=1, kind="stable")[:, :count]
    return TopPredictions(tokens, np.exp(np.take_along_axis(log_probs, tokens, axis=1)))


@dataclass(frozen=True)
class PredictionShift:
    """How far expectations moved at every character, from the untouched run to the other."""

    divergence: np.ndarray
    """Kullback–Leibler divergence KL(before ‖ after) of the next character, shape (T,), nats, ≥ 0."""
    loss_change: np.ndarray
    """How much more the character that came is a surprise after than before, shape (T − 1,), nats.

    If the text itself was edited each run is surprised by its own characters.
    """
    is_other_choice: np.ndarray
    """Whether the most likely next character is another, shape (T,), bool."""

    @property
    def first(self) -> int | None:
        """The first character after which anything is expected differently; None if nothing is."""
        moved = np.flatnonzero(~(self.divergence == 0))
        return int(moved[0]) if len(moved) else None


def prediction_shift(before: TextRun, after: TextRun) -> PredictionShift:
    """Compare two runs of one model over texts of the same length. Errors: ValueError for other shapes."""
    p, q = (run.log_probs.astype(np.float64) for run in (before, after))
    if p.shape != q.shape:
        raise ValueError(f"prediction_shift needs runs of one length and vocabulary, got {p.shape} and {q.shape}.")
    divergence = np.maximum((np.exp(p) * (p - q)).sum(axis=1), 0)  # float32 log-probabilities sum to 1 but for rounding
    changed = after.losses.astype(np.float64) - before.losses
    return PredictionShift(divergence, changed, p.argmax(axis=1) != q.argmax(axis=1))
