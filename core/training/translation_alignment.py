"""Whether the attention of a run on pairs aligns: numbers over all measured pairs, and what knowing nothing gives.

Axes: N measured pairs, T target rows, S source positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np

from ..analysis.alignment import AlignmentNumbers, alignment_numbers, mean_numbers, uniform_numbers
from ..tasks.pairs import PairBatch

Links = tuple[np.ndarray, np.ndarray]
"""Sure and possible links, each of shape (N, T, S), bool."""


def alignment_scalars(weights: np.ndarray, batch: PairBatch, links: Links | None) -> dict[str, float]:
    """Each of alignment.FIELDS that is defined, over all pairs, given attention (N, T, S).

    Mass on the true links is the mean over all rows whose origin is known, the others are means over pairs.
    """
    pairs = [
        alignment_numbers(weights[place, :rows, :columns].astype(float), *known)
        for place, rows, columns, *known in _pairs(batch, links)
    ]
    return _defined(mean_numbers(pairs), weights, links)


def uniform_scalars(batch: PairBatch, links: Links | None) -> dict[str, float]:
    """The same of attention that knows nothing: 1/S everywhere."""
    pairs = [uniform_numbers(rows, columns, *known) for _, rows, columns, *known in _pairs(batch, links)]
    shape = len(batch.source), batch.target_out.shape[1], batch.source.shape[1]
    weights = np.broadcast_to(1 / batch.source_lengths.numpy()[:, None, None], shape)
    return _defined(mean_numbers(pairs), weights, links)


def mass_on_links(weights: np.ndarray, possible: np.ndarray) -> float:
    """Mean weight on possible links, over all rows whose origin is known; NaN if there is none."""
    known = possible.any(axis=2)
    return float(np.where(possible, weights, 0).sum(axis=2)[known].mean()) if known.any() else np.nan


def _pairs(batch: PairBatch, links: Links | None) -> Iterator[tuple]:
    """Place, T and S of each pair, and its sure and possible links, both None where they are not known."""
    sizes = zip(batch.target_lengths.tolist(), batch.source_lengths.tolist(), strict=True)
    for place, (rows, columns) in enumerate(sizes):
        if links is None or not links[1][place].any():
            yield place, rows, columns, None, None
        else:
            yield place, rows, columns, *(one[place, :rows, :columns] for one in links)


def _defined(numbers: AlignmentNumbers, weights: np.ndarray, links: Links | None) -> dict[str, float]:
    if links is not None:
        numbers = replace(numbers, gold_mass=mass_on_links(weights, links[1]))
    return {name: value for name, value in asdict(numbers).items() if not np.isnan(value)}
