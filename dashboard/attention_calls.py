"""What a worker computes for the pictures of sequence to sequence: it opens a model and asks it.

Axes: T target rows, S source columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.probes.attention import decode_with, forced
from core.probes.attention_gradient import source_gradient
from core.recordings.attention import AttentionSnapshot, AttentionTrace, SourceGradient
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import Gold, PairTask
from core.training.translation_config import TranslationConfig
from core.training.translation_crossing import WordOrder, word_order
from core.training.translation_measures import measured, measuring_pairs
from core.training.translation_moment import OpenedPairs, PairMoment, opened_pairs
from core.training.translation_rows import initial_seq2seq
from dashboard.attention_asked import Hand

MOST_ROWS = 110
"""Of an answer."""


@dataclass(frozen=True)
class Written:
    """What a model wrote, and the true alignment of it."""

    trace: AttentionTrace
    gold: Gold | None


@dataclass(frozen=True)
class HandTried:
    """What a model wrote by itself, and with a person's hand."""

    before: Written
    after: Written


def first_snapshots(config: TranslationConfig, texts: Path) -> dict[str, AttentionSnapshot]:
    """Every model of a run as it is before training, by its name. Errors: PairError."""
    task = make_pairs(config.task, texts)
    pairs = measuring_pairs(task, config)
    models = {name: initial_seq2seq(config, place, task) for place, name in enumerate(config.names)}
    return {name: measured(model, pairs)[1] for name, model in models.items()}


def context_trace(moment: PairMoment, example: int, texts: Path) -> AttentionTrace:
    """One of the shown pairs, the right target fed. Errors: PairError."""
    opened = opened_pairs(moment, texts)
    return forced(opened.model, *_example(opened.task, example))


def pulled(moment: PairMoment, example: int, texts: Path) -> SourceGradient:
    """How each row of one of the shown pairs pulls at its source. Errors: PairError."""
    opened = opened_pairs(moment, texts)
    return source_gradient(opened.model, *_example(opened.task, example))


def order_of_words(moment: PairMoment, texts: Path) -> WordOrder:
    """Whether attention crosses where two words change places. Errors: PairError; ValueError without attention."""
    opened = opened_pairs(moment, texts)
    return word_order(opened.model, opened.task)


def tried_by_hand(moment: PairMoment, example: int, hand: Hand, texts: Path) -> HandTried:
    """One of the shown pairs as the model writes it, and again with another source, a beginning, or attention laid.

    Errors: ValueError for what the model or the task does not know.
    """
    opened = opened_pairs(moment, texts)
    own, _ = _example(opened.task, example)
    source = opened.task.encode(hand.source) if hand.source else own
    prefix = opened.task.target.encode(hand.prefix)[:-1] if hand.prefix else []
    before = decode_with(opened.model, own, _most_rows(own))
    laid = {row: _one_column(column, len(source)) for row, column in hand.laid}
    after = decode_with(opened.model, source, max(_most_rows(source), len(prefix)), laid, prefix)
    return HandTried(_with_gold(opened, before), _with_gold(opened, after))


def _example(task: PairTask, example: int) -> tuple[list[int], list[int]]:
    """Source and target of one of the pairs that are shown, without padding."""
    batch = task.held_out()
    place = min(example, len(batch.source) - 1)
    source, target = batch.source[place], batch.target_out[place]
    return source[: batch.source_lengths[place]].tolist(), target[: batch.target_lengths[place]].tolist()


def _most_rows(source: list[int]) -> int:
    return min(2 * len(source) + 10, MOST_ROWS)


def _one_column(column: int, columns: int) -> np.ndarray:
    if column >= columns:
        raise ValueError(f"attention is laid on one of {columns} columns, got {column + 1}; choose one of the source.")
    return np.eye(columns)[column]


def _with_gold(opened: OpenedPairs, trace: AttentionTrace) -> Written:
    gold = opened.task.gold(trace.source, trace.target)
    return Written(trace, gold if gold is not None and gold.possible.any() else None)
