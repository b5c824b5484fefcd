"""What a server lets its visitors run, whatever a URL or a widget says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ..tasks.config import MIN_LENGTH

if TYPE_CHECKING:
    from .run_config import RunConfig


class LimitReached(Exception):
    """A run is larger, or there are more runs, than the server allows; the message says which and what to do."""


@dataclass(frozen=True)
class Limits:
    """Ceilings for a run, for a visitor and for the server; UNROLL_<NAME> in the environment sets each."""

    max_steps: int = 20_000
    max_length: int = 400
    """Timesteps of a sequence."""
    max_hidden_size: int = 256
    max_layers: int = 4
    max_batch_size: int = 256
    max_models: int = 4
    max_states: int = 8_000_000
    """Hidden states of one batch, of all layers, directions and models: what memory and time grow with."""
    max_seconds: float = 900
    """Training time of a run, without its pauses."""
    max_paused_seconds: float = 1800
    """Of pause in all, after which a run ends and frees its worker."""
    max_megabytes: float = 512
    """Of recording on disk, a run."""
    max_running_per_visitor: int = 1
    """Runs of one visitor, running or waiting."""
    max_queued: int = 32
    """Runs that wait, of all visitors."""
    unwatched_seconds: float = 300
    """After so long without anybody looking, a run ends."""

    def __post_init__(self):
        if self.max_length < MIN_LENGTH:
            raise ValueError(f"max_length needs at least {MIN_LENGTH}, got {self.max_length}; raise UNROLL_MAX_LENGTH.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The limits as UNROLL_MAX_STEPS, … set them. Errors: ValueError naming the variable."""
        given = {field.name: environment.get(f"UNROLL_{field.name.upper()}") for field in fields(cls)}
        whole = {field.name for field in fields(cls) if field.type == "int"}
        values: dict[str, Any] = {
            name: _parse(name, text, name in whole) for name, text in given.items() if text is not None
        }
        return cls(**values)

    def check(self, config: RunConfig) -> None:
        """Errors: LimitReached for the first size of the run that is above its limit."""
        for what, value, limit in config.sizes():
            if value > (most := getattr(self, limit)):
                raise LimitReached(f"This server runs at most {most} {what}, got {value}; choose {most} or fewer.")
        if (states := config.states()) > self.max_states:
            raise LimitReached(
                f"This server holds at most {self.max_states:,} hidden states of a batch, got {states:,}; "
                "choose fewer examples, timesteps, hidden units, layers or models."
            )


def _parse(name: str, text: str, is_whole: bool) -> int | float:
    try:
        value = int(text) if is_whole else float(text)
    except ValueError:
        value = -1
    if not 0 < value < float("inf"):
        kind = "a whole number" if is_whole else "a number"
        raise ValueError(f"UNROLL_{name.upper()} needs {kind} above 0, got {text!r}; correct or unset it.")
    return value
