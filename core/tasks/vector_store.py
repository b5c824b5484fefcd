"""Vectors by the id that a model's config says: counted, of a package, or of a file that was read once and kept.

Axes: W words, V tokens of a task, E length of a vector.

A file is kept as what numpy maps from disk, `<sha256>.npy`, and its words, `<sha256>.words.json`, so that a worker
reads the few rows that it needs, not the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from .counted_vectors import counted_vectors
from .vector_packages import MODULES, SIZES, package_vectors
from .vector_tensors import read_tensor_vectors
from .vector_text import Progress, read_text_vectors
from .vectors import VectorError, Vectors

COUNTED, OWN = "counted", "sha256:"
TENSORS = ".safetensors"


def keep_vectors(path: Path, folder: Path, progress: Progress = lambda share: None) -> str:
    """Read a file of vectors, keep it in `folder`, and return its id, "sha256:<hex>", of words and numbers.

    Errors: VectorError, as the readers say, and if it cannot be written.
    """
    is_tensors = path.suffix == TENSORS
    vectors = read_tensor_vectors(path) if is_tensors else read_text_vectors(path, progress)
    words = json.dumps(vectors.words, ensure_ascii=False).encode()
    digest = hashlib.sha256(words)
    digest.update(np.ascontiguousarray(vectors.matrix).data)
    name = digest.hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{name}.words.json", words)
        _write(folder / f"{name}.npy", vectors.matrix)
    except OSError as error:
        raise VectorError(
            f"the vectors must be kept on disk, got: {error.strerror or error}; free some space."
        ) from None
    return OWN + name


def _write(path: Path, content: bytes | np.ndarray) -> None:
    """Write a whole file or none: others may read the folder meanwhile."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                np.save(file, content, allow_pickle=False)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


@lru_cache(maxsize=2)
def _own(digest: str, folder: Path | None) -> Vectors:
    words, numbers = (None if folder is None else folder / f"{digest}{end}" for end in (".words.json", ".npy"))
    if words is None or numbers is None or not (words.is_file() and numbers.is_file()):
        raise VectorError(f"the vectors {digest[:12]}… are not kept here; give their file again.")
    try:
        known = tuple(json.loads(words.read_bytes()))
        matrix = np.load(numbers, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise VectorError(f"the vectors {digest[:12]}… must be as they were kept, got: {error!s:.80}.") from None
    if matrix.shape[:1] != (len(known),):
        raise VectorError(f"the vectors {digest[:12]}… must be as they were kept; give their file again.")
    return Vectors(known, matrix, f"vectors {digest[:8]}…, {len(known):,} of {matrix.shape[1]}")


def vectors_size(source: str, folder: Path | None = None) -> int | None:
    """E of a source; None for "counted", which has any. Errors: VectorError for a file that is not kept."""
    if source == COUNTED:
        return None
    return SIZES[source] if source in SIZES else _own(source.removeprefix(OWN), folder).size


def kept_sources(folder: Path) -> list[str]:
    """The ids of the files of vectors that are kept there."""
    return sorted(OWN + path.name.removesuffix(".words.json") for path in folder.glob("*.words.json"))


def load_vectors(source: str, size: int, folder: Path | None = None) -> Vectors:
    """The vectors of ModelConfig.vectors.

    Args:
        source: "counted", a package, or "sha256:<hex>".
        size: E, which only "counted" has in any length.
        folder: Where files of one's own are kept.

    Errors: VectorError if they are not there or have another length; TextError.
    """
    if source == COUNTED:
        return counted_vectors(size)
    vectors = package_vectors(source) if source in MODULES else _own(source.removeprefix(OWN), folder)
    if vectors.size != size:
        raise VectorError(f"these vectors need embedding_size {vectors.size}, got {size}; set it so.")
    return vectors


def task_rows(source: str, size: int, tokens: Sequence[str], folder: Path | None = None) -> np.ndarray:
    """The vectors of a task's tokens, shape (V, E), float32; NaN for a token without one. Errors: as `load_vectors`.

    Errors: VectorError also if no token has one.
    """
    rows = load_vectors(source, size, folder).rows(tokens)
    if len(rows) == 0 or np.isnan(rows).any(axis=1).all():
        raise VectorError("none of the task's tokens has a vector there; choose a task of words, such as next word.")
    return rows
