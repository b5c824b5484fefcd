"""The tree of a search: every candidate it looked at, or its exact remainder; arrays inside, nodes as a view of them.

Axes: M nodes listed, L steps (the longest hypothesis).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import overload

import numpy as np


class Status(StrEnum):
    """What became of a candidate."""

    KEPT = "kept"
    FINISHED = "finished"
    PRUNED = "pruned"
    END_DROPPED = "end token dropped"
    """An end token that was among the candidates taken up, yet neither kept nor finished."""


class Reason(StrEnum):
    """Why a candidate has its status."""

    CHOSEN = "among the best"
    ENDED = "ends with the end token"
    TRUNCATED = "cut at the greatest length"
    OUTRANKED = "below the last one kept"
    END_OUTSIDE = "end token below the beam's size: neither kept nor finished"
    SLOTS_FULL = "end token after the last place for finished hypotheses was taken"
    END_TOO_EARLY = "end token before the least length"
    REPEATED = "would repeat an n-gram"
    NOT_FORCED = "not the forced prefix"
    NOT_END = "only the end token is allowed at the greatest length"
    IMPOSSIBLE = "probability zero"
    NOT_DRAWN = "not drawn"
    OUTSIDE_TOP_K = "outside the top k"
    OUTSIDE_TOP_P = "outside the nucleus"
    BOUNDED = "cannot beat the best found"


STATUSES, REASONS = tuple(Status), tuple(Reason)
"""A node's status and reason are kept as places in these."""
STATUS_CODES = {status: code for code, status in enumerate(STATUSES)}
REASON_CODES = {reason: code for code, reason in enumerate(REASONS)}
ROOT = 0
"""The node of the empty hypothesis: no token generated yet."""


@dataclass(frozen=True)
class Node:
    """One candidate: a parent hypothesis and one more token. Log-probabilities are in nats."""

    id: int
    parent: int
    """−1 of the root."""
    step: int
    """Tokens generated on the way here, this one included; 0 of the root."""
    token: int
    """−1 of the root."""
    step_log_prob: float
    log_prob: float
    """Of the whole hypothesis: the sum along its path."""
    score: float
    """What the search ranked it by at its step, higher first; −∞ where it was not allowed."""
    rank: int
    """From 1, among the candidates it was compared with: those of its step and group; in exact search its siblings."""
    gap: float
    """Its score less that of the last one kept at its step; NaN where none was kept."""
    status: Status
    reason: Reason
    left: int
    """Of a finished one: the step at which better ones pushed it out; 0 if never."""
    group: int
    rest_count: int
    """Children that were looked at and are not listed."""
    rest_mass: float
    """Probability of those, in all."""


