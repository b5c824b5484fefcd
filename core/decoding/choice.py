"""Which candidates of a step go on, and which are finished: the three things that a finished hypothesis may do.

Axes: k beam size. Positions count candidates from the best, 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..recordings.search_tree import Reason
from .candidates import Candidates


def _none() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Choice:
    """Positions of candidates."""

    kept: np.ndarray = field(default_factory=_none)
    """Alive at the next step."""
    ended: np.ndarray = field(default_factory=_none)
    """Finished by the end token."""
    truncated: np.ndarray = field(default_factory=_none)
    """Finished by the greatest length alone."""
    dropped: np.ndarray = field(default_factory=_none)
    """End tokens taken up, yet below the best k."""
    others: Reason = Reason.OUTRANKED
    """Why every other candidate that was allowed is pruned."""

    @cached_property
    def finished(self) -> np.ndarray:
        """Finished one way or the other, best first."""
        if not len(self.truncated):
            return self.ended
        return np.sort(np.concatenate([self.ended, self.truncated]))

    @property
    def taken(self) -> int:
        """Candidates from the best down to the last one that was not simply pruned."""
        lasts = [part[-1] for part in (self.kept, self.finished, self.dropped) if len(part)]
        return int(max(lasts, default=-1)) + 1


def refilled(candidates: Candidates, size: int, is_last: bool) -> Choice:
    """An end token among the best k leaves; the k best others of the best 2k go on, so the width never shrinks."""
    top = min(2 * size, candidates.count)
    ends = candidates.ends(top)
    if is_last:
        return _all_finished(ends[:size])
    among = np.flatnonzero(ends)
    return Choice(np.flatnonzero(~ends)[:size], among[among < size], dropped=among[among >= size])


def best(candidates: Candidates, size: int, is_last: bool) -> Choice:
    """The best k of everything; an end token among them is finished, and takes a place of the k."""
    ends = candidates.ends(min(size, candidates.count))
    return _all_finished(ends) if is_last else Choice(np.flatnonzero(~ends), np.flatnonzero(ends))


def _all_finished(ends: np.ndarray) -> Choice:
    return Choice(ended=np.flatnonzero(ends), truncated=np.flatnonzero(~ends))
