"""How long work takes, here and now."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_of(tries: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of some tries, as other work on the machine only adds."""
    found = []
    for _ in range(tries):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)
