"""What a run on pairs is, as data: the task, the encoder–decoders that are compared, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ..checks import check_real, check_whole
from ..models.attention import NETWORKS
from ..models.seq2seq_config import Seq2SeqConfig
from ..tasks.pairs import MAX_LENGTH, PairsConfig
from .config import check_training
from .names import unique_names
from .run_config import Size
from .strict import read_dataclass


@dataclass(frozen=True)
class TranslationConfig:
    """One run: every model sees the same batches of the same pairs.

    Errors: ValueError (rule, what came, remedy) for a value out of range.
    """

    kind: ClassVar[str] = "pairs"
    task: PairsConfig = field(default_factory=PairsConfig)
    models: tuple[Seq2SeqConfig, ...] = (Seq2SeqConfig(),)
    """One to four, trained side by side."""
    steps: int = 300
    """Optimizer updates; step 0 is measured before the first."""
    batch_size: int = 64
    optimizer: str = "adam"
    """As TrainingConfig.optimizer."""
    learning_rate: float = 1e-2
    clip: str = "norm"
    """As TrainingConfig.clip."""
    max_norm: float = 1.0
    seed: int = 0
    """Of the weights and of the batches."""
    teacher_forcing: float = 1.0
    """Probability, in [0, 1], that the decoder reads the right token and not its own likeliest one, drawn for each
    example and row (scheduled sampling: Bengio et al., 2015)."""
    test_length: int = 0
    """Of the longest source by which accuracy is measured, where the task can make any length; 0: as long as those
    that are trained on."""

    def __post_init__(self) -> None:
        check_training(self)
        check_real("teacher_forcing", self.teacher_forcing, 0.0, 1.0)
        check_whole("test_length", self.test_length, 0, MAX_LENGTH)

    @property
    def names(self) -> tuple[str, ...]:
        """One name per model, unique within the run."""
        return unique_names(model.name for model in self.models)

    @property
    def title(self) -> str:
        """For people, e.g. "Reverse: GRU, dot attention against One vector"."""
        return f"{self.task.name.capitalize()}: {' against '.join(model.label for model in self.models)}"

    def sizes(self) -> tuple[Size, ...]:
        """All that a server limits."""
        return (
            Size("steps", self.steps, "max_steps"),
            Size("timesteps", max(self.task.timesteps, 2 * self.test_length + 2), "max_length"),
            Size("hidden units", max(model.hidden_size for model in self.models), "max_hidden_size"),
            Size("layers", max(model.layers for model in self.models), "max_layers"),
            Size("examples in a batch", self.batch_size, "max_batch_size"),
            Size("models", len(self.models), "max_models"),
        )

    def states(self) -> int:
        """Numbers of the largest arrays of one batch, of all models.

        States of encoder and decoder; and where a network scores each pair of positions, its hidden layer.
        """
        return sum(map(self._states, self.models))

    def _states(self, model: Seq2SeqConfig) -> int:
        timesteps = self.task.timesteps
        pairs = timesteps**2 // 4 if model.attention in NETWORKS else 0
        return self.batch_size * model.hidden_size * (timesteps * model.layers + pairs)

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it; `from_dict` gives it back."""
        return {"kind": self.kind} | asdict(self) | {"models": [asdict(model) for model in self.models]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TranslationConfig:
        """The config from JSON. Errors: ValueError for unknown keys, wrong types and values out of range."""
        return read_dataclass(cls, {key: value for key, value in data.items() if key != "kind"})
