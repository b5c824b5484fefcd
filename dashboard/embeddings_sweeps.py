"""Runs that say what pretrained vectors change: one table drawn, one tuned, one frozen, on the same batches."""

from __future__ import annotations

from pathlib import Path

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.sweep import SweepConfig

SHIPPED_TREATMENTS = Path(__file__).resolve().parents[1] / "assets" / "pretrained-or-not"
"""The recording of `treatments_sweep("counted", 50, 300)`."""
SEEDS = (0, 1, 2)
UNITS, WORDS, LENGTH, BATCH, RATE = 64, 1000, 20, 32, 3e-3


def treatments_sweep(vectors: str, size: int, steps: int) -> SweepConfig:
    """Three ways to begin a table, next word of Python's reference, several seeds."""
    drawn = ModelConfig("lstm", UNITS, embedding_size=size)
    tuned = ModelConfig("lstm", UNITS, embedding_size=size, vectors=vectors)
    frozen = ModelConfig("lstm", UNITS, embedding_size=size, vectors=vectors, frozen=True)
    task = TaskConfig("next_word", LENGTH, words=WORDS)
    return SweepConfig(TrainingConfig(task, (drawn, tuned, frozen), steps, BATCH, learning_rate=RATE), (), SEEDS)
