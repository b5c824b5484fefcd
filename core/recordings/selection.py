"""Which rows are meant: positions in a recording's array of steps. All arrays int64, shape (rows,)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .errors import RecordingError

LARGEST = 2**63 - 1


def count_until(steps: np.ndarray, step: int) -> int:
    """How many steps are at or before `step`, which may be any integer."""
    return int(np.searchsorted(steps, max(-1, min(step, LARGEST)), side="right"))


def multiples_after(steps: np.ndarray, after: int, stride: int) -> np.ndarray:
    """Positions of the steps > `after` that are multiples of `stride`. Errors: RecordingError for a stride below 1."""
    if stride < 1:
        raise RecordingError(f"A stride is at least 1, got {stride}; use 1 for every row.")
    start = count_until(steps, after)
    if stride == 1:
        return np.arange(start, len(steps))
    return start + np.flatnonzero(steps[start:] % min(stride, LARGEST) == 0)


def evenly_spaced(positions: np.ndarray, most: int | None) -> np.ndarray:
    """At most so many of the positions, the last always among them. Errors: RecordingError for fewer than 1."""
    if most is not None and most < 1:
        raise RecordingError(f"At least 1 row can be asked for, got most={most}; use None for all.")
    if most is None or len(positions) <= most:
        return positions
    # From the back, so that one row alone is the newest.
    chosen = np.linspace(len(positions) - 1, 0, most).round().astype(np.int64)
    return positions[np.unique(chosen)]


def by_message(first_rows: np.ndarray, positions: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each message that holds some of the positions, and their positions in it; messages begin at `first_rows`."""
    messages = np.searchsorted(first_rows, positions, side="right") - 1
    starts = np.flatnonzero(np.diff(messages, prepend=-1))
    for start, end in zip(starts, np.append(starts[1:], len(positions)), strict=False):
        message = int(messages[start])
        yield message, positions[start:end] - first_rows[message]
