"""Brush a span of text, and find the other spans where the same units are on (LSTMVis: Strobelt et al., 2018).

Axes: T characters, H hidden units, U units of the brushed span.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Match:
    """A span in which the brushed units are on."""

    first: int
    last: int
    """Characters, both included."""
    shared: int
    """How many of the brushed units are on throughout it, and off just before and just after."""
    likeness: float
    """Its own such units against the brushed ones, as shared / all of either (Jaccard), in [0, 1]."""


def brushed_units(values: np.ndarray, first: int, last: int, threshold: float) -> np.ndarray:
    """Units that are on at every character of a span and off just before and just after it, shape (U,), ascending.

    On is at or above the threshold. At the text's two ends there is no neighbour that would have to be off.

    Args:
        values: One state of every unit, shape (T, H).
        first: First character of the span.
        last: Its last character, included.
        threshold: In the unit of the values.

    Errors: ValueError unless 0 ≤ first ≤ last < T.
    """
    if values.ndim != 2 or not 0 <= first <= last < len(values):
        raise ValueError(
            f"a span needs 0 ≤ first ≤ last < T in values of shape (T, H), got {first} to {last} in {values.shape}; "
            "brush within the text."
        )
    on = (values[first : last + 1] >= threshold).all(axis=0)
    for neighbour in (first - 1, last + 1):
        if 0 <= neighbour < len(values):
            on &= ~(values[neighbour] >= threshold)
    return np.flatnonzero(on)


def matches(values: np.ndarray, first: int, last: int, threshold: float, least: float = 1.0) -> list[Match]:
    """Other spans where the brushed units are on, best first: by likeness, then by how near their length is.

    A candidate is the longest run of characters at which at least the share `least` of the brushed units is on; it does
    not overlap the brushed span.

    Args:
        values: One state of every unit, shape (T, H).
        first: First character of the brushed span.
        last: Its last character, included.
        threshold: On is at or above it.
        least: In (0, 1].

    Returns:
        None of them if no unit is on just over the brushed span.

    Errors: ValueError as `brushed_units`, and unless 0 < least ≤ 1.
    """
    if not 0 < least <= 1:
        raise ValueError(f"least is a share in (0, 1], got {least}; 1 asks for all units at once.")
    units = brushed_units(values, first, last, threshold)
    if not len(units):
        return []
    together = (values[:, units] >= threshold).sum(axis=1) >= np.ceil(least * len(units))
    found = [
        _match(values, units, start, stop - 1, threshold)
        for start, stop in _runs(together)
        if stop <= first or start > last
    ]
    length = last - first
    return sorted(found, key=lambda match: (-match.likeness, abs(match.last - match.first - length), match.first))


def _runs(flags: np.ndarray) -> np.ndarray:
    """Start and stop of every run of True, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2)


def _match(values: np.ndarray, units: np.ndarray, first: int, last: int, threshold: float) -> Match:
    theirs = brushed_units(values, first, last, threshold)
    shared = len(np.intersect1d(units, theirs, assume_unique=True))
    return Match(int(first), int(last), shared, shared / (len(units) + len(theirs) - shared))
