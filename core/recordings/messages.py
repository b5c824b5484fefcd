"""Messages: the framing of an Arrow IPC stream, read without its bodies and without trust.

A message is FF FF FF FF, the length of its metadata (int32), the metadata (a flatbuffer: Message, in it RecordBatch),
and a body of buffers (Apache Arrow, "Encapsulated message format"). pyarrow can only read messages whole; an index of
100,000 needs their metadata and steps alone.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .batches import NAMES_KEY
from .errors import RecordingError

CONTINUATION = 0xFFFFFFFF
PREFIX = struct.Struct("<II")
MAX_METADATA_BYTES = 1 << 20
MAX_LAYOUTS = 64
RECORD_BATCH = 3
STEP_DATA_BUFFER = 1  # buffer 0 is the validity of `step`

_u8, _u16, _i32, _u32, _i64 = (struct.Struct("<" + code).unpack_from for code in "BHiIq")
_node_or_buffer = struct.Struct("<qq")


class MessageHead(NamedTuple):
    """What a record batch's metadata say of its body."""

    rows: int
    body_size: int
    """Bytes."""
    steps_offset: int
    """Where the int64 steps lie in the body, in bytes."""
    names: bytes
    """The names in it, see `batches.decode_names`."""


class Layout(NamedTuple):
    """Where the numbers lie in a metadata flatbuffer, in bytes."""

    rows: int
    body_size: int
    step_buffer: int
    names: bytes
    numbers: list[tuple[int, int]]
    """Begin and end of all that differs between messages of one layout, in order."""


def metadata_size(prefix: bytes) -> int | None:
    """Length of the metadata that follow a prefix of eight bytes; None at an end-of-stream mark or in a hole of zeros.

    Errors: RecordingError for bytes that begin no message.
    """
    continuation, size = PREFIX.unpack(prefix)
    if size == 0 and continuation in (0, CONTINUATION):
        # A network filesystem or a power cut can show a file's length before its content: zeros are "not there yet".
        return None
    if continuation != CONTINUATION or size > MAX_METADATA_BYTES or size % 8:
        raise RecordingError("no message begins there")
    return size


class MetadataParser:
    """Reads metadata; remembers layouts, because one writer's messages differ in nothing but numbers."""

    def __init__(self) -> None:
        """Begin without a layout."""
        self._layouts: dict[int, tuple[bytes, Layout]] = {}

    def parse(self, metadata: bytes) -> MessageHead:
        """Read a record batch's metadata. Errors: RecordingError for any other message."""
        known, layout = self._layouts.get(len(metadata), (b"", None))
        if layout is None or _skeleton(metadata, layout) != known:
            layout = self._learn(metadata)
        (rows,), (body_size,) = _i64(metadata, layout.rows), _i64(metadata, layout.body_size)
        offset, size = _node_or_buffer.unpack_from(metadata, layout.step_buffer)
        if not (0 < rows <= size // 8 and 0 <= offset <= offset + size <= body_size):
            raise RecordingError(f"it claims {rows} rows in {size} bytes")
        return MessageHead(rows, body_size, offset, layout.names)

    def _learn(self, metadata: bytes) -> Layout:
        try:
            layout = _layout(metadata)
        except (struct.error, IndexError):
            raise RecordingError("its metadata point out of it") from None
        if len(self._layouts) >= MAX_LAYOUTS:
            self._layouts.clear()
        self._layouts[len(metadata)] = (_skeleton(metadata, layout), layout)
        return layout


def _skeleton(metadata: bytes, layout: Layout) -> bytes:
    """The metadata without the numbers."""
    begin, parts = 0, []
    for number_begin, number_end in layout.numbers:
        parts.append(metadata[begin:number_begin])
        begin = number_end
    return b"".join([*parts, metadata[begin:]])


def _layout(data: bytes) -> Layout:
    """Follow the flatbuffer's tables. Compression is refused: a few bytes could claim any amount of memory."""
    message = _u32(data, 0)[0]
    if _u8(data, _required(data, message, 1))[0] != RECORD_BATCH:
        raise RecordingError("it is no record batch")
    batch = _follow(data, _required(data, message, 2))
    if _field(data, batch, 3) or _field(data, batch, 4):
        raise RecordingError("it is compressed or of another schema")
    body_size, rows = _required(data, message, 3), _required(data, batch, 0)
    nodes, buffers = (_vector(data, _required(data, batch, field)) for field in (1, 2))
    step_buffer = buffers[0] + STEP_DATA_BUFFER * _node_or_buffer.size
    if step_buffer + _node_or_buffer.size > buffers[1]:
        raise RecordingError("it has too few buffers")
    numbers = sorted([(rows, rows + 8), (body_size, body_size + 8), nodes, buffers])
    ends_and_begins = zip([0, *(end for _, end in numbers)], [*(begin for begin, _ in numbers), len(data)], strict=True)
    if any(end > begin for end, begin in ends_and_begins):
        raise IndexError
    return Layout(rows, body_size, step_buffer, _metadata_value(data, message, NAMES_KEY), numbers)


def _field(data: bytes, table: int, index: int) -> int:
    """Position of a table's field; 0 if it is absent."""
    vtable = table - _i32(data, table)[0]
    if vtable < 0:
        raise IndexError
    entry = 4 + 2 * index
    offset = _u16(data, vtable + entry)[0] if entry < _u16(data, vtable)[0] else 0
    return table + offset if offset else 0


def _required(data: bytes, table: int, index: int) -> int:
    if position := _field(data, table, index):
        return position
    raise RecordingError("its metadata lack a field")


def _follow(data: bytes, position: int) -> int:
    return position + _u32(data, position)[0]


def _vector(data: bytes, position: int) -> tuple[int, int]:
    """Begin and end of a vector of pairs of int64."""
    start = _follow(data, position)
    end = start + 4 + _u32(data, start)[0] * _node_or_buffer.size
    if end > len(data):
        raise IndexError
    return start + 4, end


def _metadata_value(data: bytes, message: int, wanted: bytes) -> bytes:
    pairs = _follow(data, _required(data, message, 4))
    for i in range(min(_u32(data, pairs)[0], 8)):
        pair = _follow(data, pairs + 4 + 4 * i)
        if _string(data, _required(data, pair, 0)) == wanted:
            return _string(data, _required(data, pair, 1))
    raise RecordingError("its metadata lack the names")


def _string(data: bytes, position: int) -> bytes:
    start = _follow(data, position)
    end = start + 4 + _u32(data, start)[0]
    if end > len(data):
        raise IndexError
    return data[start + 4 : end]
