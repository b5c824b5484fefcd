"""Training of encoder–decoders side by side, as rows of a recording.

Axes: N batch, T target rows, S source positions, V tokens, P parameters.

For each model, under its name in the config:

    <name>/loss, /accuracy                      of the batch: nats a token, share of tokens right, as fed by the config
    <name>/gradient_norm, /clipped_norm, /update_ratio
    <name>/held_out_loss                        at snapshots: nats a token of pairs never learnt, the right target fed
    <name>/held_out_tokens, /held_out_strings   at snapshots: share of tokens and of whole targets right, written freely
    <name>/held_out_edits                       at snapshots: edit distance a target token (Levenshtein, 1966)
    <name>/<field of AlignmentNumbers>          at snapshots, of a model that attends: over all measured pairs, right
                                                targets fed; gold_mass and error_rate where the task knows what is true
    <name>/<field of AttentionSnapshot>         at snapshots
    <name>/parameters                           at some snapshots, shape (P,), before the step's update
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..models.seq2seq import PAD, Seq2Seq, build_seq2seq
from ..recordings.attention import snapshot_records
from ..tasks.pair_catalog import make_pairs
from ..tasks.pairs import PairBatch, PairTask
from .knobs import Knobs
from .loop import TrainingDiverged
from .row import Row
from .snapshots import is_snapshot, snapshot_steps
from .translation_config import TranslationConfig
from .translation_measures import measured, measuring_pairs
from .updates import Update, Updater


@dataclass(frozen=True)
class PairDraw:
    """What chance decides at one step: the same for every model of the run."""

    batch: PairBatch
    is_forced: Tensor
    """True where the right token is fed, shape (N, T), bool."""


def translation_rows(config: TranslationConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """One row a step. Errors: TrainingDiverged after a row that is not finite; PairError."""
    task = make_pairs(config.task, texts)
    trainees = [_Trainee(config, position, task) for position in range(len(config.models))]
    keeping = snapshot_steps(config.steps, sum(one.updater.parameters.nbytes for one in trainees))
    pairs = measuring_pairs(task, config)
    for step in range(config.steps + 1):
        scalars: dict[str, float] = {}
        arrays: dict[str, np.ndarray] = {}
        diverged = []
        drawn = draw_pairs(task, config, step)
        for one in trainees:
            if step in keeping:
                arrays[f"{one.name}/parameters"] = one.updater.parameters
            if is_snapshot(step) or step == config.steps:
                seen, snapshot = measured(one.model, pairs)
                scalars |= {f"{one.name}/{what}": value for what, value in seen.items()}
                arrays |= snapshot_records(one.name, snapshot)
            update, right = one.train(drawn, knobs, is_update=step > 0)
            scalars |= {f"{one.name}/{what}": value for what, value in vars(update).items()}
            scalars[f"{one.name}/accuracy"] = right
            if not update.is_finite:
                diverged.append(one.name)
        yield Row(step, scalars, arrays, is_finite=not diverged)
        if diverged:
            raise TrainingDiverged(step, diverged[0])


def draw_pairs(task: PairTask, config: TranslationConfig, step: int) -> PairDraw:
    """What step `step` of the run draws from (seed, step)."""
    rng = np.random.default_rng([config.seed, step])
    batch = task.batch(rng, config.batch_size)
    is_forced = torch.from_numpy(rng.random(tuple(batch.target_in.shape)) < config.teacher_forcing)
    return PairDraw(batch, is_forced)


def initial_seq2seq(config: TranslationConfig, position: int, task: PairTask) -> Seq2Seq:
    """The model at a place of `config.models`, as the run's seed draws it."""
    return build_seq2seq(config.models[position], task, config.seed)


class _Trainee:
    """A model in training."""

    def __init__(self, config: TranslationConfig, position: int, task: PairTask):
        self.name = config.names[position]
        self.model = initial_seq2seq(config, position, task)
        self.updater = Updater(self.model, config.optimizer, config.learning_rate)

    def train(self, drawn: PairDraw, knobs: Knobs, is_update: bool) -> tuple[Update, float]:
        """One update, and the share of the batch's tokens that were right before it."""
        logits, target = fed_logits(self.model, drawn), drawn.batch.target_out
        loss = cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)
        update = self.updater.update(loss, knobs, is_update)
        right = logits.detach().argmax(dim=-1) == target
        return update, right[target != PAD].double().mean().item()


def fed_logits(model: Seq2Seq, drawn: PairDraw) -> Tensor:
    """Logits, shape (N, T, V): each row reads the right token or, where it is not forced, the model's likeliest."""
    batch, is_forced = drawn.batch, drawn.is_forced
    if is_forced[:, 1:].all():
        return model(batch.source, batch.source_lengths, batch.target_in)

    def choose(row: int, vectors: Tensor) -> Tensor:
        own = model.likeliest(vectors)[:, 0]
        return torch.where(is_forced[:, row + 1], batch.target_in[:, row + 1], own)

    memory = model.memory(batch.source, batch.source_lengths)
    rows = model.decoder.unroll(batch.target_in[:, 0], batch.target_in.shape[1], memory, choose)
    return model.decoder.readout(rows.vectors)
