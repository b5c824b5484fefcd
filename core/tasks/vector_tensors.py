"""Vectors from a safetensors file: one matrix, and its words beside it or in its header; nothing is unpickled.

Axes: W words, E length of a vector.

The words are JSON in the file's metadata under "words" or "vocabulary", or the lines of a text file of the same name
that ends in `.txt`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .vector_text import MAX_NUMBERS, MAX_SIZE, MAX_WORDS
from .vectors import VectorError, Vectors

KEYS = ("words", "vocabulary", "vocab")
"""Of the metadata, in the order in which they are looked for."""


def read_tensor_vectors(path: Path) -> Vectors:
    """Read the one matrix of a safetensors file as vectors.

    Errors: VectorError for another file, more than one matrix, no words or as many as do not fit, numbers that are not
    finite.
    """
    from safetensors import SafetensorError, safe_open  # slow to load, and only those who bring such a file need it

    try:
        with safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if len(file.get_slice(name).get_shape()) == 2]
            if len(names) != 1:
                raise VectorError(f"{path.name} must hold one matrix, got {len(names)}; keep the vectors alone.")
            _check_shape(path.name, file.get_slice(names[0]).get_shape())
            metadata, matrix = file.metadata() or {}, file.get_tensor(names[0])
    except (SafetensorError, TypeError) as error:
        raise VectorError(f"{path.name} must be safetensors of numbers, got: {error!s:.120}; save it anew.") from None
    except OSError as error:
        raise VectorError(f"{path.name} cannot be read: {error.strerror or error}; choose another file.") from None
    words = _words(path, metadata)
    return checked_vectors(words, matrix, path.name)


def checked_vectors(words: tuple[str, ...], matrix: np.ndarray, name: str) -> Vectors:
    """Vectors whose words and numbers fit. Errors: VectorError."""
    if len(words) != len(matrix) or len(set(words)) != len(words):
        raise VectorError(
            f"{name} needs a different word for each of its {len(matrix):,} rows, got {len(set(words)):,}; "
            "give one word a row."
        )
    matrix = np.asarray(matrix, np.float32)
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        raise VectorError(f"row {int(np.argmin(finite)) + 1} of {name} must hold finite numbers; remove it.")
    return Vectors(words, matrix, f"{name}, {len(words):,} vectors of {matrix.shape[1]}")


def _check_shape(name: str, shape: list[int]) -> None:
    words, size = shape
    if not 2 <= size <= MAX_SIZE or not 1 <= words <= min(MAX_WORDS, MAX_NUMBERS // size):
        raise VectorError(
            f"{name} may hold up to {MAX_WORDS:,} vectors of 2 to {MAX_SIZE} numbers and {MAX_NUMBERS:,} numbers in "
            f"all, got {words:,} × {size:,}; cut it."
        )


def _words(path: Path, metadata: dict[str, str]) -> tuple[str, ...]:
    """From the header, else from the file beside it. Errors: VectorError."""
    beside = path.with_suffix(".txt")
    try:
        for key in KEYS:
            if key in metadata:
                given = json.loads(metadata[key])
                if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
                    raise ValueError
                return tuple(given)
        return tuple(beside.read_text(encoding="utf-8").splitlines())
    except (ValueError, RecursionError):
        raise VectorError(f"the words of {path.name} must be a JSON list of texts or UTF-8 lines; mend them.") from None
    except OSError:
        raise VectorError(
            f"{path.name} says no words: put them into its metadata as JSON under 'words', or a word a line into "
            f"{beside.name} beside it."
        ) from None
