"""What a hypothesis may not do, whatever the model thinks of it. Probabilities are not renormalised by a rule.

Axes: B hypotheses, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..checks import check_whole
from ..recordings.search_tree import REASON_CODES, Reason

MOST = 1_000_000
ALLOWED = -1


@dataclass(frozen=True)
class Rules:
    """Errors: ValueError for a number that is not whole or below 0."""

    min_length: int = 0
    """Tokens before the end token, at least."""
    no_repeat_ngram: int = 0
    """No run of so many tokens may occur twice in start and hypothesis together; 0: any may."""
    prefix: tuple[int, ...] = ()
    """The first tokens of every hypothesis. Unlike `start` they are generated: scored, and in the tree."""

    def __post_init__(self) -> None:
        check_whole("min_length", self.min_length, 0, MOST)
        check_whole("no_repeat_ngram", self.no_repeat_ngram, 0, MOST)
        object.__setattr__(self, "prefix", tuple(int(token) for token in self.prefix))


FREE = Rules()
"""Anything is allowed."""


@dataclass(frozen=True)
class Law:
    """The rules of one search, with what else decides about a candidate."""

    rules: Rules
    eos: int | None
    max_length: int
    forces_end: bool
    """Whether only the end token is allowed at the greatest length."""

    def forbidden(self, length: int, histories: np.ndarray, size: int) -> np.ndarray | None:
        """Why each candidate is forbidden, codes of Reason, int8, shape (B, V), ALLOWED elsewhere; None if all may.

        `length` counts generated tokens with the candidate's; `histories`, shape (B, …), are tokens fed so far.
        """
        rules, is_last = self.rules, length == self.max_length
        is_early = length <= max(rules.min_length, len(rules.prefix))
        if not (rules.no_repeat_ngram or is_early or (self.forces_end and is_last)):
            return None
        codes = np.full((len(histories), size), ALLOWED, dtype=np.int8)
        if rules.no_repeat_ngram:
            _forbid_repeats(codes, histories, rules.no_repeat_ngram)
        if self.eos is not None and length <= rules.min_length:
            codes[:, self.eos] = REASON_CODES[Reason.END_TOO_EARLY]
        if length <= len(rules.prefix):
            self._forbid_all_but(codes, rules.prefix[length - 1], Reason.NOT_FORCED)
        elif self.forces_end and is_last:
            assert self.eos is not None  # checked where the law is made
            self._forbid_all_but(codes, self.eos, Reason.NOT_END)
        return codes if codes.max() > ALLOWED else None

    @staticmethod
    def _forbid_all_but(codes: np.ndarray, token: int, reason: Reason) -> None:
        allowed = codes[:, token].copy() if reason is Reason.NOT_END else ALLOWED
        codes[:] = REASON_CODES[reason]
        codes[:, token] = allowed


def _forbid_repeats(codes: np.ndarray, histories: np.ndarray, size: int) -> None:
    length = histories.shape[1]
    if length < size:
        return
    windows = np.lib.stride_tricks.sliding_window_view(histories, size, axis=1)  # (B, length − size + 1, size)
    ending = histories[:, length + 1 - size :]
    rows, places = np.nonzero((windows[..., :-1] == ending[:, None]).all(axis=-1))
    codes[rows, windows[rows, places, -1]] = REASON_CODES[Reason.REPEATED]
