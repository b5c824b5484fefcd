"""Orders of units that put what belongs together side by side; each function returns units, shape (H,), int64.

Axes: T timesteps, H hidden units.
"""

from __future__ import annotations

import numpy as np

from .saturation import Saturation


def by_mean(values: np.ndarray) -> np.ndarray:
    """From the highest mean to the lowest; values of shape (T, H)."""
    return np.argsort(-_units(values).mean(axis=0), kind="stable")


def by_saturation(saturation: Saturation, layer: int = 0, direction: int = 0) -> np.ndarray:
    """From the most often saturated on the left to the most often saturated on the right."""
    balance = saturation.right[layer, direction] - saturation.left[layer, direction]
    return np.argsort(balance, kind="stable")


def by_likeness(values: np.ndarray) -> np.ndarray:
    """Clusters side by side: the leaves of average-linkage clustering by 1 − correlation (Sokal & Michener, 1958).

    A unit that never changes is as far from all others as one without correlation. Values of shape (T, H).
    """
    distance = 1 - _correlation(_units(values))
    np.fill_diagonal(distance, np.inf)
    clusters = [[unit] for unit in range(len(distance))]
    for _ in range(len(clusters) - 1):
        kept, gone = sorted(divmod(int(np.argmin(distance)), len(distance)))
        _merge(distance, kept, gone, len(clusters[kept]), len(clusters[gone]))
        clusters[kept], clusters[gone] = clusters[kept] + clusters[gone], []
    return np.array(next(cluster for cluster in clusters if cluster), dtype=np.int64)


def _merge(distance: np.ndarray, kept: int, gone: int, size_kept: int, size_gone: int) -> None:
    """Put the mean distance of two clusters to all others in the place of the first, in place."""
    mean = (size_kept * distance[kept] + size_gone * distance[gone]) / (size_kept + size_gone)
    distance[kept] = distance[:, kept] = mean
    distance[gone] = distance[:, gone] = np.inf
    distance[kept, kept] = np.inf


def _correlation(values: np.ndarray) -> np.ndarray:
    """Pearson's, shape (H, H); 0 where a unit never changes."""
    centred = values - values.mean(axis=0)
    scale = np.linalg.norm(centred, axis=0)
    unit = centred / np.where(scale > 0, scale, 1)
    return unit.T @ unit


def _units(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"an order of units needs values of shape (T, H), got {values.shape}; pick one example first.")
    return values
