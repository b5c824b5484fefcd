"""Principal components: the plane in which points are spread most, and how much of their spread lies in it.

Axes: V points, E coordinates, K components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Principal:
    """Points in their principal components."""

    coordinates: np.ndarray
    """Centred, shape (V, K); along each axis its largest entry is positive."""
    shares: np.ndarray
    """Of the variance, by component, descending, in [0, 1], shape (K,); NaN where all points are one."""


def principal_components(points: np.ndarray, count: int = 2) -> Principal:
    """The first components of points (V, E), eigenvectors of their covariance (Hotelling, 1933).

    Errors: ValueError for points that are not finite, or have fewer than `count` coordinates.
    """
    points = np.asarray(points, float)
    if points.ndim != 2 or min(points.shape) < 1 or points.shape[1] < count:
        raise ValueError(f"{count} components need points of as many coordinates, got shape {points.shape}; give more.")
    if not np.isfinite(points).all():
        raise ValueError("components need finite points, got NaN or Inf; take an earlier training step.")
    centred = points - points.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred)  # ascending; an E x E matrix, as V is often thousands
    coordinates = centred @ axes[:, : -count - 1 : -1]  # (V, E) x (E, K) -> (V, K)
    largest = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(count)]
    spread = np.maximum(values, 0)
    shares = spread[: -count - 1 : -1] / spread.sum() if spread.sum() > 0 else np.full(count, np.nan)
    return Principal(coordinates * np.where(largest < 0, -1.0, 1.0), shares)
