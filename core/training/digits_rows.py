"""Training of models that spell out images of digits, side by side, as rows of a recording.

Axes: N batch, T target rows, V tokens, P parameters.

For each model, under its name in the config:

    <name>/loss, /accuracy                      of the batch: nats a token, share of letters right, the right ones fed
    <name>/gradient_norm, /clipped_norm, /update_ratio
    <name>/held_out_loss                        at snapshots: nats a token of images never learnt, the right word fed
    <name>/held_out_tokens, /held_out_strings   at snapshots: share of tokens and of whole words right, written freely
    <name>/<field of DigitSnapshot>             at snapshots
    <name>/parameters                           at some snapshots, shape (P,), before the step's update
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from ..models.image_writer import ImageWriter, build_image_writer
from ..recordings.digits import DigitSnapshot, digit_records
from ..tasks.digits import LONGEST_WORD, SIDE, WORDS, DigitBatch, Digits
from ..tasks.pair_vocabulary import PAD, STOP
from .digits_config import DigitsConfig
from .knobs import Knobs
from .loop import TrainingDiverged
from .row import Row
from .snapshots import is_snapshot, snapshot_steps
from .updates import Updater


def digits_rows(config: DigitsConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """One row a step. Errors: TrainingDiverged after a row that is not finite; PairError without scikit-learn."""
    task = Digits(config.held_out)
    trainees = [_Trainee(config, position, task) for position in range(len(config.models))]
    keeping = snapshot_steps(config.steps, sum(one.updater.parameters.nbytes for one in trainees))
    for step in range(config.steps + 1):
        scalars: dict[str, float] = {}
        arrays: dict[str, np.ndarray] = {}
        for one in trainees:
            if step in keeping:
                arrays[f"{one.name}/parameters"] = one.updater.parameters
            if is_snapshot(step) or step == config.steps:
                seen, snapshot = measured(one.model, task)
                scalars |= {f"{one.name}/{what}": value for what, value in seen.items()}
                arrays |= digit_records(one.name, snapshot)
        batch = task.batch(np.random.default_rng([config.seed, step]), config.batch_size)
        diverged = [one.name for one in trainees if not one.train(batch, knobs, step > 0, scalars)]
        yield Row(step, scalars, arrays, is_finite=not diverged)
        if diverged:
            raise TrainingDiverged(step, diverged[0])


def initial_image_writer(config: DigitsConfig, position: int, task: Digits) -> ImageWriter:
    """The model at a place of `config.models`, as the run's seed draws it."""
    return build_image_writer(config.models[position], len(task.target_symbols), SIDE, config.patch, config.seed)


class _Trainee:
    """A model in training."""

    def __init__(self, config: DigitsConfig, position: int, task: Digits) -> None:
        self.name = config.names[position]
        self.model = initial_image_writer(config, position, task)
        self.updater = Updater(self.model, config.optimizer, config.learning_rate)

    def train(self, batch: DigitBatch, knobs: Knobs, is_update: bool, scalars: dict[str, float]) -> bool:
        """One update; its numbers are put among the scalars. False if they are not finite."""
        logits = self.model(batch.images, batch.target_in)
        update = self.updater.update(loss(logits, batch), knobs, is_update)
        is_target = batch.target_out != PAD
        right = (logits.detach().argmax(dim=-1) == batch.target_out)[is_target].double().mean().item()
        numbers = vars(update) | {"accuracy": right}
        scalars.update({f"{self.name}/{what}": value for what, value in numbers.items()})
        return update.is_finite


def loss(logits: Tensor, batch: DigitBatch) -> Tensor:
    """Mean cross-entropy of logits (N, T, V) over all letters and [stop], in nats a token."""
    return cross_entropy(logits.flatten(0, 1), batch.target_out.flatten(), ignore_index=PAD)


@torch.no_grad()
def measured(model: ImageWriter, task: Digits) -> tuple[dict[str, float], DigitSnapshot]:
    """Numbers over all held-out images, and what is kept of the first of each digit."""
    batch = task.held_out()
    answers, weights = model.answers(batch.images, LONGEST_WORD)
    is_written = _is_written(answers)
    answers = answers.masked_fill(~is_written, PAD)
    target = pad(batch.target_out, (0, LONGEST_WORD - batch.target_out.shape[1]), value=PAD)
    is_word = (answers == target).all(dim=1)
    numbers = {
        "held_out_loss": loss(model(batch.images, batch.target_in), batch).item(),
        "held_out_tokens": (answers == target)[target != PAD].double().mean().item(),
        "held_out_strings": is_word.double().mean().item(),
    }
    return numbers, _snapshot(batch, answers, is_written, weights, is_word)


def _is_written(answers: Tensor) -> Tensor:
    """True up to the first [stop], shape (N, T)."""
    stops = (answers == STOP).long()
    return stops.cumsum(dim=1) - stops == 0


def _snapshot(
    batch: DigitBatch, answers: Tensor, is_written: Tensor, weights: Tensor | None, is_word: Tensor
) -> DigitSnapshot:
    of_digit = [batch.digits == digit for digit in range(len(WORDS))]
    shown = torch.tensor([int(one.nonzero()[0]) for one in of_digit if one.any()])
    return DigitSnapshot(
        images=batch.images[shown].numpy(),
        digits=batch.digits[shown].numpy().astype(np.int32),
        answers=answers[shown].numpy().astype(np.int32),
        by_digit=torch.stack([is_word[one].float().mean() for one in of_digit]).numpy(),
        weights=None if weights is None else (weights * is_written.unsqueeze(2))[shown].numpy(),
    )
