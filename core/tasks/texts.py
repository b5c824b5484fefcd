"""Real text to learn from: what ships with Python, and what a person brings.

A text is a sequence of characters; the 256 most frequent have a token each, the others share one.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .library_source import held_out_modules, library_modules

MAX_BYTES = 5_000_000
MIN_CHARACTERS = 500
"""More than the longest sequence, so that any length fits."""
MAX_CHARACTERS_KNOWN = 256
UNKNOWN = "[unk]"
UNSEEN = "python-unseen"
"""The modules of the standard library that the shipped model was not trained on: to be read, not to be learnt."""


class TextError(ValueError):
    """A text cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Corpus:
    """A text as tokens."""

    tokens: np.ndarray
    """The text, shape (characters,), int16: places in `symbols`."""
    symbols: tuple[str, ...]
    """The characters known, by code point, and `[unk]` at the end if there are more."""

    def frequencies(self) -> np.ndarray:
        """The share of each token, shape (V,); sums to 1."""
        return np.bincount(self.tokens, minlength=len(self.symbols)) / len(self.tokens)


def store_text(data: bytes, folder: Path) -> str:
    """Check a person's text, keep it in `folder`, and return its id, "sha256:<hex>".

    Errors: TextError if it is empty, too large, binary, not UTF-8, too short, of one character, or cannot be written.
    """
    decode_text(data)
    digest = hashlib.sha256(data).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(data, folder / f"{digest}.txt")
    except OSError as error:
        reason = error.strerror or error
        raise TextError(f"The text must be kept on disk, got: {reason}; free some space and try again.") from error
    return f"sha256:{digest}"


def decode_text(data: bytes) -> str:
    """The characters of a person's text, with one newline character a line. Errors: TextError, as `store_text`."""
    if not data:
        raise TextError("A text must have characters, got an empty file; choose another.")
    if len(data) > MAX_BYTES:
        raise TextError(f"A text may have {MAX_BYTES / 1e6:g} MB, got {len(data) / 1e6:.1f} MB; cut out a part.")
    if b"\0" in data:
        raise TextError("A text must be UTF-8, got a binary file (it holds NUL bytes); save it as plain UTF-8 text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"A text must be UTF-8, got byte 0x{data[error.start]:02x} at place {error.start}, which is not; "
            "save it as UTF-8."
        ) from error
    text = re.sub(r"\r\n?", "\n", text)
    if len(text) < MIN_CHARACTERS:
        raise TextError(f"A text needs {MIN_CHARACTERS} characters, got {len(text)}; choose a longer one.")
    if len(set(text)) == 1:
        raise TextError(f"A text needs two different characters, got only {text[0]!r}; there is nothing to predict.")
    return text


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


@lru_cache(maxsize=4)
def load_corpus(text: str, folder: Path | None = None) -> Corpus:
    """The corpus of TaskConfig.text; `folder` holds the users' own texts.

    Errors: TextError if the text is not there, or is not what its id says.
    """
    return tokenize(read_text(text, folder))


@lru_cache(maxsize=4)
def read_text(text: str, folder: Path | None = None) -> str:
    """The characters of TaskConfig.text, or of UNSEEN. Errors: TextError, as `load_corpus`."""
    readers = {"python-reference": _python_reference, "python-source": _python_source, UNSEEN: _python_unseen}
    return readers[text]() if text in readers else _own_text(text, folder)


def tokenize(text: str) -> Corpus:
    """A corpus of the text's most frequent characters; of equally frequent ones, those of the lower code points."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    counts = np.bincount(points)
    by_frequency = np.argsort(-counts, kind="stable")[:MAX_CHARACTERS_KNOWN]
    known = np.sort(by_frequency[counts[by_frequency] > 0])
    place = np.full(len(counts), len(known), dtype=np.int16)
    place[known] = np.arange(len(known))
    has_others = np.count_nonzero(counts) > len(known)
    return Corpus(place[points], (*map(chr, known), *([UNKNOWN] if has_others else [])))


def _python_reference() -> str:
    try:
        topics = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise TextError(
            "python-reference needs pydoc_data.topics of the standard library, got none; use another text."
        ) from error
    return "\n".join(topics[name] for name in sorted(topics))


def _python_source() -> str:
    return _joined("python-source", library_modules())


def _python_unseen() -> str:
    return _joined(UNSEEN, held_out_modules())


def _joined(name: str, modules: Mapping[str, str]) -> str:
    if not modules:
        raise TextError(f"{name} needs the standard library's source files, got none; use another text.")
    return "\n".join(modules.values())


def _own_text(text: str, folder: Path | None) -> str:
    digest = text.removeprefix("sha256:")
    path = None if folder is None else folder / f"{digest}.txt"
    if path is None or not path.is_file():
        raise TextError(f"The text {digest[:12]}… is not kept here; upload it again.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise TextError(f"The text {digest[:12]}… must be as it was uploaded, got a changed file; upload it again.")
    return decode_text(data)
