"""What the Truncation page shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.training.sweep import SweepConfig
from core.training.truncation_config import TruncationConfig
from core.training.truncation_sweep import SEEDS, window_sweep
from dashboard.truncation_asked import cut_question
from dashboard.widgets.run_controls import ShownRun
from dashboard.widgets.truncation_fields import model_of


@dataclass(frozen=True)
class TruncationPage:
    """A run's config and where in it one looks."""

    config: TruncationConfig
    run: ShownRun | None
    """A run of `config`, or in the section of lags a sweep of windows."""
    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["show"])

    @property
    def place(self) -> int:
        """t*, from 0, held within the sequence."""
        return min(int(self.values["c_place"]), self.config.task.length) - 1

    @property
    def example(self) -> int:
        """Position in the batch, from 0."""
        return min(int(self.values["c_example"]), self.config.batch_size) - 1

    @property
    def sweep(self) -> SweepConfig:
        """Recall by lag with the page's model, one line a window."""
        steps = min(300, int(self.values["c_steps"]))
        return window_sweep(str(self.values["c_lag_way"]), model_of(self.values), steps, SEEDS)

    def question(self, name: str) -> str:
        """Of one of the page's pictures."""
        ways = [one.way for one in self.config.truncations]
        of = ways.index(self.values["c_of"]) if self.run is not None else 0
        return cut_question(name, self.config, self.place, self.example, of)
