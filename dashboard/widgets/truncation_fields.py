"""The fields of the Truncation view: what its controls and its address hold, and the run that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.models.config import TITLES, ModelConfig
from core.tasks.config import BUNDLED_TEXTS, TaskConfig
from core.training.config import MAX_SEED
from core.training.limits import Limits
from core.training.truncation_config import WHOLE, Truncation, TruncationConfig
from dashboard.figures.truncation import WAY_TITLES
from dashboard.widgets.address import Choice, Field, Number
from dashboard.widgets.gradient_fields import TextField

CUT, PLACES = "truncation", "truncation-places"
"""The groups of the fields, and of the one that says which section is shown."""
SECTIONS = {
    "reach": "What a loss reaches",
    "gradient": "Gradient and cost",
    "lag": "Accuracy against lag",
    "train": "Training, stale states",
    "detach": "Without detach",
}
TASKS = {"next_character": "Next character of text", "recall": "Recall the first symbol"}
CELLS = {cell: TITLES[cell] for cell in ("rnn", "gru", "lstm")}
LAG_WAYS = {"carry": "h carried", "zero": "from h₀ = 0", "sliding": "sliding by halves"}
FORGET_BIAS = 3.0
"""Of an LSTM here, with which its gradient reaches beyond any window."""

SITUATIONS: dict[str, dict[str, Any]] = {
    "Windows of 10": {},
    "Short windows": {"c_window": 4, "c_period": 1},
    "Half the sequence": {"c_window": 30, "c_period": 10},
    "A plain RNN": {"c_cell": "rnn"},
    "Recall across the cut": {"c_task": "recall", "c_T": 20, "c_place": 20, "c_window": 5, "c_period": 1},
}
"""What each situation sets; everything else goes to its default."""


def cut_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control, with bounds no wider than the server's limits."""
    longest = limits.max_length
    return [
        Choice("c_task", "Task", "next_character", TASKS),
        TextField("c_text", "Text", BUNDLED_TEXTS[0], texts),
        Number("c_T", "Timesteps T", min(60, longest), 5, longest),
        Number("c_window", "Window k₂", min(10, longest), 1, longest),
        Number("c_period", "Period k₁ of sliding", min(5, longest), 1, longest),
        Number("c_place", "Loss at t*", min(43, longest), 1, longest),
        Number("c_example", "Example of the batch", 1, 1, limits.max_batch_size),
        Choice("c_cell", "Cell", "lstm", CELLS),
        Number("c_units", "Hidden units H", min(32, limits.max_hidden_size), 1, limits.max_hidden_size),
        Number("c_batch", "Examples in a batch", min(32, limits.max_batch_size), 1, limits.max_batch_size),
        Number("c_steps", "Training steps", min(300, limits.max_steps), 1, limits.max_steps),
        Number("c_lr", "Learning rate", 3e-3, 1e-6, 100.0),
        Number("c_seed", "Seed", 0, 0, MAX_SEED),
        Choice("c_of", "Weights of", "whole", WAY_TITLES),
        Choice("c_lag_way", "Windows of the sweep", "carry", LAG_WAYS),
    ]


def place_fields() -> list[Field]:
    """Which section is shown."""
    return [Choice("show", "Section", "reach", SECTIONS)]


def values_of_situation(name: str, fields: list[Any]) -> dict[str, Any]:
    """The value of every control in a situation, no larger than this server's limits."""
    values = {field.key: field.default for field in fields} | SITUATIONS[name]
    bounds = {field.key: field.high for field in fields if isinstance(field, Number)}
    return {key: min(value, bounds[key]) if key in bounds else value for key, value in values.items()}


def model_of(values: Mapping[Any, Any]) -> ModelConfig:
    """The model that the controls describe."""
    cell = values["c_cell"]
    return ModelConfig(cell, int(values["c_units"]), forget_bias=FORGET_BIAS if cell == "lstm" else None)


def config_of(values: Mapping[Any, Any]) -> TruncationConfig:
    """The run that the controls describe: the four ways side by side. Errors: ValueError."""
    length = int(values["c_T"])
    window = min(int(values["c_window"]), length)
    period = min(int(values["c_period"]), window)
    ways = (WHOLE, *(Truncation(way, window, period) for way in ("zero", "carry", "sliding")))
    task = TaskConfig(values["c_task"], length, text=values["c_text"])
    return TruncationConfig(
        task, model_of(values), ways, int(values["c_steps"]), int(values["c_batch"]),
        learning_rate=float(values["c_lr"]), seed=int(values["c_seed"]),
    )  # fmt: skip


def values_of(config: TruncationConfig) -> dict[str, Any]:
    """The controls' values that describe a run, as far as they can; the inverse of `config_of`."""
    sliding = config.truncations[-1]
    return {
        "c_task": config.task.name, "c_text": config.task.text, "c_T": config.task.length, "c_window": sliding.window,
        "c_period": sliding.period, "c_place": min(43, config.task.length), "c_cell": config.model.cell,
        "c_units": config.model.hidden_size, "c_batch": config.batch_size, "c_steps": config.steps,
        "c_lr": config.learning_rate, "c_seed": config.seed,
    }  # fmt: skip
