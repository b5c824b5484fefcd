"""What a run on handwritten digits is, as data: the models that spell them out, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ..checks import check_choice, check_real
from ..models.attention import NETWORKS
from ..models.seq2seq_config import FUSIONS, Seq2SeqConfig
from ..tasks.digits import LONGEST_WORD, SIDE
from ..tasks.pairs import MAX_HELD_OUT, MIN_HELD_OUT
from .config import check_training
from .names import unique_names
from .run_config import Size
from .strict import read_dataclass

PATCHES = (1, 2, 4)
FUSED = tuple(Seq2SeqConfig(hidden_size=32, attention="additive", fusion=fusion) for fusion in FUSIONS)
"""Models that differ in one thing, how context and state are joined."""


@dataclass(frozen=True)
class DigitsConfig:
    """One run: every model sees the same batches of the same images.

    Errors: ValueError (rule, what came, remedy) for a value out of range.
    """

    kind: ClassVar[str] = "digits"
    models: tuple[Seq2SeqConfig, ...] = FUSED
    """One to four, trained side by side; `ImageWriter` says what each field means where an image is read."""
    patch: int = 2
    """One of PATCHES: pixels of a side of a patch, of an image of 8 × 8."""
    held_out: float = 0.1
    """Share of the images that is never learnt, chosen by their content."""
    steps: int = 600
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

    def __post_init__(self) -> None:
        check_training(self)
        check_choice("patch", str(self.patch), tuple(map(str, PATCHES)))
        check_real("held_out", self.held_out, MIN_HELD_OUT, MAX_HELD_OUT)

    @property
    def names(self) -> tuple[str, ...]:
        """One name per model, unique within the run."""
        return unique_names(model.name for model in self.models)

    @property
    def title(self) -> str:
        """For people, e.g. "Digits: GRU, additive attention against GRU, additive attention, fusion by addition"."""
        return f"Digits: {' against '.join(model.label for model in self.models)}"

    @property
    def positions(self) -> int:
        """P, the patches of an image."""
        return (SIDE // self.patch) ** 2

    def sizes(self) -> tuple[Size, ...]:
        """All that a server limits."""
        return (
            Size("steps", self.steps, "max_steps"),
            Size("timesteps", self.positions + LONGEST_WORD, "max_length"),
            Size("hidden units", max(model.hidden_size for model in self.models), "max_hidden_size"),
            Size("layers", max(model.layers for model in self.models), "max_layers"),
            Size("examples in a batch", self.batch_size, "max_batch_size"),
            Size("models", len(self.models), "max_models"),
        )

    def states(self) -> int:
        """Numbers of the largest arrays of one batch, of all models.

        States of patches and decoder; and where a network scores each letter with each patch, its hidden layer.
        """
        return sum(map(self._states, self.models))

    def _states(self, model: Seq2SeqConfig) -> int:
        scored = LONGEST_WORD if model.attention in NETWORKS else 1
        return self.batch_size * model.hidden_size * (self.positions * scored + LONGEST_WORD * model.layers)

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it; `from_dict` gives it back."""
        return {"kind": self.kind} | asdict(self) | {"models": [asdict(model) for model in self.models]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DigitsConfig:
        """The config from JSON. Errors: ValueError for unknown keys, wrong types and values out of range."""
        return read_dataclass(cls, {key: value for key, value in data.items() if key != "kind"})
