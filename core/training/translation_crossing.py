"""Names of two words that change places from one language to the other: does attention cross?

Axes: T target rows, S source columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..models.seq2seq import Seq2Seq
from ..probes.attention import forced
from ..tasks.pair_names import inverts
from ..tasks.pairs import PairTask


@dataclass(frozen=True)
class WordOrder:
    """Attention between the words of all held-out pairs of two words that change places, the right target fed."""

    pairs: int
    crossed: int
    """Of them, how many look with each of their words more at its own word of the source than at the other."""
    weights: np.ndarray
    """Mean weight that a letter of target word t lays on source word s in all, shape (2, 2); NaN without a pair."""


def word_order(model: Seq2Seq, task: PairTask) -> WordOrder:
    """What a model that attends does where the order of two words turns round.

    Errors: ValueError for a model without attention.
    """
    if model.decoder.attention is None:
        raise ValueError("word_order needs a model with attention, got one without; choose one that attends.")
    found = list(_tables(model, task))
    crossed = sum(table[0, 1] > table[0, 0] and table[1, 0] > table[1, 1] for table in found)
    return WordOrder(len(found), int(crossed), np.mean(found, axis=0) if found else np.full((2, 2), np.nan))


def _tables(model: Seq2Seq, task: PairTask) -> Iterator[np.ndarray]:
    """Of each such pair, the mean weight between words, shape (2, 2)."""
    batch = task.held_out()
    for place in range(len(batch.source)):
        source = batch.source[place, : int(batch.source_lengths[place])].tolist()
        target = batch.target_out[place, : int(batch.target_lengths[place])].tolist()
        gold = task.gold(np.array(source), np.array(target))
        if gold is None or not gold.possible.any() or not inverts(task.source.print(source), task.print(target)):
            continue
        weights, known = forced(model, source, target).weights, gold.possible[gold.possible.any(axis=1)]
        assert weights is not None
        columns = known[-1], known[0]  # the first target word comes from the second of the source
        rows = [(gold.possible == word).all(axis=1) for word in (known[0], known[-1])]
        yield np.array([[weights[row][:, column].sum(axis=1).mean() for column in columns] for row in rows])
