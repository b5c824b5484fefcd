"""The header of a recording, `run.json`: what was run, by whom, and how it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .errors import RecordingError
from .files import describe, read_whole, replace
from .run_id import RUN_ID

HEADER_NAME = "run.json"
FORMAT = 1
MAX_HEADER_BYTES = 4_000_000
MAX_TIME = 1e12
ACTIVE_STATUSES = ("queued", "running", "paused")
STATUSES = (*ACTIVE_STATUSES, "finished", "ended", "diverged", "crashed", "failed")


@dataclass(frozen=True)
class RunHeader:
    """What a recording says of itself."""

    id: str
    """The run's id, which is its folder's name."""
    created: float
    """Unix time in seconds."""
    status: str
    """One of STATUSES; "ended": by a person, "crashed": its process died, "failed": it raised an exception."""
    heartbeat: float
    """Unix time in seconds at which the writer was last seen."""
    message: str
    """One sentence for the person at the screen; empty if there is nothing to say."""
    config: dict
    """The run's config as JSON."""
    seed: int
    versions: dict
    """Package name → version."""
    owner: dict
    """Who writes: "host", "pid", and "server" if a dashboard started the run."""
    last_step: int
    """The newest step at the last heartbeat; −1 before the first."""
    format: int = FORMAT

    @property
    def is_active(self) -> bool:
        """True while somebody is expected to write."""
        return self.status in ACTIVE_STATUSES


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and -MAX_TIME < value < MAX_TIME  # neither NaN nor infinite


def _is_integer(value: object) -> bool:
    return type(value) is int


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


CHECKS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "id": ("a run id", lambda value: isinstance(value, str) and RUN_ID.fullmatch(value) is not None),
    "created": ("a time", _is_time),
    "status": (f"one of {', '.join(STATUSES)}", lambda value: isinstance(value, str) and value in STATUSES),
    "heartbeat": ("a time", _is_time),
    "message": ("text", _is_text),
    "config": ("an object", _is_dict),
    "seed": ("an integer", _is_integer),
    "versions": ("an object", _is_dict),
    "owner": ("an object", _is_dict),
    "last_step": ("an integer", _is_integer),
    "format": (
        f"the integer {FORMAT} (a larger one is of a newer Unroll)",
        lambda value: _is_integer(value) and value == FORMAT,
    ),
}


def check_header(values: dict) -> None:
    """Check names and types of a header's fields. Errors: RecordingError."""
    for name, (rule, holds) in CHECKS.items():
        if name not in values:
            raise RecordingError(f"{HEADER_NAME} needs the field {name!r}, it is missing; this is no recording.")
        if not holds(values[name]):
            shown = repr(values[name])[:80]
            raise RecordingError(f"{HEADER_NAME} needs {rule} as {name!r}, got {shown}; record the run anew.")


def header_to_json(header: RunHeader) -> bytes:
    """The header as UTF-8 JSON. Errors: RecordingError for a config that JSON cannot hold or that is too large."""
    try:
        values = asdict(header)
        check_header(values)
        content = json.dumps(values, indent=1).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RecordingError(
            f"A header holds plain JSON, got {error}; turn numbers and tuples into plain ones."
        ) from None
    if len(content) > MAX_HEADER_BYTES:
        raise RecordingError(f"A header may have {MAX_HEADER_BYTES} bytes, got {len(content)}; record arrays as rows.")
    return content


def write_header(path: Path, header: RunHeader) -> None:
    """Replace a folder's `run.json` atomically. Errors: RecordingError; the old header then stays as it was."""
    content = header_to_json(header)
    try:
        replace(Path(path) / HEADER_NAME, content)
    except FileNotFoundError:
        raise vanished(Path(path)) from None
    except OSError as error:
        raise not_written(Path(path), error) from None


def read_header(path: Path) -> RunHeader:
    """Read and check a folder's `run.json`. Errors: RecordingError."""
    path = Path(path)
    try:
        values = json.loads(read_whole(path / HEADER_NAME, MAX_HEADER_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        raise RecordingError(
            f"A recording is a folder with {HEADER_NAME}, {path.name!r} has none; choose another."
        ) from None
    except OSError as error:
        raise RecordingError(
            f"{HEADER_NAME} of {path.name!r} cannot be read: {describe(error)}; check the disk."
        ) from None
    except (ValueError, RecursionError):
        raise RecordingError(f"{HEADER_NAME} of {path.name!r} must be JSON, it is not; this is no recording.") from None
    if not isinstance(values, dict):
        raise RecordingError(f"{HEADER_NAME} of {path.name!r} must be a JSON object; this is no recording.")
    check_header(values)
    return RunHeader(**{field.name: values[field.name] for field in fields(RunHeader)})


def vanished(path: Path) -> RecordingError:
    """The error for a folder that somebody removed or moved."""
    return RecordingError(
        f"The folder of recording {path.name!r} vanished while in use; restore it or start a new run."
    )


def not_written(path: Path, error: OSError) -> RecordingError:
    """The error for a disk that does not take what is written."""
    return RecordingError(
        f"Recording {path.name!r} needs room to write, the disk says {describe(error)!r}; "
        "free some space. What was written before is kept."
    )
