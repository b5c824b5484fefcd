"""Rows that are not on disk yet: checked and copied when they come, dropped when their message is whole."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import numpy as np

from .arrays import Record, check_name, to_entries
from .batches import PendingRow
from .errors import RecordingError
from .stream_index import MAX_NAMES, StreamIndex

MESSAGE_BYTES = 64_000  # a reader of one row reads its message: small ones keep that cheap, their metadata is 1 %
MAX_NAMES_LENGTH = 100_000  # characters in one row; a message's metadata hold its names, see MAX_METADATA_BYTES


class PendingRows:
    """Rows in the order of their steps, as many as the writer has not written yet."""

    def __init__(self, index: StreamIndex) -> None:
        """Begin without rows, after what the stream holds already."""
        self._last_step = index.last_step
        self._names = {*index.scalar_names, *index.record_names}
        self._rows: list[PendingRow] = []
        self.size = 0
        """Bytes, about."""

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, step: int, scalars: Mapping[str, float], records: Mapping[str, np.ndarray | Record]) -> PendingRow:
        """Take a row, its arrays copied. Errors: RecordingError for one that cannot be stored; it is then not taken."""
        if not isinstance(step, int | np.integer) or not self._last_step < step < 2**63:
            raise RecordingError(
                f"Steps are integers that grow from 0, got {step!r} after {self._last_step}; count on."
            )
        entries = [entry for name, value in records.items() for entry in to_entries(name, value)]
        if len({entry.name for entry in entries}) < len(entries):
            raise RecordingError(f"Names are unique in a row, a record's parts included; got {sorted(records)!r:.200}.")
        numbers = {check_name(name): _number(name, value) for name, value in scalars.items()}
        self._learn([*numbers, *records])
        row = PendingRow(int(step), time.time(), numbers, tuple(records), entries)
        self._rows.append(row)
        self._last_step = row.step
        self.size += row.size
        return row

    def _learn(self, names: list[str]) -> None:
        if sum(len(name) + 1 for name in names) > MAX_NAMES_LENGTH:
            raise RecordingError(f"A row's names have {MAX_NAMES_LENGTH} characters, got more; record fewer.")
        new = set(names) - self._names
        if len(new) + len(self._names) > MAX_NAMES:
            raise RecordingError(f"A recording has at most {MAX_NAMES} names, got more; keep steps out of names.")
        self._names |= new

    def groups(self) -> Iterator[list[PendingRow]]:
        """Successive rows of MESSAGE_BYTES together, at least one; groups may be dropped meanwhile."""
        group: list[PendingRow] = []
        size = 0
        for row in tuple(self._rows):
            if group and size + row.size > MESSAGE_BYTES:
                yield group
                group, size = [], 0
            group.append(row)
            size += row.size
        if group:
            yield group

    def drop(self, group: list[PendingRow]) -> None:
        """Forget the first group: it is on disk."""
        del self._rows[: len(group)]
        self.size -= sum(row.size for row in group)


def _number(name: str, value: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise RecordingError(f"A scalar is a number, got {value!r:.80} for {name!r}; or leave it out.") from None
