"""Train the character LSTM that ships with Unroll, on the source code of Python's standard library.

    nice -n 19 python -m assets.train_character_model WORK_FOLDER

from the repository's root. One thread, about 40 minutes; killed and started again it goes on where it was. The same
Python, versions and machine give the same weights bit for bit.

Axes: N streams of text side by side, T characters of a window, V vocabulary, H hidden units.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.models.config import ModelConfig
from core.models.sequence_model import SequenceModel, build_model
from core.models.vocabulary import Vocabulary
from core.tasks.library_source import held_out_modules, training_modules

Modules = Mapping[str, str]
"""File name → source."""
State = tuple[Tensor, Tensor]
"""(h, c), each (1, N, H)."""


@dataclass(frozen=True)
class Recipe:
    """How the model is trained: truncated backpropagation through time, the state carried from window to window."""

    model: ModelConfig = field(default_factory=lambda: ModelConfig("lstm", hidden_size=256, forget_bias=1.0))
    streams: int = 32
    window: int = 128
    epochs: int = 10
    learning_rate: float = 3e-3
    warm_up: int = 300
    """Steps over which the learning rate rises; after them it falls along half a cosine to a hundredth."""
    max_norm: float = 1.0
    seed: int = 0
    least_occurrences: int = 20
    """Rarer characters are [unk]."""
    snapshots: tuple[int, ...] = (0, 30, 100, 300, 1000, 3000)
    """Steps whose weights are kept beside the last ones."""
    save_every: int = 500

    def vocabulary(self, modules: Modules) -> Vocabulary:
        """The characters that the model knows."""
        return Vocabulary.of("".join(modules.values()), self.least_occurrences)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of one of `steps` steps."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        share = (step - self.warm_up) / max(steps - self.warm_up, 1)
        return self.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)


@dataclass
class Trainee:
    """All that a step changes."""

    model: SequenceModel
    optimizer: torch.optim.Adam
    state: State
    step: int = 0


def begin(recipe: Recipe, vocabulary: Vocabulary) -> Trainee:
    """The untrained model and its optimizer."""
    model = build_model(recipe.model, vocabulary, recipe.seed)
    optimizer = torch.optim.Adam(model.parameters(), recipe.learning_rate, fused=True)
    return Trainee(model, optimizer, empty_state(model, recipe.streams))


def empty_state(model: SequenceModel, streams: int) -> State:
    """Zeros."""
    zeros = torch.zeros(1, streams, model.recurrent.hidden_size)
    return zeros, zeros.clone()


def side_by_side(text: str, vocabulary: Vocabulary, streams: int) -> Tensor:
    """A text as N streams, shape (N, characters); less than N characters at its end are left out."""
    tokens = vocabulary.encode(text)
    return tokens[: len(tokens) // streams * streams].view(streams, -1)


def windows(text: Tensor, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and targets, one character on, each (N, T), from left to right."""
    for start in range(0, text.shape[1] - length, length):
        yield text[:, start : start + length], text[:, start + 1 : start + length + 1]


def epoch_windows(recipe: Recipe, modules: Modules, vocabulary: Vocabulary, epoch: int) -> list[tuple[Tensor, Tensor]]:
    """All windows of an epoch, which has the modules in an order of its own."""
    order = np.random.default_rng([recipe.seed, epoch]).permutation(sorted(modules))
    text = "\n".join(modules[name] for name in order)
    return list(windows(side_by_side(text, vocabulary, recipe.streams), recipe.window))


def predict(model: SequenceModel, inputs: Tensor, state: State) -> tuple[Tensor, State]:
    """Logits, shape (N, T, V), and the state after the window."""
    hidden, state = model.recurrent(model.embedding(inputs), state)
    return model.readout(hidden), state


