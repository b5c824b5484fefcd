"""The reader of a recording: an index in memory, messages read when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from .arrays import Record
from .batches import Batch, Row
from .errors import RecordingError, RecordNotFoundError
from .files import RegularFile, describe
from .header import HEADER_NAME, read_header, vanished
from .selection import by_message, count_until, evenly_spaced, multiples_after
from .stream_file import STREAM_NAME
from .stream_index import StreamIndex

if TYPE_CHECKING:
    import pandas as pd


class Recording:
    """A recording that is read, perhaps while somebody writes it; a context manager. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open a folder. Errors: RecordingError; use `open_recording`."""
        self.path = Path(path)
        self.header = read_header(self.path)
        """The header as of the last refresh."""
        self._damage = ""
        self._index = StreamIndex()
        self._lock = RLock()
        self._file = _open_stream(self.path)
        try:
            self._grow()
        except RecordingError:
            self.close()
            raise

    def refresh(self) -> int:
        """Take in what was written since, and return the number of new rows. Cost: the new bytes, whatever came before.

        A message that is not whole yet is not there yet. Errors: RecordingError if the folder vanished or its files
        were exchanged; what was read before can still be read.
        """
        with self._lock:
            self._check_open()
            self._check_present()
            self.header = read_header(self.path)
            return self._grow()

    def _grow(self) -> int:
        try:
            new = self._index.grow(self._file)
        except OSError as error:
            raise self._unreadable(error) from None
        except RecordingError as error:
            raise RecordingError(f"{self.path.name!r} is no recording of Unroll's: {error}; choose another.") from None
        return new

    def _check_present(self) -> None:
        try:
            is_same = os.path.samestat(os.stat(self.path / STREAM_NAME), self._file.stat)
            is_whole = self._file.size() >= self._index.end
        except FileNotFoundError:
            raise vanished(self.path) from None
        except OSError as error:
            raise self._unreadable(error) from None
        if not (is_same and is_whole and (self.path / HEADER_NAME).exists()):
            raise vanished(self.path)

    def _check_open(self) -> None:
        if self._file.is_closed:
            raise RecordingError(f"Recording {self.path.name!r} was closed and gives nothing more; open it again.")

    def _unreadable(self, error: OSError) -> RecordingError:
        return RecordingError(f"Recording {self.path.name!r} cannot be read: {describe(error)}; check the disk.")

    @property
    def damage(self) -> str:
        """One sentence if some of the recording was found to be damaged; empty if it can all be read."""
        return f"Recording {self.path.name!r} is {self._index.damage}" if self._index.damage else self._damage

    @property
    def steps(self) -> np.ndarray:
        """Every recorded step in order, shape (rows,), int64."""
        return self._index.steps.view

    @property
    def last_step(self) -> int:
        """The newest step; −1 before the first."""
        return self._index.last_step

    def names(self) -> tuple[str, ...]:
        """Names of all scalars, arrays and records, in alphabetical order."""
        return tuple(sorted(self._index.scalar_names.keys() | self._index.record_names.keys()))

    def record(self, name: str, step: int | None = None) -> np.ndarray | Record:
        """The newest array or record of this name, or the newest at or before `step`.

        Errors: RecordNotFoundError (a RecordingError and a LookupError) if there is none; RecordingError if it is
        damaged.
        """
        return self.dated_record(name, step)[1]

    def dated_record(self, name: str, step: int | None = None) -> tuple[int, np.ndarray | Record]:
        """As `record`, after the step that it was recorded at."""
        steps = self.steps
        end = len(steps) if step is None else count_until(steps, step)
        for message in range(np.searchsorted(self._index.first_rows.view, end) - 1, -1, -1):
            if name not in self._index.places[message].records:
                continue
            batch, first = self._read(message), int(self._index.first_rows.view[message])
            for position in range(min(end - first, len(batch.steps)) - 1, -1, -1):
                if found := self._row(batch, position, {name}).records:
                    return int(steps[first + position]), found[name]
        raise self._not_found(name, step)

    def _not_found(self, name: str, step: int | None) -> RecordNotFoundError:
        known = ", ".join(sorted(self._index.record_names)[:20]) or "nothing yet"
        when = "" if step is None or name not in self._index.record_names else f" at or before step {step}"
        return RecordNotFoundError(f"{self.path.name!r} has no record {name!r:.200}{when}; it has {known}.")

    def rows(
        self,
        after: int = -1,
        stride: int = 1,
        names: Collection[str] | None = None,
        most: int | None = None,
    ) -> Iterator[Row]:
        """Rows with step > `after` and step a multiple of `stride`; of those at most `most`, evenly spaced.

        `names` picks scalars and records. Cost: the messages of the rows yielded. A damaged message is left out and
        said in `damage`.
        """
        wanted = evenly_spaced(multiples_after(self.steps, after, stride), most)
        chosen = None if names is None else frozenset(names)
        for message, positions in by_message(self._index.first_rows.view, wanted):
            try:
                batch = self._read(message)
                found = [self._row(batch, position, chosen) for position in positions]
            except RecordingError as error:
                self._damage = str(error)
                continue
            yield from found

    def scalars(
        self, names: Collection[str] | None = None, since: int | None = None, most: int | None = None
    ) -> pd.DataFrame:
        """The scalars as columns over the index "step", from step `since` on; at most `most` rows, evenly spaced.

        A scalar that a step does not have is NaN. Cost: the messages of the rows returned. A damaged message's rows
        are left out and said in `damage`.
        """
        import pandas as pd

        wanted = evenly_spaced(multiples_after(self.steps, -1 if since is None else since - 1, 1), most)
        chosen = tuple(self._index.scalar_names) if names is None else tuple(dict.fromkeys(names))
        columns = {name: np.full(len(wanted), np.nan) for name in chosen}
        kept, row = np.ones(len(wanted), bool), 0
        for message, positions in by_message(self._index.first_rows.view, wanted):
            try:
                self._read(message).fill(columns, row, positions)
            except RecordingError as error:
                self._damage = str(error)
                kept[row : row + len(positions)] = False
            row += len(positions)
        steps = pd.Index(self.steps[wanted], name="step", dtype=np.int64)
        return pd.DataFrame(columns, index=steps, columns=list(chosen), dtype=np.float64)[kept]

    def _read(self, message: int) -> Batch:
        self._check_open()
        place, first = self._index.places[message], int(self._index.first_rows.view[message])
        try:
            content = self._file.read(place.offset, place.size)
            return Batch(content, self.steps[first : first + place.rows])
        except OSError as error:
            raise self._unreadable(error) from None
        except RecordingError as error:
            raise self._damaged(first, place.rows, error) from None

    def _row(self, batch: Batch, position: int, names: Collection[str] | None) -> Row:
        try:
            return batch.row(int(position), names)
        except RecordingError as error:
            step = int(batch.steps[position])
            raise RecordingError(f"Recording {self.path.name!r} is damaged at step {step}: {error}") from None

    def _damaged(self, first: int, rows: int, error: RecordingError) -> RecordingError:
        begin, end = self.steps[first], self.steps[first + rows - 1]
        return RecordingError(
            f"Recording {self.path.name!r} is damaged at steps {begin} to {end}: {error}; the rest is well."
        )

    def stream_bytes(self) -> bytes:
        """The stream up to its last whole message, as it lies on disk. Errors: RecordingError."""
        self._check_open()
        try:
            return self._file.read(0, self._index.end)
        except OSError as error:
            raise self._unreadable(error) from None

    @property
    def stream_size(self) -> int:
        """Bytes of the stream up to its last whole message."""
        return self._index.end

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_recording(path: Path | str) -> Recording:
    """Open a recording's folder, trusting nothing in it; a context manager. Errors: RecordingError."""
    return Recording(Path(path))


def _open_stream(path: Path) -> RegularFile:
    try:
        return RegularFile(path / STREAM_NAME)
    except OSError as error:
        raise RecordingError(
            f"A recording has a stream {STREAM_NAME}, that of {path.name!r} cannot be opened: {describe(error)}; "
            "choose another folder."
        ) from None
