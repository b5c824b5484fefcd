"""From a task's config to the task."""

from __future__ import annotations

from pathlib import Path

from .adding import Adding1997, AddingUnit
from .config import TaskConfig
from .copy_memory import CopyMemory
from .next_character import NextCharacter
from .next_word import NextWord
from .recall import Recall
from .task import Task
from .temporal_order import TemporalOrder
from .texts import load_corpus
from .word_corpus import load_words


def make_task(config: TaskConfig, texts: Path | None = None) -> Task:
    """The task that `config` describes.

    Args:
        config: Name, length and the rest; already checked.
        texts: The folder of the users' own texts, `<sha256>.txt`; needed only for these.

    Errors: TextError if the text is missing or altered.
    """
    match config.name:
        case "recall":
            return Recall(config.length, config.symbols, config.loss_at)
        case "adding":
            variant = Adding1997 if config.variant == "1997" else AddingUnit
            return variant(config.length, config.loss_at)
        case "temporal_order":
            return TemporalOrder(config.length, config.loss_at)
        case "copy_memory":
            return CopyMemory(config.length, config.symbols, config.loss_at)
        case "next_word":
            return NextWord(load_words(config.text, config.words, texts), config.length, config.loss_at)
        case _:
            return NextCharacter(load_corpus(config.text, texts), config.length, config.loss_at)
