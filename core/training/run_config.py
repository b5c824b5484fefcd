"""What every kind of run says of itself, so that one queue, one control and one set of limits serve them all."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Protocol


class Size(NamedTuple):
    """How large a run is in one respect."""

    what: str
    """In words that follow a number, e.g. "timesteps"."""
    value: int
    limit: str
    """The field of `Limits` that bounds it."""


class RunConfig(Protocol):
    """The config of a run: a frozen dataclass, checked when it is made."""

    kind: ClassVar[str]
    """As in `kinds.KINDS`; a recording's header says it as "kind", and TrainingConfig's says nothing."""

    @property
    def title(self) -> str:
        """What is run, for people, in a few words."""

    @property
    def steps(self) -> int:
        """The last step; a run goes from 0 to it."""

    @property
    def seed(self) -> int:
        """Of all that is drawn."""

    @property
    def learning_rate(self) -> float:
        """At first; a control changes it while the run goes on."""

    @property
    def clip(self) -> str:
        """As TrainingConfig.clip."""

    @property
    def max_norm(self) -> float:
        """As TrainingConfig.max_norm."""

    def sizes(self) -> tuple[Size, ...]:
        """All that a server limits."""

    def states(self) -> int:
        """Hidden states of one batch, of all models: what memory and time grow with."""

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it, with its kind."""
