"""What one may choose of fusion, digits and the model that cheats, and the run that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from core.training.config import TrainingConfig
from core.training.digits_config import DigitsConfig
from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from core.training.translation_config import TranslationConfig
from dashboard.attention_shipped import CHEAT, DIGITS, FUSION

SIDES: dict[str, RunConfig] = {"fusion": FUSION, "digits": DIGITS, "cheat": CHEAT}
"""By section: the run that ships."""


class SideSettings(NamedTuple):
    """The choices of a section with a run of its own."""

    steps: int
    units: int
    """H, of every model."""
    rate: float
    """Learning rate."""
    seed: int = 0
    """The first, of a sweep."""


def settings_of(config: RunConfig) -> SideSettings | None:
    """The choices that may have made a run; None for a run of a kind that no section has."""
    base = config.base if isinstance(config, SweepConfig) else config
    if not isinstance(base, TranslationConfig | DigitsConfig | TrainingConfig):
        return None
    return SideSettings(base.steps, base.models[0].hidden_size, base.learning_rate, config.seed)


def side_config(show: str, chosen: SideSettings) -> RunConfig:
    """The run of a section with these choices. Errors: ValueError (rule, what came, remedy)."""
    shipped = SIDES[show]
    if isinstance(shipped, SweepConfig):
        seeds = tuple(range(chosen.seed, chosen.seed + len(shipped.seeds)))
        return SweepConfig(_chosen(shipped.base, chosen), seeds=seeds)
    return replace(_chosen(shipped, chosen), seed=chosen.seed)


def _chosen(config: Any, chosen: SideSettings) -> Any:
    models = tuple(replace(model, hidden_size=chosen.units) for model in config.models)
    return replace(config, models=models, steps=chosen.steps, learning_rate=chosen.rate)


def settings_in(show: str, values: Mapping[Any, Any]) -> SideSettings:
    """The choices that the controls of a section hold."""
    steps, units, rate = (values[key] for key in side_keys(show))
    return SideSettings(int(steps), int(units), float(rate), int(values["a_seed"]))


def side_keys(show: str) -> tuple[str, str, str]:
    """The controls of a section for steps, units and learning rate."""
    return f"a_{show}_steps", f"a_{show}_units", f"a_{show}_lr"
