"""The stream as its writer sees it: locked against a second writer, and never longer than its whole messages."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from .errors import RecordingError
from .files import RegularFile, describe
from .header import not_written, vanished
from .stream_index import StreamIndex

try:
    import fcntl
except ImportError:  # Windows: nobody watches that there is one writer
    fcntl = None  # type: ignore[assignment]

STREAM_NAME = "steps.arrows"


class StreamFile:
    """A stream opened for appending. The operating system unlocks it when its writer dies, however it dies."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open and lock the stream in the folder `path`. Errors: RecordingError."""
        self._path = path
        flags = os.O_RDWR | (os.O_CREAT | os.O_EXCL if create else 0) | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.fdopen(os.open(path / STREAM_NAME, flags, 0o666), "r+b", buffering=0)
        except OSError as error:
            raise RecordingError(
                f"A recording has a stream {STREAM_NAME} to write, {path.name!r} has none: {describe(error)}; "
                "check the folder and its permissions."
            ) from None
        self._end = 0
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            self.close()
            raise RecordingError(f"A recording's stream is a regular file, that of {path.name!r} is none; remove it.")
        self._lock()

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise RecordingError(
                f"A recording has one writer, {self._path.name!r} has one already; end it or record into a new folder."
            ) from None
        except OSError:  # a filesystem without locks
            pass

    def seek_end(self) -> StreamIndex:
        """Find the whole messages and cut off a torn tail behind them. Errors: RecordingError."""
        index, file = StreamIndex(), RegularFile(self._path / STREAM_NAME)
        try:
            index.grow(file)
        finally:
            file.close()
        if index.damage:
            raise RecordingError(f"Recording {self._path.name!r} is {index.damage} Record into a new folder.")
        self._end = index.end
        self._cut()
        return index

    def _cut(self) -> None:
        try:
            self._file.truncate(self._end)
        except OSError as error:
            raise not_written(self._path, error) from None

    @property
    def is_closed(self) -> bool:
        """True after `close`."""
        return self._file.closed

    def append(self, message: bytes) -> None:
        """Append a message, wholly or not at all. Errors: RecordingError."""
        if self._has_vanished():
            raise vanished(self._path)
        self._cut()  # what an earlier failure left, if that could not do so itself
        try:
            self._file.seek(self._end)
            view = memoryview(message)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self._end)
            raise not_written(self._path, error) from None
        self._end += len(message)

    def _has_vanished(self) -> bool:
        # An unlinked file still takes bytes, for nobody.
        try:
            return not os.path.samestat(os.stat(self._path / STREAM_NAME), os.fstat(self._file.fileno()))
        except OSError:
            return True

    def close(self) -> None:
        """Let go of the file and its lock; a second time does nothing."""
        self._file.close()
