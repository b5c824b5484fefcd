"""The model as a search sees it: a step that is called, counted, and not believed.

Axes: B hypotheses, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..checks import check_whole, quote
from .rules import MOST, Law, Rules
from .semantics import Horizon

Step = Callable[[Any, Tensor], tuple[Any, Any]]
"""step(state, tokens (B,) int64) -> log-probabilities (B, V) of the next token in nats, new state.

Log-probabilities: a tensor or an array. Everything in a state leads with the hypothesis axis.
"""
TOLERANCE = 1e-3
"""A row's probabilities may add up to 1 ± this, as float32 and less do; they are then normalised in float64."""


class Scorer:
    """Calls the step, checks what it answers, and counts.

    Errors: ValueError for an empty `start`, an impossible length or end token, and rows that are no distribution.
    """

    def __init__(
        self,
        step: Step,
        start: int | Sequence[int],
        eos: int | None,
        max_length: int,
        rules: Rules,
        horizon: Horizon = Horizon.TRUNCATE,
    ) -> None:
        check_whole("max_length", max_length, 1, MOST)
        self.step, self.eos, self.max_length = step, eos, max_length
        self.start = _start(start)
        self.law = Law(rules, eos, max_length, horizon is Horizon.FORCE_END)
        _check_law(self.law)
        self.size: int | None = None
        """V, once the model has answered."""
        self.calls = 0
        self.rows = 0

    def begin(self, state: Any) -> Any:
        """The state of one hypothesis after all of `start` but its last token, the first that a search feeds."""
        for token in self.start[:-1]:
            _, state = self._call(state, np.array([token]))
        return state

    def __call__(self, state: Any, tokens: np.ndarray) -> tuple[np.ndarray, Any]:
        """Log-probabilities after feeding `tokens`, float64, shape (B, V), each row normalised; and the new state."""
        raw, state = self._call(state, tokens)
        log_probs = _normalised(raw, len(tokens))
        if self.size is None:
            self.size = log_probs.shape[1]
            self._check_tokens(self.size)
        if log_probs.shape[1] != self.size:
            raise ValueError(
                f"step must answer as many tokens each time, got {log_probs.shape[1]} after {self.size}; "
                "return one row over the whole vocabulary per token fed."
            )
        return log_probs, state

    def _call(self, state: Any, tokens: np.ndarray) -> tuple[Any, Any]:
        self.calls += 1
        self.rows += len(tokens)
        with torch.no_grad():
            return self.step(state, torch.from_numpy(np.ascontiguousarray(tokens, dtype=np.int64)))

    def _check_tokens(self, size: int) -> None:
        named = [("eos", self.eos), *(("prefix", token) for token in self.law.rules.prefix)]
        for name, token in named:
            if token is not None and not 0 <= token < size:
                raise ValueError(f"{name} must be a token in 0…{size - 1}, got {token}; the model knows no other.")


def _start(start: int | Sequence[int]) -> tuple[int, ...]:
    tokens = (start,) if isinstance(start, int | np.integer) else tuple(start)
    if not tokens:
        raise ValueError("start must hold at least one token, got none; give the model's start token.")
    for token in tokens:
        check_whole("start", int(token), 0, 2**31)
    return tuple(int(token) for token in tokens)


def _check_law(law: Law) -> None:
    rules = law.rules
    if law.eos is None and law.forces_end:
        raise ValueError(
            "a search that forces the end at the greatest length needs an end token, got eos None; "
            "name one or let the horizon truncate."
        )
    if law.eos is not None:
        check_whole("eos", law.eos, 0, 2**31)
    if len(rules.prefix) > law.max_length:
        raise ValueError(
            f"prefix must fit in max_length = {law.max_length}, got {len(rules.prefix)} tokens; "
            "shorten it or raise max_length."
        )
    if law.eos in rules.prefix[:-1]:
        raise ValueError(f"nothing follows the end token {law.eos}, got prefix {quote(rules.prefix)}; cut it there.")
    if rules.min_length >= law.max_length and law.forces_end:
        raise ValueError(
            f"min_length must be below max_length = {law.max_length} where the end is forced, got {rules.min_length}; "
            "lower it."
        )


def _normalised(raw: Any, rows: int) -> np.ndarray:
    values = raw.detach().double().cpu().numpy() if isinstance(raw, Tensor) else np.asarray(raw, dtype=np.float64)
    if values.ndim != 2 or len(values) != rows or not values.size:
        raise ValueError(
            f"step must answer log-probabilities of shape ({rows}, V), got {values.shape}; one row per token fed."
        )
    with np.errstate(over="ignore"):
        totals = np.exp(values).sum(axis=1)
    if not np.abs(totals - 1).max() <= TOLERANCE:  # so written, NaN is refused too
        row = int(np.flatnonzero(~(np.abs(totals - 1) <= TOLERANCE))[0])
        raise ValueError(
            f"the probabilities of each row must add up to 1, got {totals[row]:.6g} in row {row}; "
            "return logits.log_softmax(-1), and look for NaN in the model."
        )
    return values - np.log(totals)[:, None]
