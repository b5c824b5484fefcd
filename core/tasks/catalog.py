"""From a task's config to the task."""

from __future__ import annotations

from pathlib import Path

from .config import TaskConfig
from .recall import Recall
from .task import Task


def make_task(config: TaskConfig, texts: Path | None = None) -> Task:
    """The task that `config` describes.

    Args:
        config: Name, length and the rest; already checked.
        texts: The folder of the users' own texts, `<sha256>.txt`; needed only for these.

    Errors: TextError if the text is missing, altered, or shorter than the task's length.
    """
    if config.name == "recall":
        return Recall(config.length, config.symbols, config.loss_at)
    raise ValueError(f"no task {config.name!r}")
