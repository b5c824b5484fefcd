"""Record until the disk is full, make room, go on. Run with a folder and a way to make room; prints what happened."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import numpy as np

from core.recordings.storage import RecordingError, RecordingWriter, open_recording


def steps_of(path: Path) -> list[int]:
    with open_recording(path) as recording:
        assert recording.damage == ""
        return [row.step for row in recording.rows()]


def append(writer: RecordingWriter, step: int) -> str:
    """Append and flush; the error's sentence, or nothing."""
    try:
        writer.append(step, {"loss": float(step)}, {"norms": np.full(2000, step, np.float32)})
        writer.flush()
    except RecordingError as error:
        return str(error)
    return ""


def main(root: Path, limit: str) -> None:
    if limit == "rlimit":  # Python ignores SIGXFSZ, so that a write beyond the limit fails with EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    writer = RecordingWriter.create(root, config={}, seed=0)
    step, error = 0, ""
    while not error:
        error = append(writer, step)
        step += 1
    failures = [append(writer, step + i) for i in range(30)]
    size = (writer.path / "steps.arrows").stat().st_size
    on_disk = steps_of(writer.path)
    with open_recording(writer.path) as recording:
        whole = recording.stream_size
    if limit == "rlimit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        (root / "ballast").unlink()
    writer.close()
    result = {
        "error": error,
        "failures": failures,
        "size": size,
        "whole": whole,
        "torn": on_disk,
        "first_failed": step - 1,
    }
    print(json.dumps({**result, "steps": steps_of(writer.path), "status": writer.header.status}))  # noqa: T201


main(Path(sys.argv[1]), sys.argv[2])
