"""Which servers are alive on a folder of runs: each holds a lock on its own file, which ends with the process."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import uuid
from pathlib import Path

LOCK_FOLDER = ".servers"
SERVER_ID = re.compile(r"[0-9a-f]{32}")


class ServerLock:
    """This server's sign of life in `root`, until `release` or its death, also by SIGKILL."""

    def __init__(self, root: Path):
        self.server = uuid.uuid4().hex
        self._folder = root / LOCK_FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / self.server
        unlocked = self._path.with_suffix(".new")
        self._file = open(unlocked, "w", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        json.dump({"host": socket.gethostname(), "pid": os.getpid()}, self._file)
        self._file.flush()
        unlocked.rename(self._path)  # seen by others only once it is held

    def is_alive(self, server: str) -> bool:
        """True if the server of this id, this one or another, still holds its lock."""
        return server == self.server or (SERVER_ID.fullmatch(server) is not None and _is_held(self._folder / server))

    def others(self) -> list[str]:
        """The other living servers, each as "process 123 on host"; what dead ones left is removed."""
        found = []
        for path in self._folder.iterdir():
            if path.name == self.server or not SERVER_ID.fullmatch(path.name):
                continue
            if _is_held(path):
                found.append(_describe(path))
            else:
                path.unlink(missing_ok=True)
        return sorted(found)

    def release(self) -> None:
        """Let go and leave nothing behind."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def _is_held(path: Path) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _describe(path: Path) -> str:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has just started"
