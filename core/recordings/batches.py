"""Batches: rows as Arrow record batches, one row a training step, and back with every claim checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain

import numpy as np
import pyarrow as pa

from .arrays import NamedArray, Record, from_entries
from .errors import RecordingError

ENTRY = pa.struct(
    [
        pa.field("name", pa.string()),
        pa.field("dtype", pa.string()),
        pa.field("shape", pa.list_(pa.int64())),
        pa.field("data", pa.large_binary()),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("step", pa.int64()),
        pa.field("time", pa.float64()),
        pa.field("scalars", pa.map_(pa.string(), pa.float64())),
        pa.field("arrays", pa.list_(ENTRY)),
    ]
)
SCALARS, ARRAYS = 2, 3
NAMES_KEY = b"names"
"""Key of a message's metadata under which its names lie: readers learn them from the index alone."""


@dataclass(frozen=True)
class Row:
    """What was recorded of one training step."""

    step: int
    time: float
    """Unix time in seconds."""
    scalars: dict[str, float] = field(default_factory=dict)
    records: dict[str, np.ndarray | Record] = field(default_factory=dict)


@dataclass(frozen=True)
class PendingRow:
    """A row that is not written yet: its arrays are bytes already, so that training may overwrite the originals."""

    step: int
    time: float
    scalars: dict[str, float]
    names: tuple[str, ...]
    """Names of its arrays and records."""
    entries: list[NamedArray]

    @property
    def size(self) -> int:
        """Bytes that it takes on disk, about."""
        named = sum(len(entry.name) + len(entry.data) + 64 for entry in self.entries)
        return 64 + named + sum(len(name) + 16 for name in self.scalars)


def schema_message() -> bytes:
    """The message with which every stream begins."""
    return SCHEMA.serialize().to_pybytes()


def batch_message(rows: Sequence[PendingRow]) -> bytes:
    """Some rows as one message, with their names in its metadata."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as stream:
        stream.write_batch(_record_batch(rows), custom_metadata={NAMES_KEY: _names(rows)})
        end = sink.tell()  # before the end-of-stream mark: a recording stays open for more
    return sink.getvalue()[len(schema_message()) : end].to_pybytes()


def _record_batch(rows: Sequence[PendingRow]) -> pa.RecordBatch:
    scalars = list(chain.from_iterable(row.scalars.items() for row in rows))
    entries = list(chain.from_iterable(row.entries for row in rows))
    keys, values = zip(*scalars, strict=True) if scalars else ((), ())
    columns = [
        pa.array([row.step for row in rows], pa.int64()),
        pa.array([row.time for row in rows], pa.float64()),
        pa.MapArray.from_arrays(
            _offsets(len(row.scalars) for row in rows),
            pa.array(keys, pa.string()),
            pa.array(np.array(values, np.float64), from_pandas=False),
        ),
        pa.ListArray.from_arrays(_offsets(len(row.entries) for row in rows), _entry_array(entries)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _offsets(lengths: Iterable[int]) -> pa.Array:
    return pa.array(list(accumulate(lengths, initial=0)), pa.int32())


def _entry_array(entries: list[NamedArray]) -> pa.StructArray:
    children = [pa.array([entry[i] for entry in entries], ENTRY.field(i).type) for i in range(ENTRY.num_fields)]
    return pa.StructArray.from_arrays(children, fields=list(ENTRY))


def _names(rows: Sequence[PendingRow]) -> bytes:
    scalars = dict.fromkeys(chain.from_iterable(row.scalars for row in rows))
    records = dict.fromkeys(chain.from_iterable(row.names for row in rows))
    return json.dumps([list(scalars), list(records)], ensure_ascii=False).encode()


def decode_names(content: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a message's scalars and of its records. Errors: RecordingError."""
    try:
        scalars, records = json.loads(content)
        if all(
            isinstance(names, list) and all(isinstance(name, str) for name in names) for names in (scalars, records)
        ):
            return tuple(scalars), tuple(records)
    except (ValueError, TypeError, RecursionError):
        pass
    raise RecordingError("a message lists its names, this one does not")


class Batch:
    """A message's rows, believed only after Arrow has validated every offset, length and character.

    Errors: RecordingError for a message that is not what it claims to be.
    """

    def __init__(self, message: bytes, steps: np.ndarray) -> None:
        """Decode a whole message, prefix included, which the index says has these steps."""
        try:
            batch = pa.ipc.read_record_batch(pa.py_buffer(message), SCHEMA)
            batch.validate(full=True)
        except (pa.ArrowException, OSError, EOFError, ValueError, TypeError) as error:
            raise RecordingError(f"Arrow finds it invalid ({str(error)[:120]})") from None
        if any(_has_nulls(column) for column in batch.columns):
            raise RecordingError("it has nulls, which no recording has")
        if not np.array_equal(batch.column(0).to_numpy(), steps):
            raise RecordingError("its steps are not those that it had")
        self.steps = steps
        self._times = batch.column(1).to_numpy()
        self._scalars = batch.column(SCALARS)
        self._arrays = batch.column(ARRAYS)

    def row(self, position: int, names: Collection[str] | None = None) -> Row:
        """One row of the batch, with the wanted names alone. Errors: RecordingError."""
        scalars = {name: value for name, value in self._scalars[position].as_py() if names is None or name in names}
        records = from_entries(self._entries(position), names)
        return Row(int(self.steps[position]), float(self._times[position]), scalars, records)

    def _entries(self, position: int) -> list[NamedArray]:
        children = self._arrays[position].values.flatten()
        names, dtypes, shapes = (child.to_pylist() for child in children[:3])
        data = [memoryview(scalar.as_buffer()) for scalar in children[3]]
        return [NamedArray(n, d, tuple(s), b) for n, d, s, b in zip(names, dtypes, shapes, data, strict=True)]

    def fill(self, columns: dict[str, np.ndarray], target: int, positions: np.ndarray) -> None:
        """Write the scalars of the rows at `positions` into `columns[name][target:]`, shape (rows,) each."""
        offsets = self._scalars.offsets.to_numpy()
        lengths = np.diff(offsets)
        place = np.full(len(lengths), -1)
        place[positions] = target + np.arange(len(positions))
        place = np.repeat(place, lengths)
        keys = self._scalars.keys[offsets[0] : offsets[-1]].dictionary_encode()
        values = self._scalars.items[offsets[0] : offsets[-1]].to_numpy()
        indices = keys.indices.to_numpy()
        for index, name in enumerate(keys.dictionary.to_pylist()):
            if (column := columns.get(name)) is not None:
                chosen = (indices == index) & (place >= 0)
                column[place[chosen]] = values[chosen]


def _has_nulls(array: pa.Array) -> bool:
    if array.null_count:
        return True
    if isinstance(array, pa.MapArray):
        return _has_nulls(array.keys) or _has_nulls(array.items)
    if isinstance(array, pa.ListArray):
        return _has_nulls(array.values)
    if isinstance(array, pa.StructArray):
        return any(_has_nulls(array.field(i)) for i in range(array.type.num_fields))
    return False
