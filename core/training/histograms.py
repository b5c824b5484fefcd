"""How the weights of each block, and their gradients, are spread.

Axes: P parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..models.blocks import Block
from ..recordings.anatomy import BlockHistograms

BINS = 40


def block_histograms(blocks: Sequence[Block], parameters: np.ndarray, gradients: np.ndarray) -> BlockHistograms:
    """Histograms of a flattened vector of parameters and of its gradients, both of shape (P,), block by block."""
    slices = [slice(block.start, block.stop) for block in blocks]
    weights = [_histogram(parameters[part]) for part in slices]
    magnitudes = np.abs(gradients.astype(np.float64))
    edges = _decades(magnitudes)
    return BlockHistograms(
        blocks=tuple(block.name for block in blocks),
        edges=np.stack([ends for _, ends in weights]),
        counts=np.stack([counts for counts, _ in weights]),
        gradient_edges=edges,
        gradient_counts=np.stack([np.histogram(_logs(magnitudes[part]), edges)[0] for part in slices]),
        zeros=np.array([(magnitudes[part] == 0).sum() for part in slices]),
        not_finite=np.array([(~np.isfinite(magnitudes[part])).sum() for part in slices]),
    )


def _histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges of the finite values, from the least to the greatest; around it if they are all one value."""
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    margin = max(1.0, abs(low)) / 2 if low == high else 0.0
    return np.histogram(finite, BINS, (low - margin, high + margin))


def _logs(magnitudes: np.ndarray) -> np.ndarray:
    """log₁₀ of those that have one."""
    return np.log10(magnitudes[np.isfinite(magnitudes) & (magnitudes > 0)])


def _decades(magnitudes: np.ndarray) -> np.ndarray:
    """Edges over whole decades that hold every finite magnitude above zero; one decade where there is none."""
    logs = _logs(magnitudes)
    low, high = (np.floor(logs.min()), np.ceil(logs.max())) if len(logs) else (-1.0, 0.0)
    return np.linspace(low, max(high, low + 1), BINS + 1)
