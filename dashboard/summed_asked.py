"""Questions of the page that sums RNNs up: which claim, of which model; as an address holds it.

summed_question("sharing", SummedModel("gru", 64))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from dashboard.asked import whole


@dataclass(frozen=True)
class SummedModel:
    """The model that the claims are measured on. Errors: ValueError for what a run could not be of."""

    cell: str = "lstm"
    units: int = 32
    length: int = 20
    """T of the recall task on whose first batch gradients are taken."""
    seed: int = 0

    def __post_init__(self) -> None:
        self.training  # noqa: B018  it checks all of it

    @property
    def config(self) -> ModelConfig:
        """One layer, one direction, as PyTorch initialises it."""
        return ModelConfig(self.cell, self.units)

    @property
    def training(self) -> TrainingConfig:
        """The run whose first batch is looked at."""
        return TrainingConfig(TaskConfig(length=self.length), (self.config,), seed=self.seed)


def summed_question(claim: str, model: SummedModel) -> str:
    """The question as `Panel.question` takes it; the inverse of `read_summed`."""
    default = asdict(SummedModel())
    given = {name: value for name, value in asdict(model).items() if value != default[name]}
    return f"summed/{claim}?{urlencode(given)}"


def read_summed(given: Mapping[str, str]) -> SummedModel:
    """The model from an address. Errors: ValueError (rule, what came, remedy)."""
    numbers = {name: whole(name, given[name]) for name in ("units", "length", "seed") if name in given}
    return SummedModel(given.get("cell", "lstm"), **numbers)
