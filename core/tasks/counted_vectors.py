"""Vectors counted rather than learnt: which words stand near which in the standard library's prose, factorised.

Axes: W words, E length of a vector.

    PPMI(w, c) = max(0, ln P(w, c) / (P(w) P(c)))        M ≈ U Σ Uᵀ, and the vector of w is row w of U √Σ
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .vectors import Vectors
from .word_corpus import count_words, library_prose

WORDS, WINDOW = 2000, 4
"""How many words have a vector, and how far a neighbour may stand."""
ROUNDS, SPARE = 6, 16
"""Of the subspace iteration: how often, and with how many directions beyond those kept."""


@lru_cache(maxsize=4)
def counted_vectors(size: int) -> Vectors:
    """Vectors of the words of Python's standard library's comments and docstrings (Levy & Goldberg, 2014).

    Their root mean square is 1, as of drawn rows. The same for everybody: the text is Python's own, the start fixed.
    Errors: TextError where Python came without its sources.
    """
    words = library_prose()
    known = count_words(list(words), WORDS)
    places = {word: place for place, word in enumerate(known)}
    tokens = np.array([places.get(word, WORDS) for word in words])
    vectors = factors(positive_information(neighbour_counts(tokens, len(known), WINDOW)), size)
    vectors /= np.sqrt(np.mean(vectors**2))
    source = f"counted in the standard library's prose, {len(known):,} vectors of {size} (Levy & Goldberg, 2014)"
    return Vectors(known, vectors.astype(np.float32), source)


def neighbour_counts(tokens: np.ndarray, words: int, window: int) -> np.ndarray:
    """How often two words stand at most `window` places apart, shape (W, W), symmetric; others than W are no words."""
    counts = np.zeros((words, words), np.float32)
    for distance in range(1, window + 1):
        left, right = tokens[:-distance], tokens[distance:]
        both = (left < words) & (right < words)
        flat = np.bincount(left[both] * words + right[both], minlength=words * words)
        counts += flat.reshape(words, words)
    return counts + counts.T


def positive_information(counts: np.ndarray) -> np.ndarray:
    """Positive pointwise mutual information of the counts, in nats, shape (W, W) (Church & Hanks, 1990)."""
    total = counts.sum(dtype=np.float64)
    share = (counts.sum(axis=1, dtype=np.float64) / total).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / np.float32(total) / np.outer(share, share))
    return np.where(counts > 0, np.maximum(information, 0), np.float32(0))


def factors(matrix: np.ndarray, size: int) -> np.ndarray:
    """U √|Λ| of the `size` largest eigenvalues of a symmetric matrix, shape (W, size), by subspace iteration."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((len(matrix), min(size + SPARE, len(matrix)))))[0].astype(matrix.dtype)
    for _ in range(ROUNDS):
        basis = np.linalg.qr(matrix @ basis)[0]
    values, turned = np.linalg.eigh(basis.T @ matrix @ basis)
    largest = np.argsort(-np.abs(values))[:size]
    return basis @ turned[:, largest] * np.sqrt(np.abs(values[largest]))
