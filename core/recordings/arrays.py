"""Arrays: how NumPy arrays and records lie in a row, and how they are believed when they come back.

A record stored as "lstm/gates" lies as an entry of that name, whose dtype is the record's class and whose data its
kind, and one entry "lstm/gates.forget" for each of its arrays. Fields that are None are absent. Nothing is ever
unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import MISSING, fields
from typing import NamedTuple

import numpy as np

from .errors import RecordingError
from .records import GateTrace, GradientFlow

Record = GateTrace | GradientFlow
RECORD_CLASSES: dict[str, type[Record]] = {"GateTrace": GateTrace, "GradientFlow": GradientFlow}
KINDS = ("rnn", "lstm", "gru", "state")
TEXTS = ("kind", "note")
"""Fields that are text: the kind lies in the head, a note as its bytes."""
DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
MAX_DIMENSIONS = 32
MAX_NAME_LENGTH = 200


class NamedArray(NamedTuple):
    """One entry of a row's `arrays` column."""

    name: str
    dtype: str
    """A name in DTYPES, or in RECORD_CLASSES for the entry that heads a record."""
    shape: tuple[int, ...]
    data: bytes | memoryview
    """The array's bytes in C order, little-endian; the kind in UTF-8 for a record's head."""


def check_name(name: str) -> str:
    """Return a name that can be stored. Errors: RecordingError."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH or not _is_unicode(name):
        raise RecordingError(f"A name is text of 1 to {MAX_NAME_LENGTH} characters, got {name!r:.80}; rename it.")
    return name


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def array_to_entry(name: str, array: np.ndarray) -> NamedArray:
    """Copy an array into an entry. Errors: RecordingError for a dtype that is not in DTYPES, objects above all."""
    dtype = DTYPES.get(array.dtype.name)
    if dtype is None or array.ndim > MAX_DIMENSIONS:
        raise RecordingError(
            f"An array holds numbers in at most {MAX_DIMENSIONS} dimensions, got dtype {array.dtype} and "
            f"{array.ndim} dimensions for {name!r}; convert it with .astype(float)."
        )
    return NamedArray(check_name(name), array.dtype.name, array.shape, array.astype(dtype, copy=False).tobytes())


def to_entries(name: str, value: np.ndarray | Record) -> list[NamedArray]:
    """Spread an array or a record over entries. Errors: RecordingError."""
    if isinstance(value, np.ndarray | np.generic):
        return [array_to_entry(name, np.asarray(value))]
    cls = type(value)
    if RECORD_CLASSES.get(cls.__name__) is not cls:
        known = ", ".join(RECORD_CLASSES)
        raise RecordingError(f"A row holds NumPy arrays, {known}; got {cls.__name__} for {name!r}; convert it first.")
    parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in TEXTS}
    if value.note is not None:
        parts["note"] = np.frombuffer(value.note.encode(), np.uint8)
    head = NamedArray(check_name(name), cls.__name__, (), value.kind.encode())
    arrays = [array_to_entry(f"{name}.{part}", np.asarray(array)) for part, array in parts.items() if array is not None]
    return [head, *arrays]


def from_entry(entry: NamedArray) -> np.ndarray:
    """The array of an entry, as a copy of its own. Errors: RecordingError if name, shape and bytes do not agree."""
    dtype = DTYPES.get(entry.dtype)
    if dtype is None:
        raise RecordingError(
            f"An array's dtype is one of {', '.join(DTYPES)}; got {entry.dtype!r:.80}; record it anew."
        )
    shape, size = entry.shape, len(entry.data)
    fits = len(shape) <= MAX_DIMENSIONS and all(0 <= length < 2**48 for length in shape)
    if not fits or math.prod(shape) * dtype.itemsize != size:
        raise RecordingError(f"An array's bytes fill its shape, got {size} bytes for {shape!r:.80}; record it anew.")
    try:
        array = np.frombuffer(entry.data, dtype=np.uint8 if dtype.kind == "b" else dtype).reshape(shape)
    except ValueError:  # (0, 2**40, 2**40): no bytes, and yet too big for NumPy
        raise RecordingError(f"NumPy holds no array of shape {shape!r:.80}; record it anew.") from None
    # `!= 0` also copies, and makes true booleans of bytes that are neither 0 nor 1.
    return np.asarray(array != 0) if dtype.kind == "b" else array.astype(dtype.newbyteorder("="), copy=True)


def from_entries(
    entries: Iterable[NamedArray], wanted: Collection[str] | None = None
) -> dict[str, np.ndarray | Record]:
    """Arrays and records of one row, by name; only the wanted ones are built. Errors: RecordingError."""
    by_name = {entry.name: entry for entry in entries}
    heads = [entry for entry in by_name.values() if entry.dtype in RECORD_CLASSES]
    parts = {f"{head.name}.{part}" for head in heads for part in _array_fields(head.dtype)}
    built: dict[str, np.ndarray | Record] = {}
    for name, entry in by_name.items():
        if name in parts or (wanted is not None and name not in wanted):
            continue
        built[name] = _record(entry, by_name.get) if entry.dtype in RECORD_CLASSES else from_entry(entry)
    return built


def _array_fields(class_name: str) -> dict[str, bool]:
    """Name → whether the record needs it."""
    return {f.name: f.default is MISSING for f in fields(RECORD_CLASSES[class_name]) if f.name != "kind"}


def _record(head: NamedArray, find: Callable[[str], NamedArray | None]) -> Record:
    kind = bytes(head.data).decode(errors="replace")
    if kind not in KINDS:
        raise RecordingError(f"A {head.dtype}'s kind is one of {', '.join(KINDS)}; got {kind!r:.80}; record it anew.")
    arrays = {}
    for part, needed in _array_fields(head.dtype).items():
        entry = find(f"{head.name}.{part}")
        if entry is None and needed:
            raise RecordingError(f"A {head.dtype} needs {part!r}, {head.name!r:.80} has none; record it anew.")
        arrays[part] = None if entry is None else from_entry(entry)
    if (note := arrays.pop("note")) is not None:
        return RECORD_CLASSES[head.dtype](kind=kind, note=note.tobytes().decode(errors="replace"), **arrays)  # type: ignore[arg-type]
    return RECORD_CLASSES[head.dtype](kind=kind, **arrays)  # type: ignore[arg-type]
