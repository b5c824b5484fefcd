"""Where a hypothesis repeats itself.

Axes: T tokens of a hypothesis.
"""

from __future__ import annotations

from collections.abc import Sequence


def repeated_spans(tokens: Sequence[int], size: int, before: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Longest spans of tokens made of n-grams of `size` that occurred earlier: first and last place, both included.

    What occurred in `before`, the tokens that the hypothesis goes on from, counts as earlier; places are in `tokens`.
    """
    whole, seen, spans = [*before, *tokens], set[tuple[int, ...]](), list[tuple[int, int]]()
    for first in range(len(whole) - size + 1):
        ngram = tuple(whole[first : first + size])
        start, end = max(first - len(before), 0), first + size - 1 - len(before)
        if ngram in seen and end >= 0:
            joins = spans and start <= spans[-1][1] + 1
            spans[-1:] = [(spans[-1][0], end)] if joins else [*spans[-1:], (start, end)]
        seen.add(ngram)
    return spans
