"""Real text to learn from: what ships with Python, and what a person brings.

A text is a sequence of characters; the 256 most frequent have a token each, the others share one.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .library_source import held_out_modules, library_modules
from .own_files import decoded, keep_file, kept_file

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
    try:
        return keep_file(data, folder)
    except ValueError as error:
        raise TextError(str(error)) from error


def decode_text(data: bytes) -> str:
    """The characters of a person's text, with one newline character a line. Errors: TextError, as `store_text`."""
    try:
        text = decoded(data, MAX_BYTES, "A text")
    except ValueError as error:
        raise TextError(str(error)) from error
    if len(text) < MIN_CHARACTERS:
        raise TextError(f"A text needs {MIN_CHARACTERS} characters, got {len(text)}; choose a longer one.")
    if len(set(text)) == 1:
        raise TextError(f"A text needs two different characters, got only {text[0]!r}; there is nothing to predict.")
    return text


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
    try:
        data = kept_file(text, folder)
    except ValueError as error:
        raise TextError(str(error)) from error
    return decode_text(data)
