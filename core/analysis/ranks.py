"""Ranks, and the two figures that follow from them: AUC for a yes or no, Spearman's ρ for a number.

Axes: T places in a text, K series ranked, P properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def centred_ranks(series: np.ndarray) -> np.ndarray:
    """Ranks of each row less their mean, equal values sharing theirs; shape (K, T) in and out, float64.

    A row that holds a NaN has no ranks: all are NaN.
    """
    length = series.shape[1]
    steps = np.arange(length) - (length - 1) / 2
    ranks = np.empty(series.shape, dtype=np.float64)
    for row, places, out in zip(series, np.argsort(series, axis=1), ranks, strict=True):
        ordered = row[places]
        is_new = ordered[1:] != ordered[:-1]
        out[places] = steps if is_new.all() else _shared(steps, is_new)
    ranks[np.isnan(series).any(axis=1)] = np.nan
    return ranks


def _shared(steps: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """Ranks in ascending order, each group of equal values with its mean."""
    tied = np.flatnonzero(~is_new)  # places whose next value is the same
    breaks = np.flatnonzero(np.diff(tied) > 1)
    firsts = tied[np.concatenate([[0], breaks + 1])]
    lasts = tied[np.concatenate([breaks, [-1]])] + 1
    sizes = lasts - firsts + 1
    before = np.cumsum(sizes) - sizes
    places = np.repeat(firsts - before, sizes) + np.arange(sizes.sum())
    shared = steps.copy()
    shared[places] = np.repeat((steps[firsts] + steps[lasts]) / 2, sizes)
    return shared


@dataclass(frozen=True)
class Targets:
    """Properties made ready to be told by many series."""

    weights: np.ndarray
    """By which centred ranks are summed, shape (T, P); NaN where a property never changes."""
    is_yes_or_no: np.ndarray
    """Shape (P,), bool: the figure is the AUC, else Spearman's ρ."""

    @classmethod
    def of(cls, properties: Sequence[np.ndarray]) -> Targets:
        """From P arrays of shape (T,): bool for a yes or no, else numbers."""
        is_yes_or_no = np.array([values.dtype == bool for values in properties])
        return cls(np.stack([_weights(values) for values in properties], axis=1), is_yes_or_no)

    @property
    def chance(self) -> np.ndarray:
        """What a series that knows nothing gets, shape (P,): an AUC of 0.5, a correlation of 0."""
        return np.where(self.is_yes_or_no, 0.5, 0.0)


def _weights(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0: it never changes
        if values.dtype == bool:
            yes = int(values.sum())
            return values / np.float64(yes * (len(values) - yes))
        ranks = centred_ranks(values[None])[0]
        return ranks / np.linalg.norm(ranks)


def figures(series: np.ndarray, targets: Targets) -> np.ndarray:
    """How well each series tells each property, shape (P, K), for series of shape (K, T).

    A yes or no gets the area under the ROC curve, U/(n₊n₋) (Mann & Whitney, 1947), in [0, 1]: with ranks less their
    mean it is ½ + Σ₊ rank/(n₊n₋). A number gets Spearman's ρ, in [−1, 1]. NaN where the property never changes; for ρ
    also where the series does not.
    """
    ranks = centred_ranks(series)
    with np.errstate(invalid="ignore"):  # NaN stays in its row; 0/0: the series never changes
        sums = targets.weights.T @ ranks.T  # (P, T) x (T, K)
        correlations = sums / np.sqrt(np.einsum("kt,kt->k", ranks, ranks))
    return np.where(targets.is_yes_or_no[:, None], 0.5 + sums, correlations)
