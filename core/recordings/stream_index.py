"""The index of a stream: where each message lies and which steps it holds. All that a reader keeps in memory.

Growing it reads new messages' metadata and steps, never their arrays and never an old message.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from .batches import SCHEMA, decode_names
from .errors import RecordingError
from .files import RegularFile
from .messages import PREFIX, MessageHead, MetadataParser, metadata_size

WINDOW_BYTES = 1 << 16
MAX_NAMES = 20_000  # in a recording
MAX_NAME_LISTS = 256  # remembered, so that messages with the same names share them


class Growing:
    """int64 numbers that are only ever appended; a view stays valid while more are appended."""

    def __init__(self) -> None:
        """Begin without numbers."""
        self._room = np.empty(64, np.int64)
        self.count = 0

    def append(self, numbers: np.ndarray | int) -> None:
        """Append a number or several, shape (n,); amortised O(n)."""
        end = self.count + (1 if isinstance(numbers, int) else len(numbers))
        if end > len(self._room):
            room = np.empty(max(end, 2 * len(self._room)), np.int64)
            room[: self.count] = self.view
            self._room = room
        self._room[self.count : end] = numbers
        self.count = end

    @property
    def view(self) -> np.ndarray:
        """All numbers, read-only, shape (count,)."""
        view = self._room[: self.count]
        view.flags.writeable = False
        return view


class Place(NamedTuple):
    """Where a message lies and what it holds."""

    offset: int
    """Of its prefix, in bytes."""
    size: int
    """Prefix, metadata and body, in bytes."""
    rows: int
    records: frozenset[str]
    """Names of the arrays and records in it."""


class Window:
    """Reads ahead in a file up to a fixed size, so that many small messages cost few reads."""

    def __init__(self, file: RegularFile, end: int) -> None:
        """Read nothing yet; `end` is the size of the file that is believed."""
        self._file, self.end = file, end
        self._start, self._content = 0, b""

    def read(self, offset: int, size: int) -> bytes | None:
        """Exactly `size` bytes from `offset`; None if the file does not have them (yet)."""
        if offset + size > self.end:
            return None
        start = offset - self._start
        if start < 0 or start + size > len(self._content):
            wanted = min(max(size, WINDOW_BYTES), self.end - offset)
            self._start, self._content, start = offset, self._file.read(offset, wanted), 0
        part = self._content[start : start + size]
        return part if len(part) == size else None


class StreamIndex:
    """The whole messages of a stream, as far as it has been read."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.places: list[Place] = []
        self.steps = Growing()
        self.first_rows = Growing()
        """Number of rows before each message."""
        self.scalar_names: dict[str, None] = {}
        self.record_names: dict[str, None] = {}
        self.end = 0
        """Where the last whole message ends, in bytes: what follows is torn or not there yet."""
        self.damage = ""
        """Why reading stops at `end` although there are more bytes; empty if it does not."""
        self.last_step = -1
        """The newest step; −1 before the first."""
        self._names: dict[bytes, frozenset[str]] = {}
        self._parser = MetadataParser()

    def grow(self, file: RegularFile) -> int:
        """Index the messages that are new and return the number of new rows.

        Errors: RecordingError for a stream of another schema. A damaged message ends the growth, see `damage`.
        """
        before, window, self.damage = self.steps.count, Window(file, file.size()), ""
        if self.end == 0 and not self._read_schema(window):
            return 0
        try:
            while self._read_message(window):
                pass
        except RecordingError as error:
            self.damage = f"damaged at byte {self.end}: {error}; the {self.steps.count} rows before it can be read."
        return self.steps.count - before

    def _read_schema(self, window: Window) -> bool:
        prefix = window.read(0, PREFIX.size)
        size = None if prefix is None else metadata_size(prefix)
        message = None if size is None else window.read(0, PREFIX.size + size)
        if message is None:
            return False
        try:
            schema = pa.ipc.read_schema(pa.py_buffer(message))
        except (pa.ArrowException, OSError, EOFError, ValueError) as error:
            raise RecordingError(f"its stream begins with no schema ({str(error)[:120]})") from None
        if not schema.equals(SCHEMA):
            raise RecordingError("its stream has another schema")
        self.end = len(message)
        return True

    def _read_message(self, window: Window) -> bool:
        """Index the message at `end`; False if it is not whole (yet)."""
        start = self.end + PREFIX.size
        prefix = window.read(self.end, PREFIX.size)
        size = None if prefix is None else metadata_size(prefix)
        metadata = None if size is None else window.read(start, size)
        if metadata is None:
            return False
        head, body = self._parser.parse(metadata), start + len(metadata)
        if body + head.body_size > window.end:
            return False
        content = window.read(body + head.steps_offset, 8 * head.rows)
        if content is None:
            return False
        self._add(head, np.frombuffer(content, "<i8"), body + head.body_size)
        return True

    def _add(self, head: MessageHead, steps: np.ndarray, end: int) -> None:
        if steps[0] <= self.last_step or (head.rows > 1 and not (steps[1:] > steps[:-1]).all()):
            raise RecordingError("its steps do not grow")
        records = self._names.get(head.names)
        if records is None:
            records = self._learn(head.names)
        # `steps` last: a thread that reads meanwhile finds the message of every step that it sees.
        self.places.append(Place(self.end, end - self.end, head.rows, records))
        self.first_rows.append(self.steps.count)
        self.steps.append(steps)
        self.last_step = int(steps[-1])
        self.end = end

    def _learn(self, content: bytes) -> frozenset[str]:
        scalars, records = decode_names(content)
        known = self.scalar_names.keys() | self.record_names.keys()
        if len(known.union(scalars, records)) > MAX_NAMES:
            raise RecordingError(f"it has more than {MAX_NAMES} names")
        self.scalar_names.update(dict.fromkeys(scalars))
        self.record_names.update(dict.fromkeys(records))
        if len(self._names) >= MAX_NAME_LISTS:
            self._names.clear()
        return self._names.setdefault(content, frozenset(records))
