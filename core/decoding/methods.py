"""Every search by its name: run with its settings, and the best hypothesis there is under the same settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..recordings.search import Hypothesis, Search
from .beam_searches import beam_search, greedy
from .diverse import diverse_beam_search
from .exact import best_first_search, depth_first_search
from .exhaustive import exhaustive_search
from .growth import LISTED
from .length_penalty import coverage_bonus
from .reranking import ranked
from .sampling import sample
from .scorer import Step
from .settings import SearchSettings
from .stochastic import stochastic_beam_search


@dataclass(frozen=True, eq=False)
class Decoder:
    """A model that is ready to be searched."""

    step: Step
    state: Any
    """Of one hypothesis, before `start`."""
    start: tuple[int, ...]
    """Tokens fed before the first one is generated, a prefix included."""
    eos: int | None
    coverage: Callable[[Any], Any] | None = None
    """Of a state, the attention that each source position has got so far, shape (B, S); None without attention."""

    @property
    def model(self) -> dict[str, Any]:
        """What every search is given of it."""
        return {"step": self.step, "state": self.state, "start": self.start, "eos": self.eos}


def search(decoder: Decoder, settings: SearchSettings, follow: Sequence[int] = (), listed: int = LISTED) -> Search:
    """Run one search; it hands out at most `settings.returned` hypotheses. `follow` and `listed` as of `beam_search`.

    Errors: ValueError (rule, what came, remedy).
    """
    found = _METHODS[settings.method](decoder, settings, follow, listed)
    return replace(found, hypotheses=found.hypotheses[: settings.returned])


def true_best(decoder: Decoder, settings: SearchSettings, limit: int) -> Hypothesis | None:
    """The best of all hypotheses under a search's penalty, horizon and rules; None where the rules leave none.

    Errors: ValueError where `limit` hypotheses fed do not prove it.
    """
    exact = best_first_search(**decoder.model, limit=limit, **_exactly(settings))
    return exact.hypotheses[0] if exact.hypotheses else None


def comparable(found: Search, settings: SearchSettings) -> Search:
    """The same search with its hypotheses ranked by the length penalty alone, without Gumbel noise or costs."""
    return replace(found, hypotheses=ranked(found.hypotheses, settings.penalty))


def _exactly(settings: SearchSettings) -> dict[str, Any]:
    return {
        "max_length": settings.max_length,
        "length_penalty": settings.penalty,
        "horizon": settings.horizon,
        "rules": settings.obeyed,
    }


def _greedy(decoder: Decoder, settings: SearchSettings, _: Sequence[int], listed: int) -> Search:
    return greedy(**decoder.model, max_length=settings.max_length, rules=settings.rules, listed=listed)


def _sample(decoder: Decoder, settings: SearchSettings, _: Sequence[int], listed: int) -> Search:
    filters = settings.filters
    return sample(
        **decoder.model,
        count=settings.size,
        seed=settings.seed,
        temperature=filters.temperature,
        top_k=filters.top_k,
        top_p=filters.top_p,
        max_length=settings.max_length,
        rules=settings.rules,
        listed=listed,
    )


def _beam_settings(settings: SearchSettings, listed: int) -> dict[str, Any]:
    return {
        "beam_size": settings.size,
        "max_length": settings.max_length,
        "semantics": settings.meaning,
        "length_penalty": settings.length_penalty,
        "rules": settings.rules,
        "listed": listed,
    }


def _beam(decoder: Decoder, settings: SearchSettings, follow: Sequence[int], listed: int) -> Search:
    """Errors: ValueError for a coverage penalty where the model has no attention."""
    bonus = None
    if settings.coverage:
        if decoder.coverage is None:
            raise ValueError(
                f"a coverage penalty needs attention, got {settings.coverage:g} for a model without; set it to 0."
            )
        bonus = coverage_bonus(settings.coverage, decoder.coverage)
    return beam_search(**decoder.model, **_beam_settings(settings, listed), follow=follow, bonus=bonus)


def _diverse(decoder: Decoder, settings: SearchSettings, _: Sequence[int], listed: int) -> Search:
    groups, strength = settings.groups, settings.strength
    return diverse_beam_search(**decoder.model, **_beam_settings(settings, listed), groups=groups, strength=strength)


def _stochastic(decoder: Decoder, settings: SearchSettings, _: Sequence[int], listed: int) -> Search:
    size, seed, length = settings.size, settings.seed, settings.max_length
    return stochastic_beam_search(**decoder.model, beam_size=size, seed=seed, max_length=length, listed=listed)


def _exhaustive(decoder: Decoder, settings: SearchSettings, _: Sequence[int], __: int) -> Search:
    return exhaustive_search(**decoder.model, **_exactly(settings), returned=settings.returned)


def _best_first(decoder: Decoder, settings: SearchSettings, _: Sequence[int], __: int) -> Search:
    limit, returned = settings.limit, settings.returned
    return best_first_search(**decoder.model, **_exactly(settings), limit=limit, returned=returned)


def _depth_first(decoder: Decoder, settings: SearchSettings, _: Sequence[int], listed: int) -> Search:
    """With the best score of a beam of the settings' size as its bound; the beam's calls are in the account."""
    beam = beam_search(**decoder.model, **_beam_settings(settings, listed))
    bound = beam.hypotheses[0].score if beam.hypotheses else -np.inf
    found = depth_first_search(**decoder.model, **_exactly(settings), bound=bound, limit=settings.limit)
    method = f"{found.method}; the bound is from a beam of {settings.size}"
    return replace(found, method=method, calls=found.calls + beam.calls, rows=found.rows + beam.rows)


_METHODS: dict[str, Callable[[Decoder, SearchSettings, Sequence[int], int], Search]] = {
    "greedy": _greedy,
    "sample": _sample,
    "beam": _beam,
    "diverse": _diverse,
    "stochastic": _stochastic,
    "exhaustive": _exhaustive,
    "best-first": _best_first,
    "depth-first": _depth_first,
}
