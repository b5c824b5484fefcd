"""What a decoder attended to, and what it is measured by.

Axes: T target rows (a row is the token written there, [stop] last), S source columns (its [stop] last), H units,
V target vocabulary, E examples, L source lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np

LENGTH, EXAMPLES, TOKENS_RIGHT, SEQUENCES_RIGHT = range(4)
"""Columns of `by_length`."""


@dataclass(frozen=True)
class AttentionTrace:
    """A target as a decoder wrote it, or was made to write it, of one source."""

    source: np.ndarray
    """Tokens with [stop], shape (S,), int64."""
    target: np.ndarray
    """Tokens with [stop] if it came that far, shape (T,), int64."""
    log_probs: np.ndarray
    """Of every token at each row, nats, shape (T, V), float64."""
    weights: np.ndarray | None
    """Attention, shape (T, S), float64, rows sum to 1; None without attention."""
    contexts: np.ndarray | None
    """Weighted means of the values, shape (T, H), float64; None without attention."""

    def step_log_probs(self) -> np.ndarray:
        """Of the tokens that were written, nats, shape (T,)."""
        return self.log_probs[np.arange(len(self.target)), self.target]

    def context_steps(self) -> np.ndarray:
        """‖c_t − c_{t−1}‖ of successive contexts, shape (T − 1,). Errors: ValueError without attention."""
        if self.contexts is None:
            raise ValueError("context_steps needs attention, got a model without; choose one that attends.")
        return np.linalg.norm(np.diff(self.contexts, axis=0), axis=1)


@dataclass(frozen=True)
class SourceGradient:
    """‖∂L_t/∂e_s‖: how strongly the loss of each row of a pair pulls at the embedding of each source position.

    The gradient is the sum of two, so its norm lies between their difference and their sum.
    """

    total: np.ndarray
    """By all ways, nats per unit of e, shape (T, S), float64."""
    by_attention: np.ndarray
    """Through the keys and values that rows attend to, shape (T, S), float64; 0 without attention."""
    by_state: np.ndarray
    """Through the decoder's first state, shape (T, S), float64; 0 where it starts from zeros."""

    def shares(self) -> np.ndarray:
        """Of each row's pull, the share of each position, shape (T, S); rows sum to 1, or are NaN without any."""
        sums = self.total.sum(axis=1, keepdims=True)
        return self.total / np.where(sums > 0, sums, np.nan)

    def attention_share(self) -> float:
        """Of the pull by both ways, the share that comes by attention, in [0, 1]; NaN without any."""
        looked, passed = self.by_attention.sum(), self.by_state.sum()
        return float(looked / (looked + passed)) if looked + passed > 0 else float("nan")


@dataclass(frozen=True)
class AttentionSnapshot:
    """One model of a run of kind "pairs" at one of its steps, on the run's fixed held-out examples, padded with 0."""

    sources: np.ndarray
    """Tokens with [stop], shape (E, S), int32."""
    source_lengths: np.ndarray
    """With [stop], shape (E,), int32."""
    targets: np.ndarray
    """What is right, with [stop], shape (E, T), int32."""
    target_lengths: np.ndarray
    """With [stop], shape (E,), int32."""
    answers: np.ndarray
    """What the model wrote by itself, always the likeliest next token, with [stop], shape (E, T), int32."""
    by_length: np.ndarray
    """Shape (L, 4), float32: source length without [stop], examples, share of tokens and of whole strings right in
    greedy answers; columns LENGTH, EXAMPLES, TOKENS_RIGHT, SEQUENCES_RIGHT."""
    encoder_norms: np.ndarray
    """‖∂L/∂h‖ at each source position, over the examples, shape (layers, directions, S), float32."""
    decoder_norms: np.ndarray
    """‖∂L/∂h‖ at each target row, shape (layers, 1, T), float32."""
    weights: np.ndarray | None = None
    """Attention while the right target is fed, shape (E, T, S), float32, 0 in padded columns; None without."""
    sure: np.ndarray | None = None
    """Sure links of the true alignment, shape (E, T, S), bool; None where the task knows none."""
    possible: np.ndarray | None = None
    """Possible ones, a superset, shape (E, T, S), bool."""

    def example(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Source (S,), target (T,) and weights (T, S) of one example, without padding."""
        columns, rows = int(self.source_lengths[number]), int(self.target_lengths[number])
        weights = None if self.weights is None else self.weights[number, :rows, :columns]
        return self.sources[number, :columns], self.targets[number, :rows], weights


def snapshot_records(model: str, snapshot: AttentionSnapshot) -> dict[str, np.ndarray]:
    """Its arrays under their names in a recording, "<model>/<field>"."""
    named = {f"{model}/{field.name}": getattr(snapshot, field.name) for field in fields(snapshot)}
    return {name: value for name, value in named.items() if value is not None}


def read_snapshot(read: Callable[[str], Any], names: tuple[str, ...], model: str) -> AttentionSnapshot:
    """The snapshot of a model, given what reads an array of a recording by name, and the recording's names.

    Errors: whatever `read` raises for an array that is not there.
    """
    known = {field: f"{model}/{field.name}" for field in fields(AttentionSnapshot)}
    return AttentionSnapshot(
        **{field.name: read(name) for field, name in known.items() if field.default is MISSING or name in names}
    )
