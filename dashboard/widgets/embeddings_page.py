"""What the Embeddings page shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.training.config import TrainingConfig
from dashboard.embeddings_tables import Tokens, shipped_table, tokens_of
from dashboard.figures.interventions import visible
from dashboard.server import texts_root
from dashboard.widgets.embeddings_fields import FIRST_TOKENS, config_of
from dashboard.widgets.run_controls import ShownRun


@dataclass(frozen=True)
class EmbeddingsPage:
    """Whose table, and where one looks."""

    config: TrainingConfig | None
    """Of the run, or of the one that the controls describe; None: the shipped model."""
    run: ShownRun | None
    tokens: Tokens
    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["show"])

    @property
    def model(self) -> int:
        """Position among the run's models, from 0."""
        return 0 if self.config is None else min(int(self.values["e_which"]), len(self.config.models)) - 1

    @property
    def label(self) -> str:
        """Of the model."""
        return "the shipped LSTM" if self.config is None else self.config.models[self.model].label

    @property
    def token(self) -> int:
        """Place of the chosen token; where the table has no such token, that of the first one for its kind, or 0."""
        symbols = self.tokens.symbols
        wanted = (self.values["e_token"], FIRST_TOKENS[self.tokens.unit])
        return next((symbols.index(one) for one in wanted if one in symbols), 0)

    @property
    def chosen(self) -> str:
        """The chosen token, as people read it."""
        return visible(self.tokens.symbols[self.token])

    @property
    def is_change(self) -> bool:
        """Whether what training added is shown, not the rows; only a run has that."""
        return self.run_id is not None and self.values["e_of"] == "change"

    @property
    def run_id(self) -> str | None:
        """Of the run whose table is shown."""
        return None if self.run is None or self.config is None else self.run.header.id

    @property
    def words(self) -> tuple[str, str, str]:
        """Of the analogy: a is to b as c to the answer."""
        a, b, c = (str(self.values[f"e_{name}"]).strip() for name in "abc")
        return a, b, c


def page_of(run: ShownRun | None, values: Mapping[Any, Any]) -> EmbeddingsPage:
    """The page by its controls. Errors: ValueError for a run that cannot be; TextError."""
    if run is None and values["e_who"] == "shipped":
        return EmbeddingsPage(None, None, shipped_table().tokens, values)
    config = config_of(values, texts_root()) if run is None else run.config
    return EmbeddingsPage(config, run, tokens_of(config), values)
