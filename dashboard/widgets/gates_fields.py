"""The fields of the Gates view: who reads what, where one looks, which hands are in the works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.analysis.saturation import OPEN, SHUT
from core.tasks.config import OWN_TEXT
from core.tasks.library_source import held_out_modules, library_modules
from core.tasks.texts import UNSEEN
from core.training.limits import Limits
from dashboard.gates_drawings import TITLES
from dashboard.reading_asked import MOST_LENGTH, MOST_START, MOST_TYPED, SHIPPED
from dashboard.theme import GATE_TITLES
from dashboard.widgets.address import Choice, Field, Flag, Number, Several, Words
from dashboard.widgets.gate_reader import LOSS
from dashboard.widgets.gradient_page import DIRECTIONS

GATES = "gates"
"""The group of the fields."""
SECTIONS = {
    "read": "Read",
    "saturation": "Saturation",
    "cells": "Cells",
    "intervene": "Intervene",
    "cell": "The cell",
}
TEXT_TITLES = {
    UNSEEN: "Python modules the shipped model never saw",
    "python-source": "Python's standard library",
    "python-reference": "Python's language reference",
}
ORDERS = {
    "index": "by number",
    "mean": "by mean",
    "saturation": "by saturation",
    "likeness": "by likeness",
    "property": "by a property",
}
ACTS = {
    "still": "hold the cell: f = 1, i = 0",
    "ablate": "ablate: set to 0",
    "clamp": "clamp to a value",
    "scale": "scale by a factor",
    "none": "touch no gate",
}
FIRST_MODULE, FIRST_WORDS = "ftplib.py", "def parse150("
"""Of the unseen modules the one that is read first, from where; the cursor stands on the bracket."""
FIRST_UNIT = 233
"""The shipped model's cell that tells brackets: tanh c is near 1 outside and near −1 inside them."""
MOST_UNIT = 511
INSIDE = (len(FIRST_WORDS), len(FIRST_WORDS) + 3)
"""The timesteps of what stands in the first brackets."""
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "Hold every cell": {},
    "Hide the bracket from unit 233": {
        "act": "clamp", "what": "cell", "value": 2.0, "units": "233", "first": INSIDE[0], "last": INSIDE[1],
    },
    "Ablate unit 233": {"act": "ablate", "what": "cell", "units": "233", "first": 0, "last": 999},
    "Another bracket": {"act": "none", "edit_at": INSIDE[0] - 1, "edit": "["},
}  # fmt: skip
"""What each experiment sets; everything else that says who reads what, and with which hands, goes to its default."""


@dataclass(frozen=True)
class TextToRead:
    """Which text is read: one that is there for all, or a person's own by its id."""

    key: str
    label: str
    default: str
    folder: Path

    def read(self, text: str) -> str:
        """The text's id. Errors: ValueError with the rule."""
        own = OWN_TEXT.fullmatch(text) and (self.folder / f"{text.removeprefix('sha256:')}.txt").is_file()
        if text not in TEXT_TITLES and not own:
            raise ValueError(f"one of {', '.join(TEXT_TITLES)} or a text that was given to this server")
        return text

    def write(self, value: Any) -> str:
        """The id as the address holds it."""
        return str(value)


@cache
def module_starts(text: str) -> Mapping[str, int]:
    """Where each module begins in a text that is made of modules; empty for others."""
    modules = {UNSEEN: held_out_modules, "python-source": library_modules}.get(text, dict)()
    starts, start = {}, 0
    for name, source in modules.items():
        starts[name] = start
        start += len(source) + 1  # they are joined by a newline
    return starts


@cache
def first_place() -> int:
    """Where the first reading begins in the unseen modules; 0 in a Python that has others."""
    source = held_out_modules().get(FIRST_MODULE, "")
    return module_starts(UNSEEN).get(FIRST_MODULE, 0) + max(source.find(FIRST_WORDS), 0)


def gates_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control of the page."""
    return [
        Choice("show", "Section", "read", SECTIONS),
        Words("model", "Model", SHIPPED, 80),
        TextToRead("reads", "Text", UNSEEN, texts),
        Words("typed", "Typed text", "", MOST_TYPED),
        Number("start", "From character", first_place(), 0, MOST_START),
        Number("chars", "Characters", 1000, 10, MOST_LENGTH),
        Number("example", "Example", 1, 1, limits.max_batch_size),
        Number("layer", "Layer", 1, 1, limits.max_layers),
        Choice("direction", "Direction", "forward", DIRECTIONS),
        Number("unit", "Unit", FIRST_UNIT, 0, MOST_UNIT),
        Number("t", "Timestep", len(FIRST_WORDS) - 1, 0, MOST_LENGTH - 1),
        Words("brush", "Brushed span", "", 12),
        Several("without", "Heatmaps left out", [], GATE_TITLES),
        Choice("lens", "Text coloured by", "cell", {**GATE_TITLES, LOSS: "loss"}),
        Choice("order", "Units", "index", ORDERS),
        Choice("property", "Property", "inside_brackets", TITLES),
        Number("on", "On is above", 0.3, -1.0, 1.0),
        Number("shut", "Shut below", SHUT, 0.0, 1.0),
        Number("open", "Open above", OPEN, 0.0, 1.0),
        *_hand_fields(),
    ]


def _hand_fields() -> list[Field]:
    return [
        Choice("act", "Do", "still", ACTS),
        Choice("what", "To", "cell", GATE_TITLES),
        Number("value", "Value", 0.0, -100.0, 100.0),
        Words("units", "Units", "all", 60),
        Number("first", "From timestep", 100, 0, MOST_LENGTH - 1),
        Number("last", "To timestep", 160, 0, MOST_LENGTH - 1),
        Number("edit_at", "Edit the symbol at", 0, 0, MOST_LENGTH - 1),
        Words("edit", "To read there instead", "", 20),
        Flag("touched", "With these hands in the other sections", False),
    ]


def text_options(chosen: str) -> list[str]:
    """Every text that can be chosen, and the one that is."""
    return [*TEXT_TITLES, *([chosen] if chosen not in TEXT_TITLES else [])]
