"""What libraries mean by "beam search", each by name: what a finished hypothesis does, and when the search stops.

They give different answers on the same model, so every search says which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .length_penalty import NO_PENALTY, LengthPenalty, by_length


class WhenFinished(StrEnum):
    """What a hypothesis does when its end token ranks among the best k."""

    LEAVES = "leaves the beam, which is refilled from the best 2k"
    STAYS = "stays in the beam as it is"
    SHRINKS = "leaves the beam, which is narrower from then on"


class Stop(StrEnum):
    """When the search ends before the greatest length, k being the beam's size."""

    WHEN_FULL = "k have finished"
    BOUND_NOW = "k have finished and none alive would beat the worst of them at its present length"
    BOUND_HORIZON = "k have finished and none alive can beat the worst of them at any length"
    FIRST_COME = "the first k have finished; later ones are not considered"
    ALL_FINISHED = "none is alive"


class Horizon(StrEnum):
    """What happens to a hypothesis that has the greatest length."""

    TRUNCATE = "counts as it is, without an end token"
    FORCE_END = "must end there: every other token is forbidden"


@dataclass(frozen=True)
class Semantics:
    """One meaning of beam search."""

    name: str
    when_finished: WhenFinished
    stop: Stop
    horizon: Horizon
    length_penalty: LengthPenalty
    """Its own default; a search may be asked for another."""

    @property
    def key(self) -> str:
        """The name as an address holds it, e.g. "hugging-face-canonical"."""
        return self.name.lower().replace(" ", "-")

    def __str__(self) -> str:
        return (
            f"{self.name}: a finished hypothesis {self.when_finished}; stops when {self.stop}; "
            f"at the greatest length one {self.horizon}"
        )


HUGGING_FACE_CANONICAL = Semantics(
    "Hugging Face canonical", WhenFinished.LEAVES, Stop.BOUND_HORIZON, Horizon.TRUNCATE, NO_PENALTY
)
"""`early_stopping="never", length_penalty=0.0`."""
HUGGING_FACE_DEFAULTS = Semantics(
    "Hugging Face defaults", WhenFinished.LEAVES, Stop.BOUND_NOW, Horizon.TRUNCATE, by_length(1.0)
)
"""`early_stopping=False, length_penalty=1.0`."""
HUGGING_FACE_EARLY = Semantics(
    "Hugging Face early stopping", WhenFinished.LEAVES, Stop.WHEN_FULL, Horizon.TRUNCATE, by_length(1.0)
)
"""`early_stopping=True, length_penalty=1.0`."""
FAIRSEQ = Semantics("fairseq", WhenFinished.LEAVES, Stop.FIRST_COME, Horizon.FORCE_END, by_length(1.0))
FINISHED_STAY = Semantics("finished stay", WhenFinished.STAYS, Stop.ALL_FINISHED, Horizon.TRUNCATE, NO_PENALTY)
"""AllenNLP and OLMo: the answer is the last beam."""
SHRINKING = Semantics("shrinking", WhenFinished.SHRINKS, Stop.ALL_FINISHED, Horizon.TRUNCATE, NO_PENALTY)
"""Marian, RNNsearch."""

SEMANTICS = (
    HUGGING_FACE_CANONICAL, HUGGING_FACE_DEFAULTS, HUGGING_FACE_EARLY, FAIRSEQ, FINISHED_STAY, SHRINKING,
)  # fmt: skip
