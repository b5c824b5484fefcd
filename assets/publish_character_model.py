"""Make what ships of the trained character LSTM: its file, with a card that says what it reaches, and its recording.

    python -m assets.publish_character_model WORK_FOLDER

from the repository's root, after `assets.train_character_model`. Writes `assets/character-lstm.safetensors` and the
recording `assets/character-lstm/`, and prints the card.

Axes: T characters, V vocabulary, H hidden units.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import shutil
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

import core
from assets.train_character_model import Recipe, mean_loss
from core.analysis.cell_search import CellSearch, cell_search
from core.models.character_model import CharacterModel, load_character_model, save_character_model
from core.models.sequence_model import SequenceModel, build_model
from core.models.vocabulary import Vocabulary
from core.probes.text_run import text_states
from core.recordings.records import GateTrace
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.tasks.library_source import held_out_modules, training_modules
from core.tasks.properties import source_properties
from core.training.config import TrainingConfig

RECIPE = Recipe()
NAME = "character-lstm"
SEARCHED = 200_000
"""Characters of the held-out modules in which cells are searched."""
BEST_CELLS = 3
ROW_EVERY = 10
"""Of the training steps one in so many is in the recording."""
SNIPPET_MODULE, SNIPPET_START, SNIPPET_LENGTH = "ftplib.py", "    if _150_re is None:", 128
"""The held-out text whose gates are recorded."""


def publish(work: Path, assets: Path) -> None:
    """Write both, from the weights and logs that training left in `work`."""
    vocabulary = RECIPE.vocabulary(training_modules())
    path = assets / f"{NAME}.safetensors"
    trained = CharacterModel(with_weights(work / "weights-last.safetensors", vocabulary), RECIPE.model, vocabulary, {})
    save_character_model(path, trained)  # without a card, for the card is measured on the rounded weights
    rounded = load_character_model(path)
    made = card(trained.model, rounded)
    save_character_model(path, replace(rounded, card=made))
    record(work, assets, vocabulary)
    print(json.dumps(made, indent=1))  # noqa: T201


def with_weights(path: Path, vocabulary: Vocabulary) -> SequenceModel:
    """The model with the weights of one snapshot."""
    model = build_model(RECIPE.model, vocabulary, RECIPE.seed)
    model.load_state_dict(load_file(path))
    return model.eval()


def card(exact: SequenceModel, rounded: CharacterModel) -> dict[str, Any]:
    """What the model was made of and what it reaches, measured on modules that training did not see."""
    text = "\n".join(training_modules().values())
    loss = mean_loss(RECIPE, rounded.model, rounded.vocabulary, held_out_modules())
    return {
        "text": "top-level modules of Python's standard library but those held out by name",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "training_characters": len(text),
        "training_sha256": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        "held_out_characters": len("\n".join(held_out_modules().values())),
        "held_out_loss": loss,
        "held_out_bits": loss / math.log(2),
        "held_out_loss_before_rounding": mean_loss(RECIPE, exact, rounded.vocabulary, held_out_modules()),
        "unigram_loss": unigram_loss(rounded.vocabulary),
        "recipe": asdict(RECIPE),
        "cells": cells(rounded),
    }


def unigram_loss(vocabulary: Vocabulary) -> float:
    """Loss on the held-out modules of one who knows how often each character is in the training ones, in nats."""
    seen, asked = (
        np.bincount(vocabulary.encode("\n".join(modules.values())).numpy(), minlength=len(vocabulary.symbols))
        for modules in (training_modules(), held_out_modules())
    )
    return float(-(asked / asked.sum() * np.log(seen / seen.sum())).sum())


def cells(rounded: CharacterModel) -> dict[str, Any]:
    """The best cells for each property of held-out source code, and the best random direction of as many."""
    text = "\n".join(held_out_modules().values())
    states = text_states(rounded.model, rounded.vocabulary.encode(text)[:SEARCHED], "cell")
    properties = {name: one.values for name, one in source_properties(text, SEARCHED).items()}
    return {name: best_cells(search) for name, search in cell_search(states, properties).items()}


def best_cells(search: CellSearch) -> dict[str, Any]:
    """The first of a search, as JSON."""
    rows = zip(search.units, search.signs, search.held_out, strict=True)
    best = [{"unit": int(unit), "sign": int(sign), "held_out": round(float(figure), 4)} for unit, sign, figure in rows]
    return {"measure": search.measure, "best": best[:BEST_CELLS], "random": round(search.random_held_out, 4)}


def record(work: Path, assets: Path, vocabulary: Vocabulary) -> None:
    """The training as a recording like any other: loss and norms, at some steps the gates over one held-out text."""
    rows = training_rows(work)
    config = training_config(max(rows))
    (name,) = config.names
    shutil.rmtree(assets / NAME, ignore_errors=True)
    owner = {"script": "assets/publish_character_model.py"}
    writer = RecordingWriter.create(assets, config=config.to_dict(), seed=config.seed, run_id=NAME, owner=owner)
    with writer:
        for step, scalars in sorted(rows.items()):
            weights = work / f"weights-{'last' if step == max(rows) else step}.safetensors"
            records = snapshot(with_weights(weights, vocabulary), vocabulary) if weights.exists() else {}
            named = {f"{name}/{key}": value for key, value in records.items()}
            writer.append(step, {f"{name}/{key}": value for key, value in scalars.items()}, named)


def training_config(steps: int) -> TrainingConfig:
    """The recipe in the words of a run; carried state, warm-up and cosine have none and are in the card."""
    return TrainingConfig(
        TaskConfig("next_character", length=RECIPE.window, text="python-source"),
        (RECIPE.model,),
        steps=steps,
        batch_size=RECIPE.streams,
        learning_rate=RECIPE.learning_rate,
        max_norm=RECIPE.max_norm,
        seed=RECIPE.seed,
    )


def training_rows(work: Path) -> dict[int, dict[str, float]]:
    """Scalars of some steps, and of those after which the held-out loss was taken; the last step is only that."""
    logged = [json.loads(line) for line in (work / "steps.jsonl").read_text().splitlines()]
    steps = {row.pop("step"): row for row in logged}
    rows = {step: row for step, row in steps.items() if step % ROW_EVERY == 0 or step in RECIPE.snapshots}
    for line in (work / "held-out.jsonl").read_text().splitlines():
        row = json.loads(line)
        step = row.pop("step")
        rows[step] = rows.get(step, steps.get(step, {})) | row
    return {step: {key: value for key, value in row.items() if key != "cpu"} for step, row in rows.items()}


def snapshot(model: SequenceModel, vocabulary: Vocabulary) -> dict[str, np.ndarray | GateTrace]:
    """Gates in float16, and the tokens they were taken over."""
    source = held_out_modules()[SNIPPET_MODULE]
    start = source.index(SNIPPET_START)
    tokens = vocabulary.encode(source[start : start + SNIPPET_LENGTH])
    with torch.no_grad(), core.watch(model) as watched:
        model(tokens[None])
    trace = watched.gates["recurrent"]
    arrays = {field.name: getattr(trace, field.name) for field in fields(trace)}
    halves = {name: value.astype(np.float16) for name, value in arrays.items() if getattr(value, "dtype", "") == "f4"}
    return {"gates": replace(trace, **halves), "tokens": tokens.numpy().astype(np.int16)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    publish(Path(sys.argv[1]), Path(__file__).resolve().parent)
