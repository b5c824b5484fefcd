"""What may change while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass

from .run_config import RunConfig


@dataclass
class Knobs:
    """Read at every step by whatever trains."""

    learning_rate: float
    clip: str
    max_norm: float

    @classmethod
    def of(cls, config: RunConfig) -> Knobs:
        """The knobs as the config sets them at first."""
        return cls(config.learning_rate, config.clip, config.max_norm)
