"""What sampling draws from: a distribution made sharper or flatter, and cut to its most probable tokens.

Axes: B hypotheses, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..checks import check_positive, check_whole
from ..recordings.search_tree import REASON_CODES, Reason
from .rules import ALLOWED, MOST

HIGHEST_TEMPERATURE = 1000.0


@dataclass(frozen=True)
class Filters:
    """Temperature first, then top-k, then top-p (Holtzman et al., 2020), each on what the one before it left.

    Errors: ValueError for a value out of range.
    """

    temperature: float = 1.0
    """Log-probabilities are divided by it: below 1 sharper, above 1 flatter."""
    top_k: int | None = None
    """Only the k most probable tokens; None: all. Of equal ones the lower tokens."""
    top_p: float = 1.0
    """Only the most probable tokens, as few as reach this probability together. Of equal ones the lower tokens."""

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature, HIGHEST_TEMPERATURE)
        if self.top_k is not None:
            check_whole("top_k", self.top_k, 1, MOST)
        check_positive("top_p", self.top_p, 1.0)

    def __str__(self) -> str:
        cuts = [f"top {self.top_k}"] * (self.top_k is not None) + [f"top p {self.top_p:g}"] * (self.top_p < 1)
        return ", ".join([f"temperature {self.temperature:g}", *cuts])

    def __call__(self, log_probs: np.ndarray, forbidden: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities to draw from, and why the others are out, codes as of `Law.forbidden`; each of shape (B, V).

        Errors: ValueError where nothing is allowed.
        """
        codes = np.full(log_probs.shape, ALLOWED, dtype=np.int8) if forbidden is None else forbidden.copy()
        tempered = _softmax(np.where(codes == ALLOWED, log_probs, -np.inf) / self.temperature)
        order = np.argsort(-tempered, axis=1, kind="stable")
        places = np.argsort(order, axis=1)  # of each token, from the most probable, 0
        if self.top_k is not None:
            codes[(places >= self.top_k) & (codes == ALLOWED)] = REASON_CODES[Reason.OUTSIDE_TOP_K]
        if self.top_p < 1:
            ranked = np.take_along_axis(np.where(codes == ALLOWED, tempered, 0), order, axis=1)
            reached = np.cumsum(ranked / ranked.sum(axis=1, keepdims=True), axis=1)
            needed = np.count_nonzero(reached < self.top_p, axis=1)[:, None] + 1
            codes[(places >= needed) & (codes == ALLOWED)] = REASON_CODES[Reason.OUTSIDE_TOP_P]
        drawn_from = np.where(codes == ALLOWED, tempered, 0)
        return drawn_from / drawn_from.sum(axis=1, keepdims=True), codes


def _softmax(log_probs: np.ndarray) -> np.ndarray:
    greatest = log_probs.max(axis=1, keepdims=True)
    if np.isneginf(greatest).any():
        raise ValueError(
            "a hypothesis must have some token to go on with, got every one forbidden; "
            "lower min_length or no_repeat_ngram, or change the prefix."
        )
    weights = np.exp(log_probs - greatest)
    return weights / weights.sum(axis=1, keepdims=True)
