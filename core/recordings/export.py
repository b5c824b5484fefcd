"""Exports: a recording as what other programs read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO

from .errors import RecordingError
from .header import HEADER_NAME, header_to_json
from .reader import Recording, open_recording
from .stream_file import STREAM_NAME

MAX_ZIP_BYTES = 1 << 30


def export_csv(recording: Recording, file: IO[str] | Path | str) -> None:
    """Write the scalars as CSV, one row a step. A scalar that a step lacks is "NaN", as one that was no number."""
    recording.scalars().to_csv(file, na_rep="NaN")


def export_zip(path: Path | str) -> bytes:
    """The folder as a zip that unpacks to a recording, whole messages only, even while somebody writes it.

    Errors: RecordingError for a folder that is no recording, or one that is too large to be held in memory.
    """
    with open_recording(path) as recording:
        if recording.stream_size > MAX_ZIP_BYTES:
            raise RecordingError(
                f"A download has at most {MAX_ZIP_BYTES >> 20} MB, {recording.path.name!r} has "
                f"{recording.stream_size >> 20}; copy its folder instead."
            )
        buffer, folder = io.BytesIO(), recording.path.resolve().name
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(f"{folder}/{HEADER_NAME}", header_to_json(recording.header))
            archive.writestr(f"{folder}/{STREAM_NAME}", recording.stream_bytes())
    return buffer.getvalue()
