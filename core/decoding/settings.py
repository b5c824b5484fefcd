"""Which search, in one object: what an address, a page and a worker hand each other."""

from __future__ import annotations

from dataclasses import dataclass

from ..checks import check_choice, check_real, check_whole
from .diverse import GREATEST_STRENGTH
from .exact import LIMIT
from .filters import Filters
from .length_penalty import GREATEST_ALPHA, NO_PENALTY, LengthPenalty
from .rules import FREE, MOST, Rules
from .semantics import HUGGING_FACE_CANONICAL, SEMANTICS, SHRINKING, Horizon, Semantics

METHODS = ("greedy", "sample", "beam", "diverse", "stochastic", "exhaustive", "best-first", "depth-first")
EXACT = ("exhaustive", "best-first", "depth-first")
RANKED = ("beam", "diverse", *EXACT)
"""Those that a length penalty and semantics concern; the others rank by log-probability."""
SEMANTICS_KEYS = {one.key: one for one in SEMANTICS}


@dataclass(frozen=True)
class SearchSettings:
    """One search. What a method knows nothing of, it leaves alone. Errors: ValueError for a value out of range."""

    method: str = "beam"
    """One of METHODS."""
    size: int = 4
    """Beam size; of sampling, how many samples."""
    max_length: int = 12
    semantics: str = HUGGING_FACE_CANONICAL.key
    """One of SEMANTICS_KEYS. Exact search takes the horizon and the length penalty of it."""
    length_penalty: LengthPenalty | None = None
    """None: that of the semantics."""
    rules: Rules = FREE
    filters: Filters = Filters()
    """Of sampling."""
    seed: int = 0
    groups: int = 2
    strength: float = 0.5
    """Of diverse beam search, nats."""
    returned: int = 10
    """Hypotheses handed out, at most."""
    limit: int = LIMIT
    """Hypotheses that an exact search, other than the exhaustive one, may feed."""
    coverage: float = 0.0
    """Weight β of the coverage penalty (Wu et al., 2016) of beam search, where the model has attention."""

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_choice("semantics", self.semantics, tuple(SEMANTICS_KEYS))
        for name in ("size", "max_length", "groups", "returned", "limit"):
            check_whole(name, getattr(self, name), 1, MOST)
        check_whole("seed", self.seed, 0, MOST)
        check_real("strength", self.strength, 0.0, GREATEST_STRENGTH)
        check_real("coverage", self.coverage, 0.0, GREATEST_ALPHA)

    @property
    def meaning(self) -> Semantics:
        """The semantics itself; greedy search and sampling have the plainest."""
        return SEMANTICS_KEYS[self.semantics] if self.method in RANKED else SHRINKING

    @property
    def penalty(self) -> LengthPenalty:
        """What hypotheses are compared by in the end."""
        if self.method not in RANKED:
            return NO_PENALTY
        return self.meaning.length_penalty if self.length_penalty is None else self.length_penalty

    @property
    def horizon(self) -> Horizon:
        """What becomes of a hypothesis of the greatest length."""
        return self.meaning.horizon

    @property
    def obeyed(self) -> Rules:
        """The rules that the method keeps: a sample without replacement knows none."""
        return FREE if self.method == "stochastic" else self.rules
