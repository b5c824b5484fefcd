"""How a run ended that could not say so itself: its worker or its server died, or its training raised an error."""

from __future__ import annotations

import logging
import os
import socket
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..recordings.storage import RecordingError, RunHeader, list_runs, read_header, write_header
from .server_lock import ServerLock
from .workers import WorkerDied

MESSAGE = "Its server or process ended without a word; what was recorded until then is kept."
log = logging.getLogger(__name__)


def heal(root: Path, server: ServerLock) -> list[str]:
    """Mark unfinished runs under `root` whose server, or whose own process, is dead; their ids."""
    headers, _ = list_runs(root)
    dead = [header.id for header in headers if header.is_active and not _is_alive(header, server)]
    for run_id in dead:
        with suppress(RecordingError):  # a full disk; the next server tries again
            mark(root / run_id, "crashed", MESSAGE)
    return dead


def mark(folder: Path, status: str, message: str) -> None:
    """Set how a run that nobody writes any more ended, unless its header says so; a vanished folder is left alone.

    Errors: RecordingError where the disk does not take it.
    """
    try:
        header = read_header(folder)
    except RecordingError:
        return
    if header.is_active:
        write_header(folder, replace(header, status=status, message=message))


def outcome(future: Future) -> tuple[str, str] | None:
    """Status and message of a run that could not note its end itself; None if it did."""
    try:
        future.result()
    except CancelledError:
        return "ended", ""
    except WorkerDied as death:
        return "crashed", f"The worker process {death.reason}; what was recorded until then is kept."
    except Exception as error:
        log.error("a run failed", exc_info=error)
        return "failed", f"Training stopped by an error: {error or type(error).__name__}"
    return None


def _is_alive(header: RunHeader, server: ServerLock) -> bool:
    owner = header.owner
    if "server" in owner:
        return server.is_alive(str(owner["server"]))
    if owner.get("host") != socket.gethostname():
        return True  # nothing is known of other machines' processes
    return _is_process(owner.get("pid"))


def _is_process(pid: object) -> bool:
    if not isinstance(pid, int) or not 0 < pid < 2**31:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
