"""What the Gates page shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.models.config import ModelConfig
from core.probes.intervention import NAMES, Intervention, still_cell
from core.training.reading import Passage
from dashboard import state
from dashboard.reading_asked import SHIPPED, AskedReading
from dashboard.widgets.gate_reader import LOSS
from dashboard.widgets.run_controls import ShownRun


@dataclass(frozen=True)
class GatesPage:
    """Who reads what, and where one looks."""

    config: ModelConfig
    """Of the model that reads."""
    label: str
    reads_text: bool
    run: ShownRun | None
    """The run in the address, whoever reads."""
    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["show"])

    @property
    def is_shipped(self) -> bool:
        """Whether the shipped model reads."""
        return self.values["model"] == SHIPPED

    @property
    def run_id(self) -> str | None:
        """Of the run whose model reads."""
        return None if self.is_shipped or self.run is None else self.run.header.id

    @property
    def kind(self) -> str:
        """Which of NAMES the model is made of."""
        return next(kind for kind in NAMES if self.config.cell.endswith(kind))

    @property
    def gates(self) -> tuple[str, ...]:
        """Gates and states of the model, in the order in which a step computes them."""
        return NAMES[self.kind]

    @property
    def layer(self) -> int:
        """From 0."""
        return min(int(self.values["layer"]), self.config.layers) - 1

    @property
    def direction(self) -> int:
        """0 forward, 1 reverse, where there are both."""
        return int(self.config.bidirectional and self.values["direction"] == "reverse")

    @property
    def unit(self) -> int:
        """From 0, held within the model's."""
        return min(int(self.values["unit"]), self.config.hidden_size - 1)

    @property
    def length(self) -> int:
        """Timesteps that are read, at most: the text may end before."""
        if not self.reads_text:
            assert self.run is not None
            return self.run.config.task.length
        return len(self.values["typed"]) or int(self.values["chars"])

    @property
    def lens(self) -> str:
        """The gate or state by which the text is coloured, or LOSS."""
        return self.values["lens"] if self.values["lens"] in (*self.gates, LOSS) else self.state

    @property
    def state(self) -> str:
        """What a step hands on: the cell state, else the hidden one."""
        return "cell" if self.kind == "lstm" else "hidden"

    @property
    def told(self) -> str:
        """The gate or state by which units are ordered and matched: the lens, where it is one."""
        return self.state if self.lens == LOSS else self.lens

    @property
    def maps(self) -> list[str]:
        """The gates and states that have a heatmap; at least one."""
        return [gate for gate in self.gates if gate not in self.values["without"]] or [self.state]

    @property
    def brush(self) -> tuple[int, int] | None:
        """First and last timestep of the brushed span, both included."""
        first, _, last = str(self.values["brush"]).partition("-")
        is_span = first.isascii() and first.isdigit() and last.isascii() and last.isdigit()
        return (int(first), int(last)) if is_span and int(first) <= int(last) < self.length else None

    @property
    def span(self) -> tuple[int, int]:
        """First and last timestep of the hands, both included, held within what is read."""
        first = min(int(self.values["first"]), self.length - 1)
        return first, min(max(int(self.values["last"]), first), self.length - 1)

    @property
    def last_touched(self) -> int:
        """The last timestep of the hands; of the edit, where no gate is touched."""
        return min(int(self.values["edit_at"]), self.length - 1) if self.act == "none" else self.span[1]

    def asked(self, with_hands: bool = False, step: int | None = None) -> AskedReading:
        """The reading, as the server is asked for it. Errors: ValueError for hands that cannot be."""
        model = SHIPPED if self.run_id is None else f"run:{self.run_id}:{self.values['model']}"
        hands, edits = (self.hands(), self._edits()) if with_hands else ((), ())
        passage = Passage(
            self.values["reads"],
            self.values["typed"] if self.reads_text else "",
            int(self.values["start"]),
            self.length,
            int(self.values["example"]) - 1,
            edits,
        )
        return AskedReading(model, step, passage, self.layer, self.direction, hands)

    @property
    def has_hands(self) -> bool:
        """Whether what is shown is read with the hands of *Intervene*."""
        return self.show == "intervene" or (self.show != "cells" and bool(self.values["touched"]))

    @property
    def pinned(self) -> int | None:
        """The training step that the scrubber pins; None: the newest weights read, or the shipped ones."""
        if self.run_id is None:
            return None
        host = f"{state.LIVE_FIGURES}-{'loss' if self.show == 'read' else 'gates'}"
        pinned = (st.session_state.get(host) or {}).get("scrub")
        return pinned if isinstance(pinned, int) else None

    def hands(self) -> tuple[Intervention, ...]:
        """What the controls of *Intervene* say. Errors: ValueError."""
        act, (first, last), units = self.act, self.span, self._units()
        if act == "none":
            return ()
        if act == "still":
            return still_cell(first, last, units, self.layer, self.direction)
        what = self.values["what"] if self.values["what"] in self.gates else self.gates[-1]
        value = 0.0 if act == "ablate" else float(self.values["value"])
        how = "scale" if act == "scale" else "set"
        return (Intervention(what, how, value, units, first, last, self.layer, self.direction),)

    @property
    def act(self) -> str:
        """One of ACTS that the model can be asked for: only an LSTM's cell can be held."""
        act = str(self.values["act"])
        return "ablate" if act == "still" and self.kind != "lstm" else act

    def _units(self) -> tuple[int, ...] | None:
        """Of the hands; None: all. Errors: ValueError."""
        written = str(self.values["units"]).replace(",", " ").split()
        if written in ([], ["all"]):
            return None
        most = self.config.hidden_size
        if not all(one.isascii() and one.isdigit() and int(one) < most for one in written):
            raise ValueError(
                f"Units are “all” or numbers from 0 to {most - 1}, such as 51, 177; got {self.values['units']}."
            )
        return tuple(int(one) for one in written)

    def _edits(self) -> tuple[tuple[int, str], ...]:
        symbol = str(self.values["edit"]).replace("⏎", "\n").replace("␣", " ")
        return ((min(int(self.values["edit_at"]), self.length - 1), symbol),) if symbol else ()
