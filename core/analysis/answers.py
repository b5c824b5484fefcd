"""How right written answers are, token by token.

An answer is its tokens up to [stop], without it.
"""

from __future__ import annotations

from collections.abc import Sequence


def edit_distance(answer: Sequence, target: Sequence) -> int:
    """The fewest insertions, deletions and replacements that make the target of the answer (Levenshtein, 1966)."""
    row = list(range(len(target) + 1))
    for i, said in enumerate(answer, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(target, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (said != wanted))
    return row[-1]


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
