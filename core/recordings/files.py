"""Files: opened only if they are regular, read at an offset, replaced only as a whole."""

from __future__ import annotations

import os
import secrets
import stat
import threading
from pathlib import Path

from .errors import RecordingError

TEMPORARY_SUFFIX = ".tmp"


def describe(error: OSError) -> str:
    """What the operating system said, without the path: a visitor needs no map of the server's disk."""
    return error.strerror or type(error).__name__


class RegularFile:
    """A regular file opened for reading. Reads at offsets; threads may share it.

    It is read, never memory-mapped: a mapped page that another process truncates kills the reader with SIGBUS.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. Errors: OSError; RecordingError for anything but a regular file (a pipe would block)."""
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._lock = threading.Lock()
        self.stat = os.fstat(descriptor)
        if not stat.S_ISREG(self.stat.st_mode):
            self.close()
            raise RecordingError(f"A recording consists of regular files, {path.name!r} is none; remove it.")

    def size(self) -> int:
        """Bytes in the file now."""
        return os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer at the end of the file."""
        with self._lock:
            self._file.seek(offset)
            parts = []
            while size > 0 and (part := self._file.read(size)):
                parts.append(part)
                size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def is_closed(self) -> bool:
        """True after `close`."""
        return self._file.closed

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        self._file.close()


def read_whole(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes. Errors: OSError, RecordingError."""
    file = RegularFile(path)
    try:
        content = file.read(0, most + 1)
    finally:
        file.close()
    if len(content) > most:
        raise RecordingError(f"{path.name!r} may have {most} bytes, it has more; it is not Unroll's, remove it.")
    return content


def replace(path: Path, content: bytes) -> None:
    """Replace a file atomically: a reader sees the old content or the new one, never a part. Errors: OSError."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