@dataclass(frozen=True)
class SearchTree:
    """Arrays of M nodes, each as the field of that name in `Node`; a parent stands before its children."""

    parent: np.ndarray
    step: np.ndarray
    token: np.ndarray
    step_log_prob: np.ndarray
    log_prob: np.ndarray
    score: np.ndarray
    rank: np.ndarray
    status: np.ndarray
    """Places in STATUSES, int8."""
    reason: np.ndarray
    """Places in REASONS, int8."""
    left: np.ndarray
    group: np.ndarray
    rest_count: np.ndarray
    rest_mass: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def nodes(self) -> Nodes:
        """Every node listed, by id; the root first."""
        return Nodes(self)

    @property
    def steps(self) -> int:
        """L: tokens of the longest hypothesis looked at."""
        return int(self.step.max())

    @property
    def groups(self) -> int:
        """Groups of a diverse beam; 1 of every other search."""
        return int(self.group.max()) + 1

    def has(self, status: Status) -> np.ndarray:
        """Which nodes have a status, bool, shape (M,)."""
        return self.status == STATUS_CODES[status]

    @cached_property
    def cuts(self) -> np.ndarray:
        """Score of the last one kept at each step, shape (L + 1, groups); of the last finished where none was kept."""
        cuts = np.full((self.steps + 1, self.groups), np.nan)
        for status in (Status.FINISHED, Status.KEPT):
            mine = self.has(status)
            lowest = np.full_like(cuts, np.inf)
            np.minimum.at(lowest, (self.step[mine], self.group[mine]), self.score[mine])
            cuts = np.where(np.isfinite(lowest), lowest, cuts)
        return cuts

    @cached_property
    def gap(self) -> np.ndarray:
        """Score less that of the last one kept at the step, shape (M,)."""
        return self.score - self.cuts[self.step, self.group]

    def path(self, node: int) -> tuple[int, ...]:
        """Tokens from the root to a node."""
        tokens: list[int] = []
        while node != ROOT:
            tokens.append(int(self.token[node]))
            node = int(self.parent[node])
        return tuple(reversed(tokens))

    def listed_path(self, tokens: Sequence[int], group: int | None = None) -> list[int]:
        """The nodes on the way of a hypothesis, as far as they are listed; None: of the group that goes furthest."""
        if group is None:
            return max((self.listed_path(tokens, one) for one in range(self.groups)), key=len)
        path: list[int] = []
        for token in tokens:
            parent = path[-1] if path else ROOT
            later = slice(parent + 1, None)  # children stand behind their parent
            is_child = (self.parent[later] == parent) & (self.token[later] == token) & (self.group[later] == group)
            children = np.flatnonzero(is_child)
            if not len(children):
                break
            path.append(parent + 1 + int(children[0]))
        return path

    def find(self, tokens: Sequence[int], group: int = 0) -> int | None:
        """The node of a hypothesis in a group, None if it is not listed."""
        path = self.listed_path(tokens, group)
        if len(path) < len(tokens):
            return None
        return path[-1] if path else ROOT

    def rest(self) -> tuple[np.ndarray, np.ndarray]:
        """Candidates of each step that are not listed: how many, and their probability; each of shape (L,)."""
        depth, length = self.step, self.steps + 1
        counts = np.bincount(depth, weights=self.rest_count, minlength=length)
        return counts[:-1].astype(np.int64), np.bincount(depth, weights=self.rest_mass, minlength=length)[:-1]

    def mass(self) -> np.ndarray:
        """Probability kept, finished and pruned after each step, shape (L, 3); each row sums to 1.

        Finished and pruned are all those so far; a finished one that was pushed out counts as pruned from then on.
        With groups, the mean over them; what a group kept when it stopped stays kept.
        """
        probability, length = np.exp(self.log_prob), self.steps + 1

        def at(steps: np.ndarray, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
            return np.bincount(steps[chosen], weights=weights[chosen], minlength=length)[1:]

        kept, finished = self.has(Status.KEPT), self.has(Status.FINISHED)
        fed = (np.bincount(self.parent[1:], minlength=len(self)) > 0) | (self.rest_count > 0)
        alive = at(self.step, kept & fed, probability) + np.cumsum(at(self.step, kept & ~fed, probability))
        everyone = np.ones(len(self), dtype=bool)
        pushed_out = np.cumsum(at(self.left, self.left > 0, probability))
        ended = np.cumsum(at(self.step, finished, probability)) - pushed_out
        unlisted = at(np.minimum(self.step + 1, self.steps), everyone, self.rest_mass)
        lost = np.cumsum(at(self.step, ~kept & ~finished, probability) + unlisted) + pushed_out
        return np.stack([alive, ended, lost], axis=1) / self.groups


@dataclass(frozen=True)
class Nodes(Sequence[Node]):
    """The nodes of a tree, made when they are asked for."""

    tree: SearchTree

    def __len__(self) -> int:
        return len(self.tree)

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> list[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | list[Node]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place, tree = range(len(self))[index], self.tree
        return Node(
            id=place,
            parent=int(tree.parent[place]),
            step=int(tree.step[place]),
            token=int(tree.token[place]),
            step_log_prob=float(tree.step_log_prob[place]),
            log_prob=float(tree.log_prob[place]),
            score=float(tree.score[place]),
            rank=int(tree.rank[place]),
            gap=float(tree.gap[place]),
            status=STATUSES[tree.status[place]],
            reason=REASONS[tree.reason[place]],
            left=int(tree.left[place]),
            group=int(tree.group[place]),
            rest_count=int(tree.rest_count[place]),
            rest_mass=float(tree.rest_mass[place]),
        )

    def __iter__(self) -> Iterator[Node]:
        return (self[place] for place in range(len(self)))
