"""Train the character LSTM that ships with Unroll, on the source code of Python's standard library.

    nice -n 19 python -m assets.train_character_model WORK_FOLDER

from the repository's root. One thread, about 40 minutes; killed and started again it goes on where it was. The same
folder, machine and versions give the same weights bit for bit.

Axes: N streams of text side by side, T characters of a window, V vocabulary, H hidden units.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.models.config import ModelConfig
from core.models.sequence_model import SequenceModel
from core.models.vocabulary import Vocabulary
from core.tasks.library_source import held_out_modules, training_modules

CONFIG = ModelConfig("lstm", hidden_size=256, forget_bias=1.0)
STREAMS, WINDOW, EPOCHS = 32, 128, 10
LEARNING_RATE, WARM_UP, MAX_NORM, SEED = 3e-3, 300, 1.0, 0
LEAST_OCCURRENCES = 20
"""Rarer characters are [unk]."""
SAVE_EVERY = 500
SNAPSHOTS = (0, 30, 100, 300, 1000, 3000)
"""Steps whose weights are kept beside the last ones."""


@dataclass
class Trainee:
    """All that a step changes."""

    model: SequenceModel
    optimizer: torch.optim.Adam
    state: tuple[Tensor, Tensor]
    """(h, c), each (1, N, H): carried from window to window, so that memory may be longer than a window."""
    step: int = 0


def streams(modules: dict[str, str], vocabulary: Vocabulary, epoch: int) -> Tensor:
    """All modules in an order of their own for each epoch, as N streams side by side, shape (N, characters)."""
    order = np.random.default_rng([SEED, epoch]).permutation(sorted(modules))
    tokens = vocabulary.encode("\n".join(modules[name] for name in order))
    length = len(tokens) // STREAMS
    return tokens[: STREAMS * length].view(STREAMS, length)


def windows(text: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and targets, one character on, each (N, T), from left to right."""
    for start in range(0, text.shape[1] - WINDOW, WINDOW):
        yield text[:, start : start + WINDOW], text[:, start + 1 : start + WINDOW + 1]


def learning_rate(step: int, steps: int) -> float:
    """Linear up to WARM_UP, then half a cosine down to a hundredth."""
    if step < WARM_UP:
        return LEARNING_RATE * (step + 1) / WARM_UP
    share = (step - WARM_UP) / max(steps - WARM_UP, 1)
    return LEARNING_RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)


def predict(model: SequenceModel, inputs: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Logits, shape (N, T, V), and the state after the window."""
    hidden, state = model.recurrent(model.embedding(inputs), state)
    return model.readout(hidden), state


def learn(trainee: Trainee, inputs: Tensor, targets: Tensor, steps: int) -> dict[str, float]:
    """One update, and what it showed."""
    parameters = list(trainee.model.parameters())
    trainee.optimizer.zero_grad()
    logits, state = predict(trainee.model, inputs, trainee.state)
    loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    norm = nn.utils.clip_grad_norm_(parameters, MAX_NORM).item()
    before = nn.utils.parameters_to_vector(parameters).detach()
    trainee.optimizer.param_groups[0]["lr"] = learning_rate(trainee.step, steps)
    trainee.optimizer.step()
    change = nn.utils.parameters_to_vector(parameters).detach() - before
    trainee.state = (state[0].detach(), state[1].detach())
    return {
        "loss": loss.item(),
        "accuracy": (logits.argmax(-1) == targets).float().mean().item(),
        "gradient_norm": norm,
        "clipped_norm": min(norm, MAX_NORM),
        "update_ratio": (change.norm() / before.norm()).item(),
    }


@torch.no_grad()
def held_out_loss(model: SequenceModel, vocabulary: Vocabulary) -> float:
    """Mean loss on the modules held out, as N streams, in nats a character."""
    modules = held_out_modules()
    tokens = vocabulary.encode("\n".join(modules[name] for name in sorted(modules)))
    length = len(tokens) // STREAMS
    text = tokens[: STREAMS * length].view(STREAMS, length)
    state, losses = empty_state(model), []
    for inputs, targets in windows(text):
        logits, state = predict(model, inputs, state)
        losses.append(cross_entropy(logits.flatten(0, 1), targets.flatten()).item())
    return sum(losses) / len(losses)


def empty_state(model: SequenceModel) -> tuple[Tensor, Tensor]:
    """Zeros, each (1, N, H)."""
    zeros = torch.zeros(1, STREAMS, model.recurrent.hidden_size)
    return zeros, zeros.clone()


def begin(vocabulary: Vocabulary) -> Trainee:
    """The untrained model and its optimizer."""
    torch.manual_seed(SEED)
    model = SequenceModel(CONFIG, vocabulary)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)
    return Trainee(model, optimizer, empty_state(model))


def save(trainee: Trainee, path: Path) -> None:
    """Keep everything that goes on from here, replacing the file at once or not at all."""
    tensors = {"hidden": trainee.state[0], "cell": trainee.state[1], "step": torch.tensor(trainee.step)}
    for name, parameter in trainee.model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach()
        for key, value in trainee.optimizer.state[parameter].items():
            tensors[f"{key}.{name}"] = value
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def restore(trainee: Trainee, path: Path) -> None:
    """Go on from where `save` left."""
    tensors = load_file(path)
    trainee.state, trainee.step = (tensors["hidden"], tensors["cell"]), int(tensors["step"])
    with torch.no_grad():
        for name, parameter in trainee.model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
            keys = ("step", "exp_avg", "exp_avg_sq")
            trainee.optimizer.state[parameter] = {key: tensors[f"{key}.{name}"] for key in keys}


def train(folder: Path) -> None:
    """Train to the end, logging every step to `steps.jsonl` and keeping weights in `folder`."""
    modules = training_modules()
    vocabulary = Vocabulary.of("".join(modules.values()), LEAST_OCCURRENCES)
    trainee, checkpoint = begin(vocabulary), folder / "checkpoint.safetensors"
    if checkpoint.exists():
        restore(trainee, checkpoint)
    per_epoch = len(list(windows(streams(modules, vocabulary, 0))))
    steps = EPOCHS * per_epoch
    while trainee.step < steps:
        epoch, first = divmod(trainee.step, per_epoch)
        for inputs, targets in list(windows(streams(modules, vocabulary, epoch)))[first:]:
            if trainee.step in SNAPSHOTS:
                save_file(dict(trainee.model.state_dict()), folder / f"weights-{trainee.step}.safetensors")
            row = {"step": trainee.step, **learn(trainee, inputs, targets, steps), "cpu": time.process_time()}
            with (folder / "steps.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            trainee.step += 1
            if trainee.step % SAVE_EVERY == 0 or trainee.step % per_epoch == 0:
                save(trainee, checkpoint)
        row = {"step": trainee.step, "held_out_loss": held_out_loss(trainee.model, vocabulary)}
        with (folder / "held-out.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
    save_file(dict(trainee.model.state_dict()), folder / "weights-last.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    work = Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    train(work)
