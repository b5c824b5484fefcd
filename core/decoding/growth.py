"""The search tree while it grows: a step's candidates are appended as arrays, and only the best of them one by one.

Axes: B hypotheses, n candidates of a step, M nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..recordings.search_tree import REASON_CODES, STATUS_CODES, Reason, SearchTree, Status
from .candidates import Candidates, Rows
from .choice import Choice

TYPES = {
    "parent": np.int32, "step": np.int32, "token": np.int32, "step_log_prob": np.float64, "log_prob": np.float64,
    "score": np.float64, "rank": np.int32, "status": np.int8, "reason": np.int8, "group": np.int16,
}  # fmt: skip
LISTED = 256
"""Candidates of a step that are listed unless a search is asked for more; the others are counted."""


class Growth:
    """Nodes by id, in the order in which they are added; the root is there from the beginning."""

    def __init__(self, listed: int = LISTED, follow: Sequence[int] = ()) -> None:
        self.listed = listed
        self.follow = tuple(follow)
        """A hypothesis that is listed whatever its rank."""
        self.size = 0
        self.columns: dict[str, list[np.ndarray]] = {name: [] for name in TYPES}
        self.rests: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.left: dict[int, int] = {}
        self.marks: dict[int, tuple[int, int]] = {}
        zero, one = np.zeros(1), np.ones(1, dtype=np.int64)
        kept, chosen = STATUS_CODES[Status.KEPT], REASON_CODES[Reason.CHOSEN]
        self.add(-one, 0, -one, zero, zero, zero, one, one * kept, one * chosen)

    def add(
        self,
        parent: np.ndarray,
        step: int,
        token: np.ndarray,
        step_log_prob: np.ndarray,
        log_prob: np.ndarray,
        score: np.ndarray,
        rank: np.ndarray,
        status: np.ndarray,
        reason: np.ndarray,
        group: int = 0,
    ) -> int:
        """Append n nodes, arrays of shape (n,); the id of the first."""
        first, count = self.size, len(parent)
        steps, groups = np.full(count, step), np.full(count, group)
        values = (parent, steps, token, step_log_prob, log_prob, score, rank, status, reason, groups)
        for name, value in zip(TYPES, values, strict=True):
            self.columns[name].append(value)
        self.size += count
        return first

    def step(self, found: Candidates, choice: Choice, length: int, group: int = 0) -> np.ndarray:
        """Add a step's candidates; the ids of all listed, by position, −1 of those that are only counted."""
        listed = self._listed(found, choice, length)
        status, reason = _fates(found, choice)
        parents, tokens = found.parents, found.tokens
        ids = np.full(len(found.order), -1, dtype=np.int64)
        stays = found.rows.is_ended[parents]
        ids[stays] = found.rows.nodes[parents[stays]]
        new = listed[~stays[listed]]
        first = self.add(
            found.rows.nodes[parents[new]], length, tokens[new], found.at(found.step_log_probs, new),
            found.at(found.log_probs, new), found.at(found.scores, new), new + 1, status[new], reason[new], group,
        )  # fmt: skip
        ids[new] = np.arange(first, first + len(new))
        self._count(found, np.flatnonzero(ids < 0))
        return ids

    def _listed(self, found: Candidates, choice: Choice, length: int) -> np.ndarray:
        """Positions to list: the best, never fewer than were taken up, and the hypothesis that is followed."""
        taken = max(
            (int(part.max()) + 1 for part in (choice.kept, choice.finished, choice.dropped) if len(part)), default=0
        )
        listed = np.arange(min(len(found.order), max(self.listed, taken)))
        if not 0 < length <= len(self.follow) or len(listed) == len(found.order):
            return listed
        path = found.rows.histories[:, found.rows.histories.shape[1] - length + 1 :]
        rows = np.flatnonzero((path == self.follow[: length - 1]).all(axis=1) & ~found.rows.is_ended)
        wanted = np.flatnonzero(np.isin(found.order, rows * found.size + self.follow[length - 1]))
        return np.concatenate([listed, wanted[wanted >= len(listed)]])

    def _count(self, found: Candidates, unlisted: np.ndarray) -> None:
        if not len(unlisted):
            return
        rows = found.parents[unlisted]
        counts = np.bincount(rows, minlength=len(found.rows))
        masses = np.bincount(rows, weights=np.exp(found.at(found.log_probs, unlisted)), minlength=len(found.rows))
        self.rests.append((found.rows.nodes, counts, masses))

    def mark(self, node: int, status: Status, reason: Reason) -> None:
        """Change what became of a node."""
        self.marks[node] = STATUS_CODES[status], REASON_CODES[reason]

    def tree(self) -> SearchTree:
        """The tree as it is now."""
        arrays = {name: np.concatenate(parts).astype(TYPES[name]) for name, parts in self.columns.items()}
        for node, (status, reason) in self.marks.items():
            arrays["status"][node], arrays["reason"][node] = status, reason
        left, counts, masses = np.zeros(self.size, np.int32), np.zeros(self.size, np.int64), np.zeros(self.size)
        left[list(self.left)] = list(self.left.values())
        for nodes, count, mass in self.rests:
            np.add.at(counts, nodes, count)
            np.add.at(masses, nodes, mass)
        return SearchTree(**arrays, left=left, rest_count=counts, rest_mass=masses)


def _fates(found: Candidates, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
    """Status and reason of each candidate, by position."""
    status = np.full(len(found.order), STATUS_CODES[Status.PRUNED], dtype=np.int8)
    reason = np.full(len(found.order), REASON_CODES[choice.others], dtype=np.int8)
    outside = np.arange(found.count, len(found.order))
    reason[outside] = REASON_CODES[Reason.IMPOSSIBLE]
    if found.forbidden is not None:
        codes = found.at(found.forbidden, outside)
        reason[outside] = np.where(codes >= 0, codes, reason[outside])
    for positions, fate, why in (
        (choice.kept, Status.KEPT, Reason.CHOSEN),
        (choice.ended, Status.FINISHED, Reason.ENDED),
        (choice.truncated, Status.FINISHED, Reason.TRUNCATED),
        (choice.dropped, Status.END_DROPPED, Reason.END_OUTSIDE),
    ):
        status[positions], reason[positions] = STATUS_CODES[fate], REASON_CODES[why]
    return status, reason


def moved(found: Candidates, ids: np.ndarray, positions: np.ndarray) -> Rows:
    """The rows that candidates at these positions become."""
    rows = found.rows
    parents, tokens = found.parents[positions], found.tokens[positions]
    was_ended = rows.is_ended[parents]
    log_probs = np.where(was_ended, rows.log_probs[parents], found.at(found.log_probs, positions))
    histories = np.concatenate([rows.histories[parents], tokens[:, None]], axis=1)
    is_ended = was_ended | (tokens == found.eos)
    return Rows(ids[positions], log_probs, found.at(found.scores, positions), histories, is_ended)
