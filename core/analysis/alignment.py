"""Whether attention aligns: numbers of one pair's weights, with and without a true alignment.

Axes: T target rows, S source columns. Weights have shape (T, S), without padding; each row sums to 1.

Order and error are measured on links: each row's largest weight, of equal ones the first.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np


@dataclass(frozen=True)
class AlignmentNumbers:
    """What attention looks like, in numbers; NaN where one is not defined, as without a true alignment."""

    error_rate: float
    """Alignment error rate, in [0, 1]; 0 is perfect."""
    gold_mass: float
    """Share of the weight that lies on the true alignment, in [0, 1]."""
    row_entropy: float
    """Mean over rows, in [0, 1]: 0 looks at one column, 1 at all alike."""
    column_entropy: float
    """Mean over columns, in [0, 1]: 0 is seen by one row, 1 by all alike."""
    coverage_deviation: float
    """How far columns are from being looked at once in all; 0 is exactly once."""
    monotonicity: float
    """Share of successive links that do not step back, in [0, 1]."""
    crossings: float
    """Share of all pairs of links that cross, in [0, 1]."""


FIELDS = tuple(field.name for field in fields(AlignmentNumbers))


def alignment_numbers(
    weights: np.ndarray, sure: np.ndarray | None = None, possible: np.ndarray | None = None
) -> AlignmentNumbers:
    """All numbers of one pair; all NaN if a weight is.

    Args:
        weights: Shape (T, S).
        sure: Sure links of the true alignment, shape (T, S), bool; None: not known.
        possible: Possible links, a superset; None: the sure ones.
    """
    if np.isnan(weights).any():
        return AlignmentNumbers(*[np.nan] * len(FIELDS))
    places = links(weights)
    gold = sure if possible is None else possible
    return AlignmentNumbers(
        error_rate(places, sure, gold) if sure is not None and gold is not None else np.nan,
        gold_mass(weights, gold) if gold is not None else np.nan,
        _mean(row_entropy(weights)),
        _mean(column_entropy(weights)),
        coverage_deviation(weights),
        monotonicity(places),
        crossings(places),
    )


def uniform_numbers(
    rows: int, columns: int, sure: np.ndarray | None = None, possible: np.ndarray | None = None
) -> AlignmentNumbers:
    """The numbers of attention that knows nothing: 1/S everywhere, links drawn alike (expected values, exactly).

    The baseline of Wiegreffe & Pinter (2019).
    """
    weights = np.full((rows, columns), 1 / columns)
    measured = alignment_numbers(weights, sure, possible)
    gold = sure if possible is None else possible
    return AlignmentNumbers(
        _error_rate(weights, sure, gold) if sure is not None and gold is not None else np.nan,
        measured.gold_mass,
        measured.row_entropy,
        measured.column_entropy,
        measured.coverage_deviation,
        (columns + 1) / (2 * columns) if rows > 1 else np.nan,
        (columns - 1) / (2 * columns) if rows > 1 else np.nan,
    )


def mean_numbers(numbers: list[AlignmentNumbers]) -> AlignmentNumbers:
    """The mean of each number over several pairs, of those where it is defined."""
    table = np.array([astuple(one) for one in numbers], float).reshape(-1, len(FIELDS))
    return AlignmentNumbers(*map(_mean, table.T))


def links(weights: np.ndarray) -> np.ndarray:
    """The column of each row's largest weight, shape (T,)."""
    return np.argmax(weights, axis=1)


def error_rate(places: np.ndarray, sure: np.ndarray, possible: np.ndarray) -> float:
    """1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|), with the links A of the rows whose origin is known (Och & Ney, 2003).

    Args:
        places: The linked column of each row, shape (T,).
        sure: S, shape (T, S), bool.
        possible: P, shape (T, S), bool; a superset of S.
    """
    return _error_rate(np.eye(sure.shape[1])[places], sure, possible)


def _error_rate(linked: np.ndarray, sure: np.ndarray, possible: np.ndarray) -> float:
    """The error rate of links that are there with the probabilities `linked`, shape (T, S), rows that sum to 1."""
    count = possible.any(axis=1).sum() + sure.sum()
    return float(1 - ((linked * sure).sum() + (linked * possible).sum()) / count) if count else np.nan


def gold_mass(weights: np.ndarray, possible: np.ndarray) -> float:
    """Mean over the rows whose origin is known of their weight on possible links; NaN if there is no such row."""
    on_links = np.where(possible, weights, 0).sum(axis=1)
    return _mean(on_links[possible.any(axis=1)])


def row_entropy(weights: np.ndarray) -> np.ndarray:
    """−Σ_s w ln w / ln S of each row, shape (T,), in [0, 1]; 0 for a source of one column.

    Unnormalised and negated it is the absent-mindedness "AP out" of Rikters & Fishel (2017).
    """
    columns = weights.shape[1]
    entropy = -np.where(weights == 0, 0, weights * np.log(np.where(weights == 0, 1, weights))).sum(axis=1)
    return entropy / np.log(columns) if columns > 1 else entropy


def column_entropy(weights: np.ndarray) -> np.ndarray:
    """The entropy over rows of each column's weights, scaled to sum to 1, shape (S,), in [0, 1]; NaN where they are 0.

    Unnormalised and negated it is "AP in" of Rikters & Fishel (2017).
    """
    totals = weights.sum(axis=0)
    return row_entropy((weights / np.where(totals == 0, np.nan, totals)).T)


def coverage(weights: np.ndarray) -> np.ndarray:
    """Σ_t w: how often each source position was looked at in all, shape (S,); 1 is once."""
    return weights.sum(axis=0)


def coverage_deviation(weights: np.ndarray) -> float:
    """(1/S) Σ_s ln(1 + (1 − coverage_s)²), ≥ 0 (Rikters & Fishel, 2017)."""
    return float(np.log1p((1 - coverage(weights)) ** 2).mean())


def monotonicity(places: np.ndarray) -> float:
    """Share of successive links that stay or go on, in [0, 1]; NaN for fewer than two."""
    return _mean(np.diff(places) >= 0)


def crossings(places: np.ndarray) -> float:
    """Share of the T (T − 1) / 2 pairs of links that cross, s < s' where t > t', in [0, 1]; NaN for fewer than two."""
    earlier, later = np.triu_indices(len(places), 1)
    return _mean(places[earlier] > places[later])


def _mean(values: np.ndarray) -> float:
    """The mean of what is not NaN; NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
