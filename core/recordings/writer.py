"""The writer of a recording: rows are kept in memory until their message is whole on disk."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from .arrays import Record
from .batches import batch_message, schema_message
from .errors import RecordingError
from .files import TEMPORARY_SUFFIX
from .header import HEADER_NAME, RunHeader, header_to_json, not_written, read_header, write_header
from .pending import PendingRows
from .run_id import check_run_id, new_run_id
from .stream_file import STREAM_NAME, StreamFile
from .stream_index import StreamIndex

FLUSH_INTERVAL = 0.2  # seconds
FLUSH_BYTES = 4_000_000
HEARTBEAT_INTERVAL = 1.0  # seconds
MAX_MESSAGE_LENGTH = 2_000  # characters of an exception's text


class RecordingWriter:
    """The one writer of a recording's folder; a context manager.

    Leaving the context closes it as "finished", as "ended" after Ctrl-C, or as "failed" with the exception's text,
    unless `set_status` has said otherwise before.
    """

    def __init__(self, path: Path, header: RunHeader, stream: StreamFile, index: StreamIndex) -> None:
        """Use `create` or `resume`."""
        self.path = path
        self.header = header
        self._stream = stream
        self._pending = PendingRows(index)
        self._flushed_at = -math.inf
        self._header_at = time.monotonic()

    @classmethod
    def create(
        cls,
        root: Path,
        *,
        config: dict,
        seed: int,
        run_id: str | None = None,
        status: str = "running",
        owner: dict | None = None,
    ) -> Self:
        """Make the folder `root/run_id` and begin to record. Errors: RecordingError, also for a folder that exists."""
        run_id = new_run_id() if run_id is None else check_run_id(run_id)
        owner = this_process() if owner is None else owner
        now = time.time()
        header = RunHeader(run_id, now, status, now, "", config, seed, installed_versions(), owner, last_step=-1)
        header_to_json(header)  # raises before anything is on disk
        path = Path(root) / run_id
        _make_folder(path)
        try:
            stream = StreamFile(path, create=True)
            try:
                stream.append(schema_message())
                write_header(path, header)  # last: a folder without it is no recording yet
            except RecordingError:
                stream.close()
                raise
        except RecordingError:
            _remove_folder(path)
            raise
        return cls(path, header, stream, StreamIndex())

    @classmethod
    def resume(cls, path: Path, *, status: str = "running", owner: dict | None = None) -> Self:
        """Go on with a recording that nobody writes any more: cut off a torn tail and append.

        `owner` replaces the header's. Errors: RecordingError for a folder that is no recording, that somebody else
        still writes, or whose stream is damaged before its tail.
        """
        path = Path(path)
        header = read_header(path)
        stream = StreamFile(path, create=False)
        try:
            index = stream.seek_end()
            if index.end == 0:
                stream.append(schema_message())
            header = replace(header, owner=header.owner if owner is None else owner, last_step=index.last_step)
            writer = cls(path, header, stream, index)
            writer.set_status(status)
        except RecordingError:
            stream.close()
            raise
        _remove_temporaries(path)
        return writer

    def append(
        self,
        step: int,
        scalars: Mapping[str, float],
        records: Mapping[str, np.ndarray | Record] | None = None,
    ) -> None:
        """Record one step, later than all before. Arrays are copied at once; the file follows within FLUSH_INTERVAL.

        Errors: RecordingError for a value that cannot be stored (the row is not taken), and for a disk that takes
        nothing (the row is kept in memory and written as soon as there is room).
        """
        self._check_open()
        row = self._pending.add(step, scalars, records or {})
        # After a failure the bytes in memory only grow: from then on the interval alone decides.
        is_full = FLUSH_BYTES <= self._pending.size < FLUSH_BYTES + row.size
        if is_full or time.monotonic() - self._flushed_at >= FLUSH_INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are in memory. Errors: RecordingError; rows that are not written stay in memory."""
        self._check_open()
        self._flushed_at = time.monotonic()
        for group in self._pending.groups():
            self._stream.append(batch_message(group))
            self._pending.drop(group)
            self.header = replace(self.header, last_step=group[-1].step)
        self.heartbeat()

    def heartbeat(self) -> None:
        """Say in the header that the writer lives; at most once in HEARTBEAT_INTERVAL. Errors: RecordingError."""
        if time.monotonic() - self._header_at >= HEARTBEAT_INTERVAL:
            self._write_header()

    def set_status(self, status: str, message: str = "") -> None:
        """Say in the header how the run stands, after the rows so far. Errors: RecordingError."""
        if self._pending:
            self.flush()
        self._write_header(status=status, message=message)

    def _write_header(self, **changes: str) -> None:
        self._check_open()
        self._header_at = time.monotonic()
        header = replace(self.header, heartbeat=time.time(), **changes)  # type: ignore[arg-type]
        write_header(self.path, header)
        self.header = header

    def _check_open(self) -> None:
        if self._stream.is_closed:
            raise RecordingError(f"A closed recording takes no rows, got one for {self.path.name!r}; resume it first.")

    def close(self, status: str = "finished", message: str = "") -> None:
        """Write what is in memory, set the status and let go of the folder; a second time does nothing.

        A status of "queued" or "paused" leaves the recording for another process to resume. Errors: RecordingError for
        a disk that takes nothing; the writer then stays open and may be closed again.
        """
        if not self._stream.is_closed:
            self.set_status(status, message)
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._stream.is_closed:
                return
            if not self.header.is_active:
                self.close(self.header.status, self.header.message)
            elif error is None:
                self.close()
            elif isinstance(error, KeyboardInterrupt):
                self.close("ended", "Interrupted at the keyboard.")
            else:
                self.close("failed", f"{type(error).__name__}: {error}"[:MAX_MESSAGE_LENGTH])
        finally:
            self._stream.close()


def this_process() -> dict:
    """The owner of what this process records: its host and process id."""
    return {"host": socket.gethostname(), "pid": os.getpid()}


def installed_versions() -> dict[str, str]:
    """Version of each package that a recording's numbers may depend on."""
    versions = {}
    for name in ("torch", "numpy", "pyarrow"):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise RecordingError(
            f"A run has a folder of its own, {path.name!r} is taken; resume it or choose another id."
        ) from None
    except OSError as error:
        raise not_written(path, error) from None


def _remove_folder(path: Path) -> None:
    """Undo a `create` that failed."""
    with suppress(OSError):
        (path / STREAM_NAME).unlink(missing_ok=True)
        path.rmdir()


def _remove_temporaries(path: Path) -> None:
    """Remove what a writer left that was killed while it replaced the header."""
    with suppress(OSError):
        for leftover in path.glob(f"{HEADER_NAME}.*{TEMPORARY_SUFFIX}"):
            leftover.unlink()
