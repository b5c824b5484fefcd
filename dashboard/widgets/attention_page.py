"""What the page of sequence to sequence shows at the moment, for its sections to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.tasks.pairs import PairsConfig
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import SHOWN
from dashboard.attention_asked import Hand, pairs_question, read_laid
from dashboard.attention_seen import task_of_pairs
from dashboard.attention_shipped import shipped_name
from dashboard.widgets.attention_fields import NEWEST
from dashboard.widgets.run_controls import ShownRun


@dataclass(frozen=True)
class AttentionPage:
    """A run's config and where in it one looks."""

    config: TranslationConfig
    run: ShownRun | None
    """A run of `config`."""
    values: Mapping[Any, Any]
    """Of the fields, the value that each has now."""

    @property
    def show(self) -> str:
        """One of SECTIONS."""
        return str(self.values["show"])

    @property
    def ships(self) -> bool:
        """Whether a run that ships is shown."""
        return self.run is None and shipped_name(self.config) is not None

    @property
    def is_trained(self) -> bool:
        """Whether there is a run to draw from."""
        return self.run is not None or self.ships

    @property
    def model(self) -> int:
        """Of the models, the place of the one that is shown."""
        return min(int(self.values["a_model"]), len(self.config.models) - 1)

    @property
    def example(self) -> int:
        """Of the pairs that are shown."""
        return int(self.values["a_example"])

    @property
    def hand(self) -> Hand:
        """What is changed by hand."""
        laid = read_laid(self.values["a_laid"])
        return Hand(str(self.values["a_source"]), str(self.values["a_prefix"]), laid)

    def question(self, name: str, model: int | None = None) -> str:
        """Of one of the page's pictures; of the model that is shown, or of another."""
        at = int(self.values["a_at"])
        is_of_hand = name in ("by-itself", "by-hand")
        return pairs_question(
            name,
            self.config,
            self.model if model is None else model,
            self.example,
            at if self.ships and at != NEWEST and not is_of_hand else None,
            self.hand if is_of_hand else Hand(),
        )


@lru_cache(maxsize=32)
def pair_titles(config: PairsConfig) -> list[str]:
    """The pairs that a run shows, for people. Errors: PairError."""
    task = task_of_pairs(config)
    batch = task.held_out()
    pairs = zip(batch.source[:SHOWN], batch.target_out[:SHOWN], strict=True)
    return [f"{task.source.print(source)} → {task.print(target)}" for source, target in pairs]
