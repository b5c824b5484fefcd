"""Runs: the recordings under one root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .errors import RecordingError
from .files import describe
from .header import RunHeader, read_header
from .run_id import check_run_id


def list_runs(root: Path) -> tuple[list[RunHeader], list[str]]:
    """The headers of all runs, newest first, and one sentence for each folder that could not be read.

    Files and hidden folders are no runs and pass unmentioned. A root that does not exist yet has no runs.
    """
    headers, problems = [], []
    for folder in _folders(Path(root)):
        try:
            # A copied folder still carries its original's id; the folder's name is what opens it.
            headers.append(replace(read_header(folder), id=check_run_id(folder.name)))
        except RecordingError as error:
            problems.append(f"{folder.name}: {error}")
    return sorted(headers, key=lambda header: (header.created, header.id), reverse=True), problems


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(entry for entry in root.iterdir() if not entry.name.startswith(".") and entry.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordingError(f"The runs' folder cannot be read: {describe(error)}; check its permissions.") from None
