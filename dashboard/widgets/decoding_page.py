"""What the Decoding page shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.decoding.filters import Filters
from core.decoding.length_penalty import LengthPenalty
from core.decoding.rules import Rules
from core.decoding.settings import SearchSettings
from core.recordings.storage import RecordingError
from dashboard.decoding_asked import PENALTIES, PRESET, AskedSearch, read_tokens
from dashboard.decoding_measurements import reads_pairs
from dashboard.gates_measurements import newest_step
from dashboard.reading_asked import AskedReading
from dashboard.widgets.decoding_fields import END_SYMBOLS

SIZED = ("sample", "beam", "diverse", "stochastic", "depth-first")
"""Methods that a size concerns."""
RANKING = ("beam", "diverse", "exhaustive", "best-first", "depth-first")
"""Methods that semantics and length penalty concern."""
DRAWN = ("sample", "stochastic")
"""Methods that a seed concerns."""


@dataclass(frozen=True)
class DecodingPage:
    """Who decodes what, and where one looks."""

    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["show"])

    @property
    def method(self) -> str:
        """One of METHODS."""
        return str(self.values["by"])

    @property
    def is_table(self) -> bool:
        """Whether a table of probabilities stands in for a model."""
        return str(self.values["of"]).startswith(PRESET)

    @property
    def has_source(self) -> bool:
        """Whether an encoder reads a source first."""
        try:
            return not self.is_table and reads_pairs(str(self.values["of"]))
        except (RecordingError, ValueError):
            return False  # the search itself says what is wrong

    @property
    def node(self) -> tuple[int, ...] | None:
        """Tokens of the node that is looked at; None: none is. Errors: ValueError."""
        written = str(self.values["node"])
        return None if not written else () if written == "root" else read_tokens(written)

    @property
    def forced(self) -> tuple[int, ...]:
        """Tokens with which every hypothesis begins. Errors: ValueError."""
        return read_tokens(str(self.values["forced"]))

    def settings(self) -> SearchSettings:
        """The search. Errors: ValueError."""
        values = self.values
        return SearchSettings(
            method=self.method,
            size=int(values["k"]),
            max_length=int(values["most"]),
            semantics=str(values["semantics"]),
            length_penalty=self._penalty(),
            coverage=float(self.values["coverage"]) if self.has_source else 0.0,
            rules=Rules(int(values["least"]), int(values["ngram"]), self.forced),
            filters=Filters(float(values["temperature"]), int(values["top_k"]) or None, float(values["top_p"])),
            seed=int(values["draw"]),
            groups=int(values["groups"]),
            strength=float(values["diversity"]),
        )

    def _penalty(self) -> LengthPenalty | None:
        name = str(self.values["penalty"])
        if name == "own":
            return None
        kind: Any = PENALTIES[name]
        return LengthPenalty(kind, 0.0 if name == "none" else float(self.values["alpha"]))

    def ranking(self, alpha: float) -> LengthPenalty:
        """The penalty by which what has finished is ranked again."""
        kind: Any = PENALTIES[str(self.values["rank_by"])]
        return LengthPenalty(kind, alpha)

    def asked(self) -> AskedSearch:
        """The search, as the server is asked for it; of a run, with its newest weights' step.

        Errors: ValueError; RecordingError for the run.
        """
        model = str(self.values["of"])
        run = AskedReading(model).run
        return AskedSearch(
            model,
            None if run is None else newest_step(*run) or 0,
            str(self.values["prefix"]),
            str(self.values["source"]) if self.has_source else "",
            end=END_SYMBOLS[str(self.values["end"])],
            settings=self.settings(),
            proof=int(self.values["proof"]),
        )
