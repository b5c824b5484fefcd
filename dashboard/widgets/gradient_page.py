"""What the gradient-flow page shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.recordings.records import GradientFlow
from core.tasks.task import Task
from core.training.config import TrainingConfig
from core.training.limits import Limits
from dashboard.measurements import flows_at_start
from dashboard.widgets.address import Choice, Field, Number
from dashboard.widgets.run_controls import ShownRun

PLACES = "places"
"""The group of fields that say where one looks."""
SECTIONS = {
    "compare": "Compare",
    "why": "Why",
    "reach": "Which loss",
    "clipping": "Clipping",
    "remedies": "Remedies",
    "weights": "Weights",
    "powers": "Without tanh",
}
DIRECTIONS = {"forward": "forward", "reverse": "reverse"}


def place_fields(limits: Limits) -> list[Field]:
    """Which section, and where in it one looks."""
    return [
        Choice("show", "Section", "compare", SECTIONS),
        Number("layer", "Layer", 1, 1, limits.max_layers),
        Choice("direction", "Direction", "forward", DIRECTIONS),
        Number("patient", "Patient", 1, 1, limits.max_models),
        Number("example", "Example", 1, 1, limits.max_batch_size),
        Number("rho", "Spectral radius ρ", 0.9, 0.5, 1.5),
    ]


@dataclass(frozen=True)
class GradientPage:
    """A run's config and what is looked at."""

    config: TrainingConfig
    task: Task
    run: ShownRun | None
    places: Mapping[Any, Any]
    """Of the place fields, the value that each has now."""

    @property
    def flows(self) -> tuple[GradientFlow, ...]:
        """Of each model before training; measured only once asked for. Errors: TextError."""
        return flows_at_start(self.config)

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.places["show"])

    @property
    def layer(self) -> int:
        """From 0, held within the models'."""
        return min(int(self.places["layer"]), self.config.models[0].layers) - 1

    @property
    def direction(self) -> int:
        """0 forward, 1 reverse, where there are both."""
        return int(self.config.models[0].bidirectional and self.places["direction"] == "reverse")

    @property
    def patient(self) -> int:
        """Position among the models, from 0."""
        return min(int(self.places["patient"]), len(self.config.models)) - 1

    @property
    def example(self) -> int:
        """Position in the batch, from 0."""
        return min(int(self.places["example"]), self.config.batch_size) - 1

    @property
    def radius(self) -> float:
        """ρ of the section without an activation."""
        return float(self.places["rho"])

    @property
    def run_id(self) -> str | None:
        """Of the run that the section follows: the one without an activation looks at models of its own."""
        return None if self.run is None or self.show == "powers" else self.run.header.id
