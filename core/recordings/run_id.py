"""Run ids: the names of recordings' folders, which sort by time and cannot leave their root."""

from __future__ import annotations

import re
import secrets
import time

from .errors import RecordingError

RUN_ID = re.compile(r"[0-9a-z][0-9a-z-]{5,63}", re.ASCII)


def new_run_id() -> str:
    """A fresh id such as "20260314-150926-535898-3f9a2c": UTC time to the microsecond, then chance."""
    now = time.time_ns() // 1000
    seconds = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now // 1_000_000))
    return f"{seconds}-{now % 1_000_000:06d}-{secrets.token_hex(3)}"


def check_run_id(run_id: str) -> str:
    """Return the id if it is one. Errors: RecordingError; "..", "/" and the like never pass."""
    if not isinstance(run_id, str) or RUN_ID.fullmatch(run_id) is None:
        raise RecordingError(
            f"A run id has 6 to 64 of a-z, 0-9 and '-' and starts with no '-', got {str(run_id)[:80]!r}; "
            "pick a run from the list."
        )
    return run_id
