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
RECORD_BATCH = 3
STEP_DATA_BUFFER = 1  # buffer 0 is the validity of `step`

_u8, _u16, _i32, _u32, _i64 = (struct.Struct("<" + code).unpack_from for code in "BHiIq")
_buffer = struct.Struct("<qq").unpack_from


class MessageHead(NamedTuple):
    """What a record batch's metadata says of its body."""

    rows: int
    body_size: int
    """Bytes."""
    steps_offset: int
    """Where the int64 steps lie in the body, in bytes."""
    names: bytes
    """The names in it, see `batches.decode_names`."""


def metadata_size(prefix: bytes) -> int | None:
    """Length of the metadata that follows a prefix of eight bytes; None at an end-of-stream mark or in a hole of zeros.

    Errors: RecordingError for bytes that begin no message.
    """
    continuation, size = PREFIX.unpack(prefix)
    # A network filesystem or a power cut can show a file's length before its content: zeros are "not there yet".
    if (continuation, size) in ((0, 0), (CONTINUATION, 0)):
        return None
    if continuation != CONTINUATION or size > MAX_METADATA_BYTES or size % 8:
        raise RecordingError("no message begins there")
    return size


def parse_metadata(metadata: bytes) -> MessageHead:
    """Read a record batch's metadata. Errors: RecordingError for any other message, and for compression.

    Compression is refused because a few bytes could claim any amount of memory.
    """
    try:
        return _parse(metadata)
    except (struct.error, IndexError):
        raise RecordingError("its metadata point out of it") from None


def _parse(data: bytes) -> MessageHead:
    message = _u32(data, 0)[0]
    if _u8(data, _required(data, message, 1))[0] != RECORD_BATCH:
        raise RecordingError("it is no record batch")
    batch = _follow(data, _required(data, message, 2))
    body_size = _i64(data, _required(data, message, 3))[0]
    rows = _i64(data, _required(data, batch, 0))[0]
    buffers = _follow(data, _required(data, batch, 2))
    if _field(data, batch, 3) or _field(data, batch, 4) or _u32(data, buffers)[0] <= STEP_DATA_BUFFER:
        raise RecordingError("it is compressed or of another schema")
    offset, size = _buffer(data, buffers + 4 + 16 * STEP_DATA_BUFFER)
    if not (0 < rows <= size // 8 and 0 <= offset <= offset + size <= body_size):
        raise RecordingError(f"it claims {rows} rows in {size} bytes")
    return MessageHead(rows, body_size, offset, _metadata_value(data, message, NAMES_KEY))


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
