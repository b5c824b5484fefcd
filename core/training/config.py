"""What a training run is, as data: the task, the models that are compared, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ..checks import check_choice, check_positive, check_whole, quote
from ..models.config import ModelConfig
from ..tasks.config import TaskConfig
from .names import unique_names
from .run_config import Size
from .strict import read_dataclass

OPTIMIZERS = ("adam", "sgd", "rmsprop")
CLIPS = ("norm", "value", "none")
SHIPPED_START = "shipped"
STARTS = ("drawn", SHIPPED_START)
MAX_MODELS = 4
MAX_SEED = 2**32 - 1
RANGES = {"steps": (1, 10_000_000), "batch_size": (1, 4096), "seed": (0, MAX_SEED)}
MAX_LEARNING_RATE = 1000.0
MAX_MAX_NORM = 1e6


@dataclass(frozen=True)
class TrainingConfig:
    """One run: every model sees the same batches of the same task.

    Errors: ValueError (rule, what came, remedy) for a value out of range.
    """

    kind: ClassVar[str] = "training"
    task: TaskConfig = field(default_factory=TaskConfig)
    models: tuple[ModelConfig, ...] = (ModelConfig(),)
    """One to four, trained side by side."""
    steps: int = 300
    """Optimizer updates; step 0 is measured before the first."""
    batch_size: int = 64
    optimizer: str = "adam"
    """One of OPTIMIZERS, with PyTorch's defaults beside the learning rate; SGD has no momentum."""
    learning_rate: float = 3e-3
    clip: str = "norm"
    """One of CLIPS: scale the whole gradient to at most `max_norm`, clamp each entry to ±`max_norm`, or leave it."""
    max_norm: float = 1.0
    seed: int = 0
    """Of the weights and of the batches."""
    start: str = "drawn"
    """One of STARTS: weights drawn by the seed, or those of the shipped character model, to go on from there."""

    def __post_init__(self):
        check_training(self)
        check_choice("start", self.start, STARTS)
        if self.start == SHIPPED_START and self.task.name != "next_character":
            raise ValueError(
                f"start {SHIPPED_START!r} needs the task 'next_character', got {self.task.name!r}; choose it, or "
                "start with drawn weights."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """One name per model, unique within the run; the second of a kind is called "lstm-2"."""
        return unique_names(model.name for model in self.models)

    @property
    def title(self) -> str:
        """For people, e.g. "RNN against LSTM, T = 20"."""
        return f"{' against '.join(model.label for model in self.models)}, T = {self.task.length}"

    def sizes(self) -> tuple[Size, ...]:
        """All that a server limits."""
        return (
            Size("steps", self.steps, "max_steps"),
            Size("timesteps", self.task.length, "max_length"),
            Size("hidden units", max(model.hidden_size for model in self.models), "max_hidden_size"),
            Size("layers", max(model.layers for model in self.models), "max_layers"),
            Size("examples in a batch", self.batch_size, "max_batch_size"),
            Size("models", len(self.models), "max_models"),
        )

    def states(self) -> int:
        """Hidden states of one batch, of all models."""
        return sum(map(self.model_states, range(len(self.models))))

    def model_states(self, position: int) -> int:
        """Hidden states of one batch of one model: examples × timesteps × units × layers × directions."""
        model = self.models[position]
        return self.batch_size * self.task.length * model.hidden_size * model.layers * (1 + model.bidirectional)

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it; `from_dict` gives it back."""
        return asdict(self) | {"models": [asdict(model) for model in self.models]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainingConfig:
        """The config from JSON. Errors: ValueError for unknown keys, wrong types and values out of range."""
        return read_dataclass(cls, data)


def check_training(config: Any) -> None:
    """ValueError unless a config's models, steps, batch size, seed, optimizer and clipping are such as a run takes."""
    for name, (low, high) in RANGES.items():
        check_whole(name, getattr(config, name), low, high)
    check_choice("optimizer", config.optimizer, OPTIMIZERS)
    check_learning_rate(config.learning_rate)
    check_clip(config.clip)
    check_max_norm(config.max_norm)
    if not isinstance(config.models, tuple) or not 1 <= len(config.models) <= MAX_MODELS:
        raise ValueError(f"a run compares 1 to {MAX_MODELS} models, got {quote(config.models)}; give a tuple of them.")


def check_learning_rate(value: object) -> None:
    """ValueError unless it is a learning rate that a run takes."""
    check_positive("learning_rate", value, MAX_LEARNING_RATE)


def check_max_norm(value: object) -> None:
    """ValueError unless it is a bound that clipping takes."""
    check_positive("max_norm", value, MAX_MAX_NORM)


def check_clip(value: object) -> None:
    """ValueError unless it names a way of clipping."""
    check_choice("clip", value, CLIPS)
