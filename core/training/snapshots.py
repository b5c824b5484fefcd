"""At which steps a run keeps what is too large for every step: gates, and the parameters themselves."""

from __future__ import annotations

from collections.abc import Sequence

EARLY_SNAPSHOTS = (0, 1, 2, 3, 5, 10, 20)
SNAPSHOT_EVERY = 50
"""Steps between snapshots, after the early ones."""
PARAMETER_EARLY, PARAMETER_EVERY = 100, 10
"""Up to which step parameters are kept more often, and every how many: large models are slow, and one watches them."""
MOST_BYTES = 128_000_000
"""What the parameters that a run keeps may take in all, of all its models, and its gates; beyond, they are thinned."""
GROWTH = 1.02
"""By which the distance of thinned snapshots, as a factor of training, is raised until they fit."""


def is_snapshot(step: int) -> bool:
    """True at the steps at which runs are measured and gates may be kept: often at first, then every SNAPSHOT_EVERY."""
    return step in EARLY_SNAPSHOTS or step % SNAPSHOT_EVERY == 0


def parameter_steps(steps: int, size: int) -> frozenset[int]:
    """Steps at which a run of `steps` keeps its parameters, `size` bytes each time; the first and the last among them.

    Where they would take more than MOST_BYTES, they are thinned: each comes some per cent of training later than
    the one before, so that most of them lie where most is learnt. At least two are kept, whatever they take.
    """
    finer = range(0, PARAMETER_EARLY, PARAMETER_EVERY)
    candidates = [step for step in range(steps + 1) if is_snapshot(step) or step in finer or step == steps]
    return _thinned(candidates, MOST_BYTES // size)


def snapshot_steps(steps: int, size: int) -> frozenset[int]:
    """The snapshots of a run and its last step, thinned as `parameter_steps`, for what takes `size` bytes each time."""
    candidates = [step for step in range(steps + 1) if is_snapshot(step) or step == steps]
    return _thinned(candidates, MOST_BYTES // max(size, 1))


def _thinned(candidates: Sequence[int], room: int) -> frozenset[int]:
    """At most `room` of ascending candidates, but the first and the last in any case."""
    factor, kept = 1.0, frozenset(candidates)
    while len(kept) > max(room, 2):
        factor *= GROWTH
        kept = frozenset(_spread(candidates, factor)) | {candidates[-1]}
    return kept


def _spread(candidates: Sequence[int], factor: float) -> list[int]:
    """Those that lie a factor of training behind the one kept before."""
    kept = [candidates[0]]
    for step in candidates[1:]:
        if step + 1 >= factor * (kept[-1] + 1):
            kept.append(step)
    return kept
