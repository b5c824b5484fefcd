"""Length penalties: what a log-probability is divided by before hypotheses of different lengths are compared.

The length counts generated tokens with the end token, so an empty answer has length 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..checks import check_choice, check_real

GREATEST_ALPHA = 10.0


@dataclass(frozen=True)
class LengthPenalty:
    """score = log-probability / divisor(length).

    Errors: ValueError for an unknown kind or an alpha outside [−10, 10].
    """

    kind: Literal["none", "by length", "GNMT"] = "none"
    """"by length": length^α. "GNMT": ((5 + length) / 6)^α (Wu et al., 2016)."""
    alpha: float = 0.0
    """Above 0 favours long hypotheses, below 0 short ones."""

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("none", "by length", "GNMT"))
        check_real("alpha", self.alpha, -GREATEST_ALPHA, GREATEST_ALPHA)

    def divisor(self, length: float) -> float:
        """What the log-probability of a hypothesis with so many tokens is divided by."""
        if self.kind == "none":
            return 1.0
        return float((length if self.kind == "by length" else (5 + length) / 6) ** self.alpha)

    def score(self, log_prob: float, length: int) -> float:
        """Score of a hypothesis of `length` tokens."""
        return log_prob / self.divisor(length)

    def bound(self, log_prob: float, shortest: int, longest: int) -> float:
        """The best score that any continuation with a length in this range can have, as log-probabilities only fall."""
        return log_prob / max(self.divisor(shortest), self.divisor(longest))

    def __str__(self) -> str:
        formulas = {"none": "1", "by length": f"length^{self.alpha:g}", "GNMT": f"((5 + length)/6)^{self.alpha:g}"}
        return f"log p / {formulas[self.kind]}" if self.kind != "none" else "log p"


NO_PENALTY = LengthPenalty()


def by_length(alpha: float) -> LengthPenalty:
    """Divide by length^α, as Hugging Face and fairseq do."""
    return LengthPenalty("by length", alpha)


def gnmt(alpha: float) -> LengthPenalty:
    """Divide by ((5 + length) / 6)^α (Wu et al., 2016)."""
    return LengthPenalty("GNMT", alpha)


Bonus = Callable[[Any], np.ndarray]
"""What a hypothesis gets beside its penalised log-probability if it finishes, by its state, shape (B,), never > 0."""


def coverage_bonus(beta: float, coverage: Callable[[Any], Any]) -> Bonus:
    """The same for beam search, `coverage(state)` being what each source position has got so far, shape (B, S).

    Errors: ValueError for a beta outside [0, 10].
    """
    check_real("beta", beta, 0.0, GREATEST_ALPHA)

    def bonus(state: Any) -> np.ndarray:
        covered = np.minimum(np.asarray(coverage(state), dtype=np.float64), 1.0)
        with np.errstate(divide="ignore"):
            return beta * np.log(covered).sum(axis=1) if beta else np.zeros(len(covered))

    return bonus


def coverage_penalty(weights: np.ndarray, beta: float) -> float:
    """β Σ_s log min(Σ_t a_ts, 1), what GNMT adds to a score (Wu et al., 2016); 0 if every source position is covered.

    `weights` are attention's, shape (T, S), rows sum to 1. A position that got no attention at all makes it −∞.
    """
    with np.errstate(divide="ignore"):
        return float(beta * np.log(np.minimum(np.asarray(weights, dtype=np.float64).sum(axis=0), 1.0)).sum())
