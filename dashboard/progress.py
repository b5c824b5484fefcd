"""How far a worker's call has come: it writes the share done into a small file, and the server reads it; a leaf."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

WRITE_SECONDS = 0.1


@cache
def _folder() -> TemporaryDirectory:
    return TemporaryDirectory(prefix="unroll-progress-")


def progress_file(key: Hashable) -> Path:
    """Where the call of this key says how far it is; gone when the server ends."""
    return Path(_folder().name) / sha256(repr(key).encode()).hexdigest()


def share_done(path: Path) -> float | None:
    """The share that was written last, in [0, 1]; None before the first."""
    try:
        return min(max(float(path.read_text()), 0.0), 1.0)
    except (OSError, ValueError):
        return None


def writer(path: Path) -> Callable[[float], None]:
    """A function that is told the share done, as often as one likes; a folder that is gone stops nothing."""
    written = -WRITE_SECONDS

    def tell(share: float) -> None:
        nonlocal written
        if time.monotonic() - written < WRITE_SECONDS:
            return
        written = time.monotonic()
        try:
            path.write_text(f"{share:.4f}")
        except OSError:
            pass

    return tell
