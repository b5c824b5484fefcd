"""Several searches of one question: methods side by side, the semantics of beam search, and beam sizes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..recordings.search_account import ScoreAgainstSize
from ..recordings.search_outcomes import Outcome
from .growth import LISTED
from .methods import Decoder, comparable, search
from .search_error import score_against_size
from .semantics import SEMANTICS
from .settings import EXACT, SearchSettings

LABELS = {
    "greedy": "Greedy",
    "sample": "Sampling",
    "beam": "Beam search",
    "diverse": "Diverse beams",
    "stochastic": "Stochastic beam",
    "best-first": "Best first (exact)",
    "depth-first": "Depth first (exact)",
    "exhaustive": "Exhaustive",
}
"""Methods as people call them, from the cheapest to the dearest."""


def outcomes(decoder: Decoder, asked: Mapping[str, SearchSettings]) -> tuple[Outcome, ...]:
    """The answer and the cost of each of several searches; what cannot run says why."""
    return tuple(_outcome(decoder, label, settings) for label, settings in asked.items())


def _outcome(decoder: Decoder, label: str, settings: SearchSettings) -> Outcome:
    started = time.perf_counter()
    try:
        found = comparable(search(decoder, settings), settings)
    except ValueError as error:
        return Outcome(label, None, 0, 0, time.perf_counter() - started, str(error))
    answer = found.hypotheses[0] if found.hypotheses else None
    return Outcome(label, answer, found.calls, found.rows, time.perf_counter() - started)


def side_by_side(decoder: Decoder, settings: SearchSettings) -> tuple[Outcome, ...]:
    """Every method on the same question, with the other settings as they are."""
    groups = settings.groups if settings.size % settings.groups == 0 else settings.size
    fitting = replace(settings, groups=groups)
    exact = replace(fitting, returned=1)  # to prove several would cost more than the answer that is compared
    return outcomes(
        decoder,
        {label: replace(exact if name in EXACT else fitting, method=name) for name, label in LABELS.items()},
    )


def by_semantics(decoder: Decoder, settings: SearchSettings) -> tuple[Outcome, ...]:
    """Beam search in every semantics; each by its own length penalty, unless the settings name one."""
    plain = replace(settings, method="beam", coverage=0.0)
    return outcomes(decoder, {one.name: replace(plain, semantics=one.key) for one in SEMANTICS})


def by_size(decoder: Decoder, settings: SearchSettings, sizes: Iterable[int]) -> ScoreAgainstSize:
    """Beam search with every size. Errors: ValueError."""
    beam = replace(settings, method="beam")
    return score_against_size(
        lambda size: search(decoder, replace(beam, size=size), listed=min(size + 1, LISTED)), sizes
    )
