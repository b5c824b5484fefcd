"""What a person brings: a file of text, kept by its content."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

PREFIX = "sha256:"


def decoded(data: bytes, most: int, what: str) -> str:
    """The characters of a file of at most `most` bytes, with one newline character a line.

    Errors: ValueError, which begins with `what` (such as "A text"), if it is empty, too large, binary or not UTF-8.
    """
    if not data:
        raise ValueError(f"{what} must have characters, got an empty file; choose another.")
    if len(data) > most:
        raise ValueError(f"{what} may have {most / 1e6:g} MB, got {len(data) / 1e6:.1f} MB; cut out a part.")
    if b"\0" in data:
        raise ValueError(f"{what} must be UTF-8, got a binary file (it holds NUL bytes); save it as plain UTF-8 text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{what} must be UTF-8, got byte 0x{data[error.start]:02x} at place {error.start}, which is not; "
            "save it as UTF-8."
        ) from error
    return re.sub(r"\r\n?", "\n", text)


def keep_file(data: bytes, folder: Path) -> str:
    """Keep a checked file in `folder`, and return its id, "sha256:<hex>".

    Errors: ValueError if it cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(data, folder / f"{digest}.txt")
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"The text must be kept on disk, got: {reason}; free some space and try again.") from error
    return PREFIX + digest


def kept_file(name: str, folder: Path | None) -> bytes:
    """The file of an id. Errors: ValueError if it is not in `folder`, or is not what its id says."""
    digest = name.removeprefix(PREFIX)
    path = None if folder is None else folder / f"{digest}.txt"
    if path is None or not path.is_file():
        raise ValueError(f"The text {digest[:12]}… is not kept here; upload it again.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"The text {digest[:12]}… must be as it was uploaded, got a changed file; upload it again.")
    return data


def _write(data: bytes, path: Path) -> None:
    """Write a whole file or none: others may read the folder meanwhile."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
