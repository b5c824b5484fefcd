"""What a search comes to, beside its tree: its account, what other searches make of the same question, what may follow.

Axes: L steps of a search, V vocabulary, n hypotheses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .search import Hypothesis
from .search_account import SearchError


@dataclass(frozen=True, eq=False)
class Account:
    """One search, accounted for."""

    method: str
    stopped: str
    calls: int
    rows: int
    symbols: tuple[str, ...]
    """How each token is printed."""
    hypotheses: tuple[Hypothesis, ...]
    """As the search ranks them, best first."""
    mass: np.ndarray
    """Kept, finished, pruned after each step, shape (L, 3)."""
    stopping: np.ndarray
    """As of `Search`, shape (L, 2)."""
    candidates: np.ndarray
    """Looked at in each step, shape (L,)."""
    best: Hypothesis | None
    """The best there is; None where that is not known, or there is none."""
    why_unknown: str
    """Why the best is not known; empty if it is."""
    error: SearchError | None
    """The search against the best; None without one."""
    repeats: tuple[tuple[tuple[int, int], ...], ...]
    """Of each hypothesis, the spans that repeat something: first and last token, both included."""
    read: str = ""
    """The source that an encoder read; empty where there is none."""


@dataclass(frozen=True)
class Outcome:
    """The answer of one of several searches, and what it cost."""

    label: str
    answer: Hypothesis | None
    """Its best, scored by the length penalty alone; None: it found none, or could not run."""
    calls: int
    rows: int
    """Hypotheses fed."""
    seconds: float
    refused: str = ""
    """Why it could not run."""


@dataclass(frozen=True, eq=False)
class NextTokens:
    """What may follow a hypothesis."""

    symbols: tuple[str, ...]
    tokens: tuple[int, ...]
    """Of the hypothesis, generated."""
    log_probs: np.ndarray
    """As the model says, nats, shape (V,)."""
    drawn_from: np.ndarray
    """Probabilities after temperature, top-k and top-p, shape (V,)."""
    is_cut: np.ndarray
    """What top-k or top-p leave out, bool, shape (V,)."""
