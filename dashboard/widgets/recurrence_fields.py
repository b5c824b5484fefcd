"""The fields of the Recurrence view: which model is unrolled over what, and where one looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.models.config import TITLES
from core.training.config import MAX_SEED
from core.training.limits import Limits
from dashboard.reading_asked import MOST_START
from dashboard.recurrence_asked import DRAWN, MOST_TYPED, MOST_UNITS, AskedUnrolled
from dashboard.widgets.address import Choice, Field, Number, Words

RECURRENCE = "recurrence"
"""The group of the fields."""
SECTIONS = {"step": "One step", "stack": "Stacking", "both": "Both directions"}
CELLS = {cell: TITLES[cell] for cell in DRAWN}
SHIPPED_WORDS = "import numpy as np"
SITUATIONS: dict[str, dict[str, Any]] = {
    "A small RNN": {},
    "A small GRU": {"r_model": "gru"},
    "A small LSTM": {"r_model": "lstm"},
    "The shipped LSTM": {"r_model": "shipped", "r_typed": SHIPPED_WORDS},
}
"""What each situation of *One step* sets; what says who reads what goes to its default otherwise."""
PLACE = {"r_unit": 0, "r_t": 2, "r_layer": 0, "r_direction": 0}
"""Where one looks, as the host tells it, and where it begins."""


def recurrence_fields(limits: Limits) -> list[Field]:
    """Every control of the page."""
    return [
        Choice("r_show", "Section", "step", SECTIONS),
        Words("r_model", "Model", "rnn", 160),
        Number("r_units", "Units", 6, 1, MOST_UNITS),
        Number("r_seed", "Seed", 0, 0, MAX_SEED),
        Words("r_typed", "Text", AskedUnrolled.typed, MOST_TYPED),
        Number("r_example", "Example", 1, 1, limits.max_batch_size),
        Number("r_edit", "Edit the symbol at", 5, 0, MOST_TYPED - 1),
        Choice("r_cell", "Cell", "lstm", CELLS),
        Number("r_width", "Units of one layer", min(64, limits.max_hidden_size), 4, limits.max_hidden_size),
        *(Number(key, key, default, 0, MOST_START) for key, default in PLACE.items()),
    ]


@dataclass(frozen=True)
class RecurrencePage:
    """What the page shows at the moment."""

    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["r_show"])

    @property
    def model(self) -> str:
        """Who is unrolled: a second layer and a second direction are shown on models that are drawn."""
        model = str(self.values["r_model"])
        return model if self.show == "step" or model in DRAWN else "lstm"

    @property
    def is_drawn(self) -> bool:
        """Whether the model is drawn by a seed."""
        return self.model in DRAWN

    def asked(self) -> AskedUnrolled:
        """The question. Errors: ValueError, RecordingError."""
        return AskedUnrolled(
            self.model,
            units=int(self.values["r_units"]),
            layers=2 if self.show == "stack" else 1,
            both=self.show == "both",
            seed=int(self.values["r_seed"]),
            typed=str(self.values["r_typed"]) or AskedUnrolled.typed,
            example=int(self.values["r_example"]) - 1,
        )

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Unit, timestep, layer and direction that one looks at, from 0."""
        unit, t, layer, direction = (int(self.values[key]) for key in PLACE)
        return unit, t, layer, direction
