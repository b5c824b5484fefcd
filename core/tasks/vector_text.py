"""Vectors from a text file, as GloVe and word2vec write them: a word and its numbers a line, read as a stream.

Axes: W words, E length of a vector.

    the 0.418 0.24968 -0.41242          GloVe: from the first line on
    2 3                                 word2vec: how many words, and their length, before them
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .vectors import VectorError, Vectors

MAX_WORDS, MAX_SIZE = 1_000_000, 1024
MAX_BYTES = 8_000_000_000
"""Of a file; what is kept of it is bounded by MAX_NUMBERS."""
MAX_NUMBERS = 100_000_000
"""W × E, 400 MB in float32."""
LONGEST_LINE = 65_536
BLOCK = 8192
"""Words that are checked and kept together."""
Progress = Callable[[float], None]


def read_text_vectors(path: Path, progress: Progress = lambda share: None) -> Vectors:
    """Read a file of word vectors; of a word that comes twice the first line counts.

    Args:
        path: The file, UTF-8.
        progress: Told the share of the file that is read, in [0, 1], every BLOCK words.

    Errors: VectorError that names the line, for one that is no word with as many finite numbers as the first, and for
    a file that is too large, empty or cannot be read.
    """
    try:
        total = path.stat().st_size
        if total > MAX_BYTES:
            raise VectorError(
                f"a file of vectors has at most {MAX_BYTES / 1e9:g} GB, got {total / 1e9:.1f}; keep its first lines."
            )
        with path.open("rb") as file:
            return _read(file, path.name, lambda: progress(min(file.tell() / max(total, 1), 1.0)))
    except OSError as error:
        raise VectorError(f"{path.name} cannot be read: {error.strerror or error}; choose another file.") from None


def _read(file: BinaryIO, name: str, tick: Callable[[], None]) -> Vectors:
    lines = _lines(file)
    number, first = next(lines, (0, b""))
    if not first.strip():
        raise VectorError(f"{name} holds no vectors: line 1 is empty; choose a file of words with numbers.")
    is_header = len(first.split()) == 2 and first.split()[1].isdigit()
    size = _size(first, number, is_header)
    reading = _Reading(size)
    if not is_header:
        reading.add(number, first)
    for number, line in lines:
        reading.add(number, line)
        if reading.is_block_full:
            reading.keep()
            tick()
    reading.keep()
    tick()
    return reading.vectors(name)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered from 1, without what ends them. Errors: VectorError for one that is longer than any vector's."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise VectorError(f"line {number} has more than {LONGEST_LINE:,} bytes; this is no file of word vectors.")
        yield number, line.rstrip(b"\r\n")


def _size(first: bytes, number: int, is_header: bool) -> int:
    """E, from the header or from the first vector. Errors: VectorError."""
    parts = first.split()
    size = int(parts[1][:9]) if is_header else len(parts) - 1
    if not 2 <= size <= MAX_SIZE:
        raise VectorError(
            f"line {number} must hold a word and 2 to {MAX_SIZE} numbers, got {size}: {_quoted(first)}; "
            "choose a file in the form of GloVe or word2vec."
        )
    return size


class _Reading:
    """Words and numbers so far, checked block by block."""

    def __init__(self, size: int):
        self.size = size
        self.words: dict[str, None] = {}
        self._blocks: list[np.ndarray] = []
        self._lines: list[int] = []  # which ones the block is of
        self._values = array("d")

    @property
    def is_block_full(self) -> bool:
        return len(self._lines) == BLOCK

    def add(self, number: int, line: bytes) -> None:
        """Errors: VectorError."""
        word, *fields = line.rstrip().rsplit(b" " if b"\t" not in line else None, self.size)
        try:
            written = word.decode()
            if len(fields) != self.size or not written or _ends_in_number(written):
                raise ValueError("more or fewer")
            if written in self.words:
                return
            self._values.extend(map(float, fields))
        except ValueError as error:
            what = "bytes that are not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise VectorError(
                f"line {number} must hold a word and {self.size} numbers, as the first vector does, got "
                f"{_quoted(line)} ({what}); mend or remove it."
            ) from None
        self._lines.append(number)
        self.words[written] = None

    def keep(self) -> None:
        """Errors: VectorError for a number that is not finite, and for too many words."""
        with np.errstate(over="ignore"):  # what is too large for float32 is found next
            block = np.frombuffer(self._values).reshape(-1, self.size).astype(np.float32)
        finite = np.isfinite(block).all(axis=1)
        if not finite.all():
            number = self._lines[int(np.argmin(finite))]
            raise VectorError(f"line {number} must hold finite numbers, got NaN, Inf or a number too large; remove it.")
        most = min(MAX_WORDS, MAX_NUMBERS // self.size)
        if len(self.words) > most:
            raise VectorError(
                f"this server keeps at most {most:,} vectors of {self.size} numbers, got more; "
                "cut the file to its first lines, which are mostly the most frequent words."
            )
        self._blocks.append(block)
        self._lines, self._values = [], array("d")

    def vectors(self, name: str) -> Vectors:
        words = tuple(self.words)
        self.words.clear()
        if not words:
            raise VectorError(f"{name} holds no vectors after its first line; choose a file of words with numbers.")
        matrix = np.empty((len(words), self.size), np.float32)
        at = 0
        while self._blocks:
            block = self._blocks.pop(0)
            matrix[at : at + len(block)] = block
            at += len(block)
        return Vectors(words, matrix, f"{name}, {len(words):,} vectors of {self.size}")


def _ends_in_number(word: str) -> bool:
    """Whether a word with a space in it ends as a number does, which is then one number too many."""
    *_, last = word.split(" ") if " " in word else ("",)
    try:
        float(last)
    except ValueError:
        return False
    return True


def _quoted(line: bytes) -> str:
    text = line[:48].decode("utf-8", "replace")
    return repr(text + "…" if len(line) > 48 else text)
