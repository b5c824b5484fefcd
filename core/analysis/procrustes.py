"""Procrustes: turn one cloud of points onto another of the same points, so that only what moved is seen to move.

Axes: F frames, V points, K coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rotation_onto(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation or reflection R, shape (K, K), for which ‖points R − target‖ is least (Schönemann, 1966).

    Args:
        points: Shape (V, K).
        target: The same points where they should be, shape (V, K).

    Errors: ValueError for clouds of different shape.
    """
    if points.shape != target.shape or points.ndim != 2:
        raise ValueError(f"points need the target's shape {target.shape}, got {points.shape}; give the same points.")
    left, _, right = np.linalg.svd(points.T @ target)  # (K, V) x (V, K) -> (K, K)
    return left @ right


def aligned(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Each frame (V, K) turned onto the one before it, the first as it is.

    Distances within a frame stay; nothing is scaled or moved.
    """
    turned: list[np.ndarray] = []
    for frame in frames:
        turned.append(frame @ rotation_onto(frame, turned[-1]) if turned else frame)
    return turned
