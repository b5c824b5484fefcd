"""What a run with truncated backpropagation is, as data: the task, one model, and the ways of cutting the sequence.

Axes: T timesteps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, NamedTuple

from ..checks import check_choice, check_whole, quote
from ..models.config import ModelConfig
from ..tasks.config import MAX_LENGTH, TaskConfig
from .config import MAX_MODELS, TrainingConfig
from .names import unique_names
from .run_config import Size
from .strict import read_dataclass

WAYS = ("whole", "zero", "carry", "sliding")


class Segment(NamedTuple):
    """One piece of the sequence that is gone through forwards and backwards; timesteps from 0, ends excluded."""

    start: int
    """Where the gradient is cut: nothing before is reached."""
    first_loss: int
    """From here on losses count."""
    end: int
    is_fresh: bool
    """True: the state before `start` is zero; False: the one that the model had there."""


@dataclass(frozen=True)
class Truncation:
    """How a sequence is cut for training. Errors: ValueError (rule, what came, remedy).

    - "whole": not at all.
    - "zero": into windows, each from h₀ = 0 as if it were a sequence of its own.
    - "carry": into windows; h (and c) go on into the next one, the gradient does not.
    - "sliding": each `period` timesteps, back over `window` of them: k₁ and k₂ of Williams & Peng (1990).
    """

    way: str = "carry"
    """One of WAYS."""
    window: int = 10
    """Timesteps that a gradient goes back at most; of "whole" without meaning."""
    period: int = 5
    """Of "sliding" alone: timesteps from one update to the next, at most `window`."""

    def __post_init__(self) -> None:
        check_choice("way", self.way, WAYS)
        check_whole("window", self.window, 1, MAX_LENGTH)
        check_whole("period", self.period, 1, self.window if self.way == "sliding" else MAX_LENGTH)

    @property
    def label(self) -> str:
        """For people."""
        return {
            "whole": "whole sequence",
            "zero": f"windows of {self.window}, from h₀ = 0",
            "carry": f"windows of {self.window}, h carried",
            "sliding": f"every {self.period}, back over {self.window}",
        }[self.way]

    @property
    def name(self) -> str:
        """A short slug, e.g. "carry-10" or "sliding-5-10"."""
        window = "" if self.way == "whole" else f"-{self.window}"
        period = f"-{self.period}" if self.way == "sliding" else ""
        return f"{self.way}{period}{window}"

    def segments(self, length: int) -> tuple[Segment, ...]:
        """The pieces of a sequence of `length` timesteps, in order; their losses are each counted once."""
        if self.way == "whole":
            return (Segment(0, 0, length, True),)
        stride = self.period if self.way == "sliding" else self.window
        found = []
        for first in range(0, length, stride):
            end = min(first + stride, length)
            start = max(0, end - self.window) if self.way == "sliding" else first
            found.append(Segment(start, first, end, self.way == "zero" or start == 0))
        return tuple(found)


WHOLE = Truncation("whole")
USUAL_MODEL = ModelConfig("lstm", forget_bias=3.0)
USUAL = (WHOLE, Truncation("zero"), Truncation("carry"), Truncation("sliding"))


@dataclass(frozen=True)
class TruncationConfig:
    """One run: a model from one start, trained once for each way of cutting, on the same batches.

    Errors: ValueError (rule, what came, remedy) for a value out of range.
    """

    kind: ClassVar[str] = "truncation"
    task: TaskConfig = field(default_factory=TaskConfig)
    model: ModelConfig = USUAL_MODEL
    """In one direction."""
    truncations: tuple[Truncation, ...] = USUAL
    """One to four, trained side by side."""
    steps: int = 300
    """Batches of sequences; each segment with a loss makes one optimizer update. Step 0 is measured before any."""
    batch_size: int = 64
    optimizer: str = "adam"
    """As TrainingConfig.optimizer."""
    learning_rate: float = 3e-3
    clip: str = "norm"
    """As TrainingConfig.clip."""
    max_norm: float = 1.0
    seed: int = 0
    """Of the weights and of the batches."""

    def __post_init__(self) -> None:
        _ = self.ordinary  # which checks what both have
        if self.model.bidirectional:
            raise ValueError(
                "windows need a model of one direction, got both: the reverse one starts at the sequence's end, which "
                "no window has; set bidirectional to false."
            )
        if not isinstance(self.truncations, tuple) or not 1 <= len(self.truncations) <= MAX_MODELS:
            raise ValueError(
                f"a run compares 1 to {MAX_MODELS} truncations, got {quote(self.truncations)}; give a tuple of them."
            )

    @property
    def ordinary(self) -> TrainingConfig:
        """The run with the same start, batches and updates that cuts nothing."""
        return TrainingConfig(
            self.task, (self.model,), self.steps, self.batch_size, self.optimizer, self.learning_rate, self.clip,
            self.max_norm, self.seed,
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """One name a truncation, unique within the run."""
        return unique_names(truncation.name for truncation in self.truncations)

    @property
    def title(self) -> str:
        """For people, e.g. "LSTM, T = 20: whole sequence against windows of 10, h carried"."""
        ways = " against ".join(truncation.label for truncation in self.truncations)
        return f"{self.model.label}, T = {self.task.length}: {ways}"

    def sizes(self) -> tuple[Size, ...]:
        """All that a server limits."""
        return (
            Size("steps", self.steps, "max_steps"),
            Size("timesteps", self.task.length, "max_length"),
            Size("hidden units", self.model.hidden_size, "max_hidden_size"),
            Size("layers", self.model.layers, "max_layers"),
            Size("examples in a batch", self.batch_size, "max_batch_size"),
            Size("models", len(self.truncations), "max_models"),
        )

    def states(self) -> int:
        """Hidden states of one batch, of all truncations; those that overlapping segments make again count again."""
        width = self.batch_size * self.model.hidden_size * self.model.layers
        lengths = (
            segment.end - segment.start
            for truncation in self.truncations
            for segment in truncation.segments(self.task.length)
        )
        return width * sum(lengths)

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it; `from_dict` gives it back."""
        return {"kind": self.kind} | asdict(self) | {"truncations": [asdict(one) for one in self.truncations]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TruncationConfig:
        """The config from JSON. Errors: ValueError for unknown keys, wrong types and values out of range."""
        return read_dataclass(cls, {key: value for key, value in data.items() if key != "kind"})