def learn(recipe: Recipe, trainee: Trainee, inputs: Tensor, targets: Tensor, rate: float) -> dict[str, float]:
    """One update, and what it showed."""
    parameters = list(trainee.model.parameters())
    trainee.optimizer.zero_grad()
    logits, state = predict(trainee.model, inputs, trainee.state)
    loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    norm = nn.utils.clip_grad_norm_(parameters, recipe.max_norm).item()
    before = nn.utils.parameters_to_vector(parameters).detach()
    trainee.optimizer.param_groups[0]["lr"] = rate
    trainee.optimizer.step()
    change = nn.utils.parameters_to_vector(parameters).detach() - before
    trainee.state = (state[0].detach(), state[1].detach())
    return {
        "loss": loss.item(),
        "accuracy": (logits.argmax(-1) == targets).float().mean().item(),
        "gradient_norm": norm,
        "clipped_norm": min(norm, recipe.max_norm),
        "update_ratio": (change.norm() / before.norm()).item(),
    }


@torch.no_grad()
def mean_loss(recipe: Recipe, model: SequenceModel, vocabulary: Vocabulary, modules: Modules) -> float:
    """Mean loss over modules that are read side by side, in nats a character."""
    text = side_by_side("\n".join(modules[name] for name in sorted(modules)), vocabulary, recipe.streams)
    state, losses = empty_state(model, recipe.streams), []
    for inputs, targets in windows(text, recipe.window):
        logits, state = predict(model, inputs, state)
        losses.append(cross_entropy(logits.flatten(0, 1), targets.flatten()).item())
    return sum(losses) / len(losses)


def save(trainee: Trainee, path: Path) -> None:
    """Keep everything that goes on from here, replacing the file at once or not at all."""
    tensors = {"hidden": trainee.state[0], "cell": trainee.state[1], "step": torch.tensor(trainee.step)}
    for name, parameter in trainee.model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach()
        for key, value in trainee.optimizer.state[parameter].items():
            tensors[f"{key}.{name}"] = value
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


@torch.no_grad()
def restore(trainee: Trainee, path: Path) -> None:
    """Go on from where `save` left."""
    tensors = load_file(path)
    trainee.state, trainee.step = (tensors["hidden"], tensors["cell"]), int(tensors["step"])
    for name, parameter in trainee.model.named_parameters():
        parameter.copy_(tensors[f"model.{name}"])
        keys = ("step", "exp_avg", "exp_avg_sq")
        trainee.optimizer.state[parameter] = {key: tensors[f"{key}.{name}"] for key in keys}


def train(folder: Path, recipe: Recipe, modules: Modules, held_out: Modules) -> None:
    """Train to the end; `folder` gets weights, a checkpoint, `steps.jsonl`, and `held-out.jsonl` after each epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, checkpoint = recipe.vocabulary(modules), folder / "checkpoint.safetensors"
    trainee = begin(recipe, vocabulary)
    if checkpoint.exists():
        restore(trainee, checkpoint)
    per_epoch = len(epoch_windows(recipe, modules, vocabulary, 0))
    steps = recipe.epochs * per_epoch
    while trainee.step < steps:
        epoch, first = divmod(trainee.step, per_epoch)
        for inputs, targets in epoch_windows(recipe, modules, vocabulary, epoch)[first:]:
            if trainee.step in recipe.snapshots:
                save_file(trainee.model.state_dict(), folder / f"weights-{trainee.step}.safetensors")
            row = learn(recipe, trainee, inputs, targets, recipe.rate(trainee.step, steps))
            log(folder / "steps.jsonl", {"step": trainee.step, **row, "cpu": time.process_time()})
            trainee.step += 1
            if trainee.step % recipe.save_every == 0 or trainee.step % per_epoch == 0:
                save(trainee, checkpoint)
        loss = mean_loss(recipe, trainee.model, vocabulary, held_out)
        log(folder / "held-out.jsonl", {"step": trainee.step, "held_out_loss": loss})
    save_file(trainee.model.state_dict(), folder / "weights-last.safetensors")


def log(path: Path, row: dict[str, float]) -> None:
    """Append one line; a step done again after a restart is there twice, with the same numbers."""
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(Path(sys.argv[1]), Recipe(), training_modules(), held_out_modules())
