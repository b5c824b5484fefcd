"""The search tree while it grows: a step's candidates are appended as arrays, and put together once, at the end.

Axes: B hypotheses, n candidates of a step, M nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..recordings.search_tree import REASON_CODES, ROOT, STATUS_CODES, Reason, SearchTree, Status
from .candidates import Candidates
from .choice import Choice

LISTED = 256
"""Candidates of a step that are listed unless a search is asked for more; the others are counted."""


class Siblings(NamedTuple):
    """Nodes that are added together, arrays of shape (n,) or one number for all of them."""

    parent: np.ndarray
    step: int
    token: np.ndarray
    step_log_prob: np.ndarray
    log_prob: np.ndarray
    score: np.ndarray
    rank: np.ndarray
    reason: np.ndarray | int
    """Code of why each is pruned, unless it is marked otherwise."""
    group: int


class Growth:
    """Nodes by id, in the order in which they are added; the root is there from the beginning."""

    def __init__(self, listed: int = LISTED, follow: Sequence[int] = ()) -> None:
        self.listed = listed
        self.follow = tuple(follow)
        """A hypothesis that is listed whatever its rank."""
        self.size = 0
        self.added: list[Siblings] = []
        self.marks: list[tuple[np.ndarray, Status, Reason]] = []
        self.rests: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        """Nodes, how many children of each are not listed, and the probability of those."""
        self.left: dict[int, int] = {}
        """Node → the step at which it was pushed out."""
        one = np.ones(1, dtype=np.int64)
        self.add(Siblings(-one, 0, -one, one * 0.0, one * 0.0, one * 0.0, one, 0, 0))
        self.mark(np.array([ROOT]), Status.KEPT, Reason.CHOSEN)

    def add(self, nodes: Siblings) -> int:
        """Append nodes, pruned until marked; the id of the first."""
        first = self.size
        self.added.append(nodes)
        self.size += len(nodes.parent)
        return first

    def mark(self, nodes: np.ndarray, status: Status, reason: Reason) -> None:
        """Say what became of nodes; the last word counts."""
        if len(nodes):
            self.marks.append((nodes, status, reason))

    def step(self, found: Candidates, choice: Choice, length: int, group: int = 0) -> np.ndarray:
        """Add a step's candidates; the ids of all listed, by position, −1 of those that are only counted."""
        ids = np.full(len(found.order), -1)
        new = self._listed(found, choice, length)
        if found.rows.is_any_ended:
            stays = np.flatnonzero(found.rows.is_ended[found.parents])
            ids[stays] = found.rows.nodes[found.parents[stays]]
            new = np.setdiff1d(new, stays)
        parents, why = found.rows.nodes[found.parents[new]], _why_pruned(found, choice, new)
        steps, totals = found.at(found.step_log_probs, new), found.at(found.log_probs, new)
        scores = totals if found.scores is found.log_probs else found.at(found.scores, new)
        first = self.add(Siblings(parents, length, found.tokens[new], steps, totals, scores, new + 1, why, group))
        ids[new] = np.arange(first, self.size)
        self.mark(ids[choice.kept], Status.KEPT, Reason.CHOSEN)
        self.mark(ids[choice.ended], Status.FINISHED, Reason.ENDED)
        self.mark(ids[choice.truncated], Status.FINISHED, Reason.TRUNCATED)
        self.mark(ids[choice.dropped], Status.END_DROPPED, Reason.END_OUTSIDE)
        if len(new) < len(ids):
            self._count(found, np.flatnonzero(ids < 0))
        return ids

    def _listed(self, found: Candidates, choice: Choice, length: int) -> np.ndarray:
        """Positions to list: the best, never fewer than were taken up, and the hypothesis that is followed."""
        whole = len(found.order)
        if whole <= self.listed:
            return np.arange(whole)
        listed = np.arange(min(whole, max(self.listed, choice.taken)))
        if length > len(self.follow):
            return listed
        path = found.rows.histories[:, found.rows.histories.shape[1] - length + 1 :]
        rows = np.flatnonzero((path == self.follow[: length - 1]).all(axis=1) & ~found.rows.is_ended)
        wanted = np.flatnonzero(np.isin(found.order, rows * found.size + self.follow[length - 1]))
        return np.concatenate([listed, wanted[wanted >= len(listed)]])

    def _count(self, found: Candidates, unlisted: np.ndarray) -> None:
        rows = found.parents[unlisted]
        counts = np.bincount(rows, minlength=len(found.rows))
        masses = np.bincount(rows, weights=np.exp(found.at(found.log_probs, unlisted)), minlength=len(found.rows))
        self.rests.append((found.rows.nodes, counts, masses))

    def tree(self) -> SearchTree:
        """The tree as it is now."""
        counts = [len(nodes.parent) for nodes in self.added]
        status, reason = (
            np.full(self.size, STATUS_CODES[Status.PRUNED], np.int8),
            self._joined("reason", np.int8, counts),
        )
        for marked, fate, why in self.marks:
            status[marked], reason[marked] = STATUS_CODES[fate], REASON_CODES[why]
        left, rest_count, rest_mass = np.zeros(self.size, np.int32), np.zeros(self.size, np.int64), np.zeros(self.size)
        left[list(self.left)] = list(self.left.values())
        for parents, count, mass in self.rests:
            rest_count[parents] += count
            rest_mass[parents] += mass  # added: groups of a diverse beam share the root
        whole = {name: self._joined(name, np.int32, counts) for name in ("parent", "step", "token", "rank", "group")}
        real = {name: self._joined(name, np.float64, counts) for name in ("step_log_prob", "log_prob", "score")}
        return SearchTree(
            **whole, **real, status=status, reason=reason, left=left, rest_count=rest_count, rest_mass=rest_mass
        )

    def _joined(self, name: str, dtype: type, counts: list[int]) -> np.ndarray:
        """One column, shape (M,)."""
        parts = [getattr(nodes, name) for nodes in self.added]
        if all(isinstance(part, int) for part in parts):
            return np.repeat(np.array(parts, dtype=dtype), counts)
        arrays = [np.full(n, part) if isinstance(part, int) else part for part, n in zip(parts, counts, strict=True)]
        return np.concatenate(arrays).astype(dtype)


def _why_pruned(found: Candidates, choice: Choice, new: np.ndarray) -> np.ndarray | int:
    """Codes of why each position would be pruned, shape (n,), or one code for all."""
    others = REASON_CODES[choice.others]
    if found.count == len(found.order):
        return others
    codes = np.where(new < found.count, others, REASON_CODES[Reason.IMPOSSIBLE])
    if found.forbidden is not None:
        forbidden = found.at(found.forbidden, new)
        codes = np.where((new >= found.count) & (forbidden >= 0), forbidden, codes)
    return codes
