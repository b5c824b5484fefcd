"""Recordings made by hand, a reader that asks for everything, and equality to the bit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np

from core.recordings.storage import RecordingError, RecordingWriter, Row, open_recording


def record_steps(root: Path, steps: Iterable[int], *, width: int = 3) -> Path:
    """Record `steps`, one message each; the loss is the step, the array "norms" holds `width` of it."""
    with RecordingWriter.create(root, config={"width": width}, seed=0) as writer:
        for step in steps:
            append_step(writer, step, width)
            writer.flush()
    return writer.path


def record_quickly(root: Path, steps: Iterable[int], *, width: int = 50) -> Path:
    """Record `steps` as training does, many to a message."""
    with RecordingWriter.create(root, config={}, seed=0) as writer:
        for step in steps:
            append_step(writer, step, width)
    return writer.path


def append_step(writer: RecordingWriter, step: int, width: int = 3) -> None:
    writer.append(step, {"loss": float(step)}, {"norms": np.full(width, step, np.float32)})


def stream(path: Path) -> Path:
    return path / "steps.arrows"


def read_everything(path: Path) -> tuple[list[Row], str]:
    """Ask a recording for all that it can give. Only RecordingError may come instead."""
    with open_recording(path) as recording:
        recording.refresh()
        frame = recording.scalars()
        rows = list(recording.rows())
        for name in recording.names():
            try:
                recording.record(name)
            except RecordingError:
                pass
        assert len(frame) <= len(recording.steps)
        return rows, recording.damage


def bytes_read() -> int:
    """Bytes that this process has read from files so far, counted by the kernel."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


def same_array(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_record(a, b) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and same_array(a, b)
    pairs = [(getattr(a, field.name), getattr(b, field.name)) for field in fields(a)]
    return type(a) is type(b) and all(same_array(x, y) if isinstance(x, np.ndarray) else x == y for x, y in pairs)


def same_scalars(a: dict[str, float], b: dict[str, float]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


def same_row(row: Row, step: int, scalars: dict, records: dict) -> bool:
    return (
        row.step == step
        and same_scalars(row.scalars, scalars)
        and row.records.keys() == records.keys()
        and all(same_record(records[name], row.records[name]) for name in records)
    )
