"""A step without a model: a table that gives the distribution after each beginning.

Axes: B hypotheses, R rows of the table, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from .scorer import Step

Tokens = tuple[int, ...]
TOLERANCE = 1e-9


def table_step(
    table: Mapping[Tokens, Sequence[float]], otherwise: Mapping[int, Sequence[float]]
) -> tuple[Step, np.ndarray]:
    """A step that looks up probabilities, and the state of one hypothesis that has read nothing.

    `table` maps generated tokens to the distribution of the next one, V probabilities; `otherwise` maps a length to the
    distribution after any other beginning that is as long, or longer up to the next length given. The state is the row
    that a hypothesis stands on, int64, shape (B,).

    Errors: ValueError for rows of different widths, negative numbers, or a sum that is not 1.
    """
    rows = _rows(table, otherwise)
    places = {name: place for place, name in enumerate(rows)}
    values = _checked(list(rows.values()))
    with np.errstate(divide="ignore"):
        log_probs = np.log(values)
    after = np.array([[_place(places, name, token) for token in range(values.shape[1])] for name in rows])
    before = len(rows)  # the state of nothing read: whatever is fed first leads to the empty beginning
    after = np.concatenate([after, np.full((1, values.shape[1]), places[()])])

    def step(state: np.ndarray, tokens: Tensor) -> tuple[np.ndarray, np.ndarray]:
        reached = np.where(state == before, places[()], after[state, np.minimum(tokens.numpy(), values.shape[1] - 1)])
        return log_probs[reached], reached

    return step, np.array([before])


def _rows(
    table: Mapping[Tokens, Sequence[float]], otherwise: Mapping[int, Sequence[float]]
) -> dict[Tokens | int, Sequence[float]]:
    """Rows by what leads to them: tokens, or the length of beginnings that the table does not name."""
    longest = max([*otherwise, *(len(tokens) + 1 for tokens in table)])
    spares = {length: otherwise[_nearest(otherwise, length)] for length in range(longest + 1)}
    beginnings = {tokens[:length] for tokens in [*table, ()] for length in range(len(tokens) + 1)}
    rows: dict[Tokens | int, Sequence[float]] = {
        tokens: table.get(tokens, spares[len(tokens)]) for tokens in sorted(beginnings)
    }
    for length, spare in spares.items():
        rows[length] = spare
    return rows


def _nearest(otherwise: Mapping[int, Sequence[float]], length: int) -> int:
    """The greatest length given that is not above `length`; the least one if all are."""
    return max((given for given in otherwise if given <= length), default=min(otherwise))


def _place(places: Mapping[Tokens | int, int], name: Tokens | int, token: int) -> int:
    """The row that follows a row and a token."""
    if isinstance(name, int):
        return places.get(name + 1, places[name])
    return places.get((*name, token), places[len(name) + 1])


def _checked(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Rows as an array, float64, shape (R, V)."""
    for row in rows:
        is_distribution = len(row) == len(rows[0]) and min(row) >= 0 and abs(sum(row) - 1) <= TOLERANCE
        if not is_distribution:
            raise ValueError(
                f"each row of a table holds {len(rows[0])} probabilities that add up to 1, got {tuple(row)}; "
                "correct it."
            )
    return np.array(rows, dtype=np.float64)
