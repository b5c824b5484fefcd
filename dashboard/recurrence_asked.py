"""Which unrolled model is asked for: a small one drawn by a seed, the shipped one or a run's; and what it reads.

unrolled_question(AskedUnrolled("gru", units=6, typed="hello"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from core.checks import check_whole
from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import MAX_SEED, TrainingConfig
from core.training.reading import Passage
from dashboard.asked import whole
from dashboard.reading_asked import AskedReading, read_reading

DRAWN = ("rnn", "gru", "lstm")
MOST_UNITS, MOST_LAYERS = 32, 3
"""Of a model that is drawn."""
MOST_TYPED = 120
_OWN = ("units", "layers", "both", "seed")


@dataclass(frozen=True)
class AskedUnrolled:
    """One question, checked in form. Errors: ValueError (rule, what came, remedy); RecordingError for a run's id."""

    model: str = "rnn"
    """One of DRAWN, "shipped", or "run:<id>:<name>"."""
    units: int = 6
    """This and the three below: of a model that is drawn."""
    layers: int = 1
    both: bool = False
    """Whether it reads in both directions."""
    seed: int = 0
    typed: str = "hello hello"
    """What is read; by a run's model that knows no text, its example."""
    example: int = 0
    step: int | None = None
    """Training step of a run's model; None: the newest."""

    def __post_init__(self) -> None:
        check_whole("units", self.units, 1, MOST_UNITS)
        check_whole("layers", self.layers, 1, MOST_LAYERS)
        check_whole("seed", self.seed, 0, MAX_SEED)
        if not 1 <= len(self.typed) <= MOST_TYPED:
            raise ValueError(f"1 to {MOST_TYPED} characters are unrolled, got {len(self.typed)}; type as many.")

    @property
    def passage(self) -> Passage:
        """As core reads it."""
        return Passage(typed=self.typed, length=MOST_TYPED, example=self.example)

    @property
    def drawn(self) -> TrainingConfig | None:
        """The run that the drawn model is the beginning of; None for a model that was trained."""
        if self.model not in DRAWN:
            return None
        one = ModelConfig(self.model, self.units, self.layers, self.both)
        return TrainingConfig(TaskConfig("next_character"), (one,), seed=self.seed)

    @property
    def reading(self) -> AskedReading:
        """The same as a question for a reading, of a model that was trained."""
        return AskedReading(self.model, self.step, self.passage)


def unrolled_question(asked: AskedUnrolled) -> str:
    """The question as the host takes it; the inverse of `read_unrolled`."""
    default = asdict(AskedUnrolled())
    given = {name: value for name, value in asdict(asked).items() if value != default[name]}
    return urlencode(given | ({"both": "yes"} if asked.both else {}))


def read_unrolled(given: Mapping[str, str]) -> AskedUnrolled:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for a run's id."""
    model = given.get("model", "rnn")
    if model not in DRAWN:
        read_reading({"model": model})  # which checks its form
    numbers = {
        name: whole(name, given[name]) for name in ("units", "layers", "seed", "example", "step") if name in given
    }
    typed = given.get("typed", AskedUnrolled.typed)
    return AskedUnrolled(model, both=given.get("both") == "yes", typed=typed, **numbers)
