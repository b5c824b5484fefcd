"""How right written answers are, token by token.

An answer is its tokens up to [stop], without it.

Axes: N pairs, A tokens of an answer, T tokens of a target.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def edit_distance(answer: Sequence, target: Sequence) -> int:
    """The fewest insertions, deletions and replacements that make the target of the answer (Levenshtein, 1966)."""
    row = list(range(len(target) + 1))
    for i, said in enumerate(answer, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(target, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (said != wanted))
    return row[-1]


def edit_distances(answers: np.ndarray, spans: np.ndarray, targets: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The `edit_distance` of each of many pairs at once, shape (N,).

    Args:
        answers: Shape (N, A), padded with anything.
        spans: Of each answer its tokens, shape (N,).
        targets: Shape (N, T), padded with anything.
        lengths: Of each target its tokens, shape (N,).
    """
    columns = np.arange(targets.shape[1] + 1)
    table = np.tile(columns, (len(targets), 1))
    for row in range(answers.shape[1]):
        replaced = table[:, :-1] + (answers[:, row, None] != targets)
        best = np.minimum(table + 1, np.pad(replaced, ((0, 0), (1, 0)), constant_values=row + 1))
        grown = np.minimum.accumulate(best - columns, axis=1) + columns  # insertions, from left to right
        table = np.where((row < spans)[:, None], grown, table)
    return table[np.arange(len(targets)), lengths]


def sequence_accuracy(answers: Sequence[Sequence], targets: Sequence[Sequence]) -> float:
    """Share of the answers that are their targets from end to end, in [0, 1]."""
    return sum(list(a) == list(t) for a, t in zip(answers, targets, strict=True)) / len(targets)


def token_accuracy(answers: Sequence[Sequence], targets: Sequence[Sequence]) -> float:
    """Share of the targets' tokens that stand at their places in the answers, in [0, 1].

    Errors: ValueError if all targets are empty.
    """
    count = sum(map(len, targets))
    if not count:
        raise ValueError("token_accuracy needs targets with tokens, got empty ones only; give some.")
    right = sum(
        said == wanted for a, t in zip(answers, targets, strict=True) for said, wanted in zip(a, t, strict=False)
    )
    return right / count


def edit_rate(answers: Sequence[Sequence], targets: Sequence[Sequence]) -> float:
    """Edit distances in all by target tokens in all, ≥ 0. Errors: ValueError if all targets are empty."""
    count = sum(map(len, targets))
    if not count:
        raise ValueError("edit_rate needs targets with tokens, got empty ones only; give some.")
    return sum(edit_distance(a, t) for a, t in zip(answers, targets, strict=True)) / count
