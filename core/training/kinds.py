"""The kinds of runs: for each, its config and what makes its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checks import check_choice
from .config import TrainingConfig
from .digits_config import DigitsConfig
from .digits_rows import digits_rows
from .knobs import Knobs
from .row import Row
from .rows import training_rows
from .run_config import RunConfig
from .sweep import SweepConfig
from .sweep_rows import sweep_rows
from .translation_config import TranslationConfig
from .translation_rows import translation_rows
from .truncation_config import TruncationConfig
from .truncation_rows import truncation_rows


@dataclass(frozen=True)
class Kind:
    """One kind of run."""

    from_dict: Callable[[Mapping[str, Any]], RunConfig]
    """The inverse of the config's `to_dict`. Errors: ValueError."""
    rows: Callable[[Any, Knobs, Path | None], Iterator[Row]]
    """The steps of a run from 0 to `config.steps`, given its config, its knobs and the folder of the users' texts.

    Errors: TrainingDiverged after a row that is not finite.
    """


KINDS = {
    TrainingConfig.kind: Kind(TrainingConfig.from_dict, training_rows),
    SweepConfig.kind: Kind(SweepConfig.from_dict, sweep_rows),
    TruncationConfig.kind: Kind(TruncationConfig.from_dict, truncation_rows),
    TranslationConfig.kind: Kind(TranslationConfig.from_dict, translation_rows),
    DigitsConfig.kind: Kind(DigitsConfig.from_dict, digits_rows),
}
"""By RunConfig.kind."""


def kind_of(data: Mapping[str, Any]) -> str:
    """The kind that a header's config says. Errors: ValueError for one that this version does not know."""
    kind = data.get("kind", TrainingConfig.kind)
    check_choice("kind", kind, tuple(KINDS))
    return kind


def read_config(data: Mapping[str, Any]) -> RunConfig:
    """The config of a run of any kind from its JSON. Errors: ValueError."""
    return KINDS[kind_of(data)].from_dict(data)


def rows(config: RunConfig, knobs: Knobs, texts: Path | None) -> Iterator[Row]:
    """The rows of a run of any kind."""
    return KINDS[config.kind].rows(config, knobs, texts)
