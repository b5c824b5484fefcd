"""Stochastic beam search: a sample without replacement of whole hypotheses (Kool et al., 2019).

Axes: B hypotheses, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_whole
from ..recordings.search import Search
from .beam import Beam, run
from .candidates import spread
from .growth import LISTED, Growth
from .rules import FREE, MOST
from .scorer import Scorer, Step
from .semantics import FINISHED_STAY


def stochastic_beam_search(
    step: Step,
    state: Any,
    *,
    beam_size: int = 4,
    seed: int = 0,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    listed: int = LISTED,
) -> Search:
    """`beam_size` different hypotheses, an exact sample without replacement from the model's distribution.

    Each is ranked by its log-probability plus a Gumbel variable, its score here; the first is an ordinary sample.
    A length penalty, an early stop or a rule would break that, so there are none. Other arguments as of `beam_search`.
    """
    for name, value, lowest in (("beam_size", beam_size, 1), ("seed", seed, 0), ("listed", listed, 1)):
        check_whole(name, value, lowest, MOST)
    scorer, rng = Scorer(step, start, eos, max_length, FREE), np.random.default_rng(seed)
    beam = _GumbelBeam(scorer, beam_size, Growth(listed), rng)
    return run(beam, state, f"stochastic beam of {beam_size}: a sample without replacement")


class _GumbelBeam(Beam):
    """A beam whose scores are perturbed so that the largest child has its parent's score."""

    def __init__(self, scorer: Scorer, size: int, growth: Growth, rng: np.random.Generator) -> None:
        super().__init__(scorer, size, FINISHED_STAY, FINISHED_STAY.length_penalty, growth, root_score=rng.gumbel())
        self.rng = rng

    def advance(self, log_probs: np.ndarray, length: int, raised: np.ndarray | None = None) -> None:
        totals = self.rows.log_probs[:, None] + spread(self.rows, log_probs)
        perturbed = totals + self.rng.gumbel(size=totals.shape)
        super().advance(log_probs, length, with_maximum(perturbed, self.rows.scores))


def with_maximum(perturbed: np.ndarray, maximum: np.ndarray) -> np.ndarray:
    """Gumbel variables of shape (B, V), conditioned on each row's maximum being `maximum`, shape (B,).

    −log(e^−maximum − e^−greatest + e^−g) for each g of a row, in the stable form of the paper's appendix B.
    """
    greatest = perturbed.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        below = np.log(-np.expm1(np.minimum(perturbed - greatest, 0.0)))  # log(1 − e^(g − greatest))
    v = maximum[:, None] - perturbed + below
    return maximum[:, None] - np.maximum(v, 0) - np.log1p(np.exp(-np.abs(v)))
