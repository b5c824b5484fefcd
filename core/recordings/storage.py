"""Storage: everything that others need to write, tail, open, list and export recordings.

A recording is a folder `<root>/<run-id>/` with `run.json` (the header, replaced atomically) and `steps.arrows` (an
append-only Arrow IPC stream, one row a training step): one writer, any number of readers, no locks between them.
"""

from __future__ import annotations

from .arrays import Record
from .batches import Row
from .errors import RecordingError, RecordNotFoundError
from .export import export_csv, export_zip
from .header import ACTIVE_STATUSES, HEADER_NAME, STATUSES, RunHeader, read_header, write_header
from .reader import Recording, open_recording
from .run_id import RUN_ID, check_run_id, new_run_id
from .runs import list_runs
from .stream_file import STREAM_NAME
from .writer import RecordingWriter

__all__ = [
    "ACTIVE_STATUSES",
    "HEADER_NAME",
    "RUN_ID",
    "STATUSES",
    "STREAM_NAME",
    "Record",
    "RecordNotFoundError",
    "Recording",
    "RecordingError",
    "RecordingWriter",
    "Row",
    "RunHeader",
    "check_run_id",
    "export_csv",
    "export_zip",
    "list_runs",
    "new_run_id",
    "open_recording",
    "read_header",
    "write_header",
]
