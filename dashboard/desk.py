"""The desk where analyses are asked for: each is computed once, whoever asks, and kept for the next.

It lives on one event loop, whose coroutines alone touch it, so it needs no locks.
"""

from __future__ import annotations

import asyncio
import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 64_000_000
"""Of kept results."""
MOST_ASKED = 8
"""Questions of one visitor that are not answered yet."""
GRACE_SECONDS = 2.0
"""How long a question that was told to wait is kept for its visitor to ask again."""

ClaimId = tuple[str, tuple[Hashable, ...]]
"""Visitor, and the keys of the calls."""


class TooManyAsked(Exception):
    """A visitor asks too much at once; the message says what to do."""


@dataclass(frozen=True)
class Call:
    """One computation: calls with equal keys give equal results."""

    key: Hashable
    function: Callable[..., Any]
    """A module's function, for it is pickled by name."""
    arguments: tuple


class Kept:
    """The results used last, as many as `most` bytes hold."""

    def __init__(self, most: int = MOST_BYTES):
        self.most = most
        self.bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """The result, or None."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key: Hashable, result: Any) -> None:
        """Keep a result, and let go of the oldest until it fits; one that fits nowhere is not kept."""
        size = len(pickle.dumps(result))
        self.bytes -= self._entries.pop(key, (None, 0))[1]
        if size > self.most:
            return
        self._entries[key] = (result, size)
        self.bytes += size
        while self.bytes > self.most:
            self.bytes -= self._entries.popitem(last=False)[1][1]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries


class _Claim:
    """A visitor's interest in one question: requests that wait for it now, or a timer until the next comes."""

    def __init__(self, keys: tuple[Hashable, ...]):
        self.keys = keys
        self.holders = 0
        self.expiry: asyncio.TimerHandle | None = None


class Desk:
    """Hands calls to an executor. `kept` holds what was computed, and whatever else is worth it."""

    def __init__(self, executor: Executor, most_bytes: int = MOST_BYTES, most_asked: int = MOST_ASKED):
        self.kept = Kept(most_bytes)
        self._executor = executor
        self._most_asked = most_asked
        self._under_way: dict[Hashable, tuple[Future, asyncio.Future]] = {}  # in the order of the queue
        self._claims: dict[ClaimId, _Claim] = {}

    async def results(self, visitor: str, calls: Sequence[Call], patience: float) -> list | None:
        """The calls' results in order; None if that takes longer than `patience` seconds: ask again soon.

        Cancelled, or not asked again within GRACE_SECONDS, the calls that nobody else waits for leave the queue.
        Errors: TooManyAsked; whatever a call raises.
        """
        if all(call.key in self.kept for call in calls):
            return [self.kept.get(call.key) for call in calls]
        claim_id = (visitor, tuple(call.key for call in calls))
        claim, waiting = self._enter(claim_id), set[asyncio.Future]()
        try:
            futures = [self._future(call) for call in calls]
            done, waiting = await asyncio.wait(futures, timeout=patience, return_when=asyncio.FIRST_EXCEPTION)
            found = [future.result() for future in futures if future in done]
            return None if waiting else found
        finally:
            self._leave(claim_id, claim, keeps_waiting=bool(waiting))

    def place(self, calls: Sequence[Call]) -> int:
        """Where in the queue the first of these calls stands: 1 is next; 0: it is being computed."""
        waiting = [key for key, (future, _) in self._under_way.items() if not future.running() and not future.done()]
        own = [waiting.index(call.key) + 1 for call in calls if call.key in waiting]
        is_begun = any(call.key in self._under_way and call.key not in waiting for call in calls)
        return 0 if is_begun or not own else min(own)

    def _enter(self, claim_id: ClaimId) -> _Claim:
        visitor, keys = claim_id
        if claim_id not in self._claims:
            if sum(other == visitor for other, _ in self._claims) >= self._most_asked:
                raise TooManyAsked(f"You wait for {self._most_asked} pictures already; let one of them come first.")
            self._claims[claim_id] = _Claim(keys)
        claim = self._claims[claim_id]
        claim.holders += 1
        if claim.expiry is not None:
            claim.expiry.cancel()
        return claim

    def _leave(self, claim_id: ClaimId, claim: _Claim, keeps_waiting: bool) -> None:
        claim.holders -= 1
        if claim.holders:
            return
        if keeps_waiting:
            claim.expiry = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._drop, claim_id)
        else:
            self._drop(claim_id)

    def _drop(self, claim_id: ClaimId) -> None:
        """Take off the queue what nobody waits for any more; what is being computed will be kept."""
        keys = self._claims.pop(claim_id).keys
        wanted = {key for claim in self._claims.values() for key in claim.keys}
        for key in keys:
            if key in self._under_way and key not in wanted and self._under_way[key][0].cancel():
                del self._under_way[key]

    def _future(self, call: Call) -> asyncio.Future:
        """The future of a call that is kept, under way, or submitted now."""
        if call.key in self.kept:
            kept: asyncio.Future = asyncio.get_running_loop().create_future()
            kept.set_result(self.kept.get(call.key))
            return kept
        if call.key not in self._under_way:
            submitted = self._executor.submit(call.function, *call.arguments)
            future = asyncio.wrap_future(submitted)
            self._under_way[call.key] = (submitted, future)
            future.add_done_callback(lambda future: self._finish(call.key, future))
        return self._under_way[call.key][1]

    def _finish(self, key: Hashable, future: asyncio.Future) -> None:
        if key in self._under_way and self._under_way[key][1] is future:
            del self._under_way[key]
        if not future.cancelled() and future.exception() is None:
            self.kept.put(key, future.result())
