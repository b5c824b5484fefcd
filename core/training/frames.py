"""Length-prefixed pickles over a pipe: how the pool and its worker processes, one program, talk to each other."""

from __future__ import annotations

import pickle
import struct
from typing import BinaryIO

PREFIX = struct.Struct(">Q")


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    """Write one whole frame. Errors: BrokenPipeError when the other side is gone."""
    stream.write(PREFIX.pack(len(payload)) + payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes:
    """The next frame's payload. Errors: EOFError when the other side is gone, also amid a frame."""
    (length,) = PREFIX.unpack(_read_exactly(stream, PREFIX.size))
    return _read_exactly(stream, length)


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError(f"the pipe ended after {len(data)} of {length} bytes")
    return data


def dump_outcome(result: object, error: BaseException | None) -> bytes:
    """What a call gave, pickled; a result or an error that does not pickle becomes an error that says so."""
    try:
        return pickle.dumps((result, error))
    except Exception as trouble:
        what = "result" if error is None else f"error {error!r}"
        return pickle.dumps((None, RuntimeError(f"the call's {what} does not pickle: {trouble}")))
