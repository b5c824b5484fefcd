"""At which steps a run keeps what is too large for every step: gates, and the parameters themselves."""

from __future__ import annotations

import math

EARLY_SNAPSHOTS = (0, 1, 2, 3, 5, 10, 20)
SNAPSHOT_EVERY = 50
"""Steps between snapshots, after the early ones."""
PARAMETER_BYTES = 64_000_000
"""What the parameters that a run keeps may take in all, of all its models; thinner snapshots keep to it."""


def is_snapshot(step: int) -> bool:
    """True at the steps whose gates are kept: often at first, then every SNAPSHOT_EVERY."""
    return step in EARLY_SNAPSHOTS or step % SNAPSHOT_EVERY == 0


def parameter_steps(steps: int, size: int) -> frozenset[int]:
    """Steps at which a run of `steps` keeps its parameters, `size` bytes each time: the snapshots', and the last.

    Where these would take more than PARAMETER_BYTES, the later ones are thinned; where even the early ones would, only
    step 0 and the last are kept, whatever they take.
    """
    always = {steps, *(step for step in EARLY_SNAPSHOTS if step <= steps)}
    room = PARAMETER_BYTES // size - len(always)
    if room < 1:
        return frozenset({0, steps})
    every = SNAPSHOT_EVERY * max(1, math.ceil(steps // SNAPSHOT_EVERY / room))
    return frozenset(always | set(range(0, steps + 1, every)))
