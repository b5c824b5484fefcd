"""What an analysis worker computes for the Embeddings page, where models and vectors meet their analyses.

Axes: V tokens, W words of a source of vectors, E length of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.analysis.neighbours import analogy, neighbours_of
from core.models.embedding_costs import EmbeddingCosts, embedding_costs
from core.tasks.catalog import make_task
from core.tasks.vector_store import keep_vectors, load_vectors
from core.tasks.vectors import VectorError, Vectors
from core.training.config import TrainingConfig
from core.training.moment import draw
from core.training.start import initial_model
from dashboard.progress import writer

MOST_REPLAYED = 20_000
"""Steps whose batches are drawn again to count tokens."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Words of a source, nearest first."""

    words: tuple[str, ...]
    cosines: np.ndarray
    """One a word, in [-1, 1]."""
    source: str
    """For people."""


def initial_rows(config: TrainingConfig, model: int, texts: Path | None) -> np.ndarray:
    """The embedding of a run's model before training, shape (V, E), float32.

    Errors: ValueError for a task without tokens; TextError, VectorError.
    """
    task = make_task(config.task, texts)
    if task.vocabulary_size is None:
        raise ValueError(f"{task.title} reads numbers, not tokens, so it has no embedding; choose another task.")
    weight = initial_model(config, model, task, texts).embedding.weight
    assert isinstance(weight, torch.Tensor)
    return weight.detach().numpy()


def times_met(config: TrainingConfig, step: int, texts: Path | None) -> np.ndarray:
    """How often a run had met each token when it came to a step, shape (V,), by drawing its batches again.

    The parameters kept at step k are those before its update, so it is the batches of steps 1…k − 1 that count; that
    of step 0 is measured before any update and teaches nothing.
    """
    task = make_task(config.task, texts)
    counts = np.zeros(len(task.symbols), np.int64)
    for earlier in range(1, min(step, MOST_REPLAYED)):
        counts += np.bincount(draw(task, config, earlier).batch.inputs.numpy().ravel(), minlength=len(counts))
    return counts


def costs() -> EmbeddingCosts:
    """Time and memory of a look-up and of the product that it spares, on this machine."""
    return embedding_costs()


def similar_words(source: str, size: int, word: str, count: int, folder: Path | None) -> Ranked:
    """The words nearest to one. Errors: VectorError, also for a word without a vector."""
    vectors = load_vectors(source, size, folder)
    found = neighbours_of(vectors.matrix, _place(vectors, word), count)
    return Ranked(tuple(vectors.words[place] for place in found.places), found.cosines, vectors.source)


def analogous_words(source: str, size: int, words: tuple[str, str, str], count: int, folder: Path | None) -> Ranked:
    """What is to the third word as the second is to the first. Errors: VectorError."""
    vectors = load_vectors(source, size, folder)
    a, b, c = (_place(vectors, word) for word in words)
    found = analogy(vectors.matrix, (a, b, c), count)
    return Ranked(tuple(vectors.words[place] for place in found.places), found.cosines, vectors.source)


def _place(vectors: Vectors, word: str) -> int:
    place = vectors.places.get(word, vectors.places.get(word.lower()))
    if place is None:
        raise VectorError(f"{word[:40]!r} must be a word of {vectors.source}, which has no vector for it; try another.")
    return place


def keep(path: Path, folder: Path, told: Path) -> str:
    """Read a file of vectors and keep it; its id. Its progress goes into the file `told`. Errors: VectorError."""
    return keep_vectors(path, folder, writer(told))
