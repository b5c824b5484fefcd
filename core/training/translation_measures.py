"""What an encoder–decoder is measured by while it trains, on pairs that it never learns.

Axes: E shown examples, N measured pairs, T target rows, S source positions, L source lengths.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..analysis.answers import edit_distances
from ..models.seq2seq import PAD, STOP, Seq2Seq
from ..probes.watch import watch
from ..recordings.attention import AttentionSnapshot
from ..tasks.pair_split import collate
from ..tasks.pairs import SYMBOL_TASKS, PairBatch, PairTask
from .block_norms import as_float32
from .translation_alignment import Links, alignment_scalars
from .translation_config import TranslationConfig

SHOWN, MEASURED, OF_A_LENGTH = 8, 128, 32
"""Examples whose attention is kept, pairs that are measured, and pairs of each length where lengths are compared."""


class MeasuringPairs(NamedTuple):
    """On what a run measures its models: always the same."""

    held_out: PairBatch
    """At most MEASURED; the first SHOWN are shown."""
    links: Links | None
    """The true alignment of all held-out pairs; None where the task knows none."""
    by_length: PairBatch
    """For accuracy by length; where lengths are not asked for, the same as `held_out`."""


def measuring_pairs(task: PairTask, config: TranslationConfig) -> MeasuringPairs:
    """The pairs that a run measures its models on."""
    held_out = _joined([task.held_out()], MEASURED)
    by_length = held_out
    if config.test_length and config.task.name in SYMBOL_TASKS:
        lengths = range(config.task.min_length, config.test_length + 1)
        found = [task.of_length(length, OF_A_LENGTH) for length in lengths]
        by_length = _joined([batch for batch in found if batch is not None])
    return MeasuringPairs(held_out, _links(task, held_out), by_length)


def measured(model: Seq2Seq, pairs: MeasuringPairs) -> tuple[dict[str, float], AttentionSnapshot]:
    """Numbers over all measured pairs, and what is kept of those shown; the model is left without gradients."""
    batch = pairs.held_out
    with watch(model, examples=0) as watched:
        rows = model.decoder(batch.target_in, model.memory(batch.source, batch.source_lengths))
        logits = model.decoder.readout(rows.vectors)
        loss = cross_entropy(logits.flatten(0, 1), batch.target_out.flatten(), ignore_index=PAD)
        loss.backward()
    model.zero_grad()
    weights = None if rows.weights is None else rows.weights.detach().numpy()
    answers = model.answers(batch.source, batch.source_lengths, batch.target_out.shape[1])
    tokens, strings = right(answers, batch)
    numbers = {
        "held_out_loss": loss.item(),
        "held_out_tokens": float(tokens.mean()),
        "held_out_strings": float(strings.mean()),
        "held_out_edits": edits(answers, batch),
    }
    if weights is not None:
        numbers |= alignment_scalars(weights, batch, pairs.links)
    return numbers, AttentionSnapshot(
        **_shown(pairs, answers, weights),
        by_length=_by_length(model, pairs, answers),
        encoder_norms=as_float32(watched.flow["encoder.recurrent"].norms()),
        decoder_norms=as_float32(watched.flow["decoder.recurrent"].norms()),
    )


def right(answers: Tensor, batch: PairBatch) -> tuple[np.ndarray, np.ndarray]:
    """Of each pair, the share of its target's tokens that the answer (N, T) has at their place, and whether all are."""
    is_target = batch.target_out != PAD
    is_right = (answers == batch.target_out) & is_target
    shares = is_right.sum(dim=1) / is_target.sum(dim=1)
    return shares.numpy(), (answers == batch.target_out).all(dim=1).numpy()


def edits(answers: Tensor, batch: PairBatch) -> float:
    """Edit distances of answers (N, T) from their targets, in all, by target tokens in all; [stop] is in neither."""
    is_stop = answers == STOP
    spans = torch.where(is_stop.any(dim=1), is_stop.int().argmax(dim=1), answers.shape[1])
    lengths = batch.target_lengths - 1
    given = (answers, spans, batch.target_out, lengths)
    return float(edit_distances(*(one.numpy() for one in given)).sum() / max(int(lengths.sum()), 1))


def _joined(batches: list[PairBatch], most: int | None = None) -> PairBatch:
    """Pairs of several batches as one, the first `most` of them."""
    rows = [row for batch in batches for row in zip(*_lists(batch), strict=True)]
    return collate(rows[:most])


def _lists(batch: PairBatch) -> tuple[list[list[int]], list[list[int]]]:
    """Sources and targets without padding."""
    sources, targets = batch.source.tolist(), batch.target_out.tolist()
    source_lengths, target_lengths = batch.source_lengths.tolist(), batch.target_lengths.tolist()
    return (
        [row[:length] for row, length in zip(sources, source_lengths, strict=True)],
        [row[:length] for row, length in zip(targets, target_lengths, strict=True)],
    )


def _links(task: PairTask, batch: PairBatch) -> Links | None:
    shape = (len(batch.source), batch.target_out.shape[1], batch.source.shape[1])
    sure, possible = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for number, (source, target) in enumerate(zip(*_lists(batch), strict=True)):
        gold = task.gold(np.array(source), np.array(target))
        if gold is None:
            return None
        sure[number, : len(target), : len(source)] = gold.sure
        possible[number, : len(target), : len(source)] = gold.possible
    return sure, possible


def _shown(pairs: MeasuringPairs, answers: Tensor, weights: np.ndarray | None) -> dict[str, Any]:
    """Fields of a snapshot: the first examples, cut to the longest of them."""
    batch = pairs.held_out
    source_lengths, target_lengths = batch.source_lengths[:SHOWN], batch.target_lengths[:SHOWN]
    place = np.s_[:SHOWN, : int(target_lengths.max()), : int(source_lengths.max())]
    tokens = {
        "sources": batch.source[place[::2]],
        "source_lengths": source_lengths,
        "targets": batch.target_out[place[:2]],
        "target_lengths": target_lengths,
        "answers": answers[:SHOWN],
    }
    sure, possible = pairs.links or (None, None)
    planes = {"weights": weights, "sure": sure, "possible": possible}
    return {name: whole.numpy().astype(np.int32) for name, whole in tokens.items()} | {
        name: plane if plane is None else plane[place] for name, plane in planes.items()
    }


def _by_length(model: Seq2Seq, pairs: MeasuringPairs, answers: Tensor) -> np.ndarray:
    """As AttentionSnapshot.by_length; `answers` are those of the held-out pairs."""
    batch = pairs.by_length
    if batch is not pairs.held_out:
        answers = model.answers(batch.source, batch.source_lengths, batch.target_out.shape[1])
    tokens, strings = right(answers, batch)
    lengths = batch.source_lengths.numpy() - 1
    rows = []
    for length in np.unique(lengths):
        of_it = lengths == length
        rows.append((length, of_it.sum(), tokens[of_it].mean(), strings[of_it].mean()))
    return np.array(rows, dtype=np.float32)
