"""The fields of the gradient-flow view: what its controls and its address hold, and the run that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.config import INITIALIZATIONS, TITLES, ModelConfig
from core.tasks.config import BUNDLED_TEXTS, OWN_TEXT, VARIANTS, TaskConfig
from core.training.config import CLIPS, MAX_SEED, OPTIMIZERS, TrainingConfig
from core.training.limits import Limits
from dashboard.widgets.address import Choice, Field, Flag, Number

MOST_MODELS = 4
TASKS = {
    "recall": "Recall the first symbol",
    "adding": "Adding problem",
    "temporal_order": "Temporal order",
    "copy_memory": "Copy memory",
    "next_character": "Next character of text",
}
LOSS_PLACES = {"task": "as published", "last": "last timestep", "all": "every timestep"}
CLIP_TITLES = dict(zip(CLIPS, ("by norm", "by value", "not at all"), strict=True))
BIASES = {"pytorch": "as PyTorch draws it", **{str(bias): str(bias) for bias in range(-1, 6)}}
SLOTS = (("rnn", "pytorch"), ("lstm", "3"), ("lstm", "pytorch"), ("gru", "pytorch"))
"""Cell and forget bias of each model slot at first."""

SITUATIONS: dict[str, dict[str, Any]] = {
    "RNN against LSTM": {},
    "PyTorch's own LSTM": {"models": 3},
    "Exploding": {"m1_init": "orthogonal", "m1_gain": 2.0, "clip": "none", "T": 60},
    "Initialisation": {
        "models": 4,
        "m2_cell": "rnn",
        "m2_init": "orthogonal",
        "m3_bias": "1",
        "m4_cell": "lstm",
        "m4_bias": "3",
    },
    "Real text": {"task": "next_character", "loss_at": "last", "T": 50},
}
"""What each situation sets; everything else goes to its default."""


@dataclass(frozen=True)
class TextField:
    """Which text is read: a bundled one, or a person's own by its id."""

    key: str
    label: str
    default: str
    folder: Path

    def read(self, text: str) -> str:
        """The text's id. Errors: ValueError with the rule."""
        own = OWN_TEXT.fullmatch(text) and (self.folder / f"{text.removeprefix('sha256:')}.txt").is_file()
        if text not in BUNDLED_TEXTS and not own:
            raise ValueError(f"one of {', '.join(BUNDLED_TEXTS)} or a text that was given to this server")
        return text

    def write(self, value: Any) -> str:
        """The id as the address holds it."""
        return str(value)


def gradient_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control, with bounds no wider than the server's limits."""
    slots = [field for slot, (cell, bias) in enumerate(SLOTS, start=1) for field in _slot_fields(slot, cell, bias)]
    variants = {name: name for name in VARIANTS["adding"]}
    return [
        Choice("task", "Task", "recall", TASKS),
        Number("T", "Timesteps T", min(20, limits.max_length), 5, limits.max_length),
        Choice("variant", "Variant", "unit", variants),
        TextField("text", "Text", BUNDLED_TEXTS[0], texts),
        Choice("loss_at", "Loss at", "task", LOSS_PLACES),
        Number("models", "Models", min(2, limits.max_models), 1, min(MOST_MODELS, limits.max_models)),
        *slots,
        Number("H", "Hidden units H", min(32, limits.max_hidden_size), 1, limits.max_hidden_size),
        Number("layers", "Layers", 1, 1, limits.max_layers),
        Flag("both", "Both directions", False),
        Number("steps", "Training steps", min(300, limits.max_steps), 1, limits.max_steps),
        Number("batch", "Examples in a batch", min(64, limits.max_batch_size), 1, limits.max_batch_size),
        Choice("optimizer", "Optimizer", "adam", dict(zip(OPTIMIZERS, ("Adam", "SGD", "RMSprop"), strict=True))),
        Number("lr", "Learning rate", 3e-3, 1e-6, 100.0),
        Choice("clip", "Clip the gradient", "norm", CLIP_TITLES),
        Number("max_norm", "Clip at", 1.0, 1e-4, 1e4),
        Number("seed", "Seed", 0, 0, MAX_SEED),
    ]


def _slot_fields(slot: int, cell: str, bias: str) -> list[Field]:
    initializations = dict(zip(INITIALIZATIONS, ("PyTorch's own", "orthogonal × gain", "identity × gain"), strict=True))
    return [
        Choice(f"m{slot}_cell", f"Model {slot}", cell, TITLES),
        Choice(f"m{slot}_init", f"Initialisation {slot}", "pytorch", initializations),
        Number(f"m{slot}_gain", f"Gain {slot}", 1.0, 0.0, 10.0),
        Choice(f"m{slot}_bias", f"Forget bias {slot}", bias, BIASES),
        Flag(f"m{slot}_clip", f"Clip {slot}", True),
    ]


def situation(name: str, fields: list[Any]) -> dict[str, Any]:
    """The value of every control in a situation, no larger than this server's limits."""
    values = {field.key: field.default for field in fields} | SITUATIONS[name]
    bounds = {field.key: field.high for field in fields if isinstance(field, Number)}
    return {key: min(value, bounds[key]) if key in bounds else value for key, value in values.items()}


def config_of(values: Mapping[str, Any]) -> TrainingConfig:
    """The run that the controls describe. Errors: ValueError for a combination that no run can have."""
    task = TaskConfig(
        name=values["task"],
        length=max(values["T"], TaskConfig.shortest(values["task"])),
        variant=values["variant"] if values["task"] == "adding" else "",
        text=values["text"],
        loss_at=values["loss_at"],
    )
    models = tuple(_model(values, slot) for slot in range(1, values["models"] + 1))
    return TrainingConfig(
        task,
        models,
        values["steps"],
        values["batch"],
        values["optimizer"],
        values["lr"],
        values["clip"],
        values["max_norm"],
        values["seed"],
    )


def _model(values: Mapping[str, Any], slot: int) -> ModelConfig:
    cell, init, bias = values[f"m{slot}_cell"], values[f"m{slot}_init"], values[f"m{slot}_bias"]
    return ModelConfig(
        cell=cell,
        hidden_size=values["H"],
        layers=values["layers"],
        bidirectional=values["both"],
        initialization=init,
        gain=1.0 if init == "pytorch" else values[f"m{slot}_gain"],
        forget_bias=float(bias) if cell == "lstm" and bias != "pytorch" else None,
        clipped=values[f"m{slot}_clip"],
    )


def values_of(config: TrainingConfig) -> dict[str, Any]:
    """The controls' values that describe a run; the inverse of `config_of`."""
    first, task = config.models[0], config.task
    values: dict[str, Any] = {
        "task": task.name, "T": task.length, "variant": task.variant or "unit", "text": task.text,
        "loss_at": task.loss_at, "models": len(config.models), "H": first.hidden_size, "layers": first.layers,
        "both": first.bidirectional, "steps": config.steps, "batch": config.batch_size, "optimizer": config.optimizer,
        "lr": config.learning_rate, "clip": config.clip, "max_norm": config.max_norm, "seed": config.seed,
    }  # fmt: skip
    for slot, model in enumerate(config.models, start=1):
        bias = "pytorch" if model.forget_bias is None else f"{model.forget_bias:g}"
        values |= {f"m{slot}_cell": model.cell, f"m{slot}_init": model.initialization, f"m{slot}_gain": model.gain}
        values |= {f"m{slot}_bias": bias, f"m{slot}_clip": model.clipped}
    return values
