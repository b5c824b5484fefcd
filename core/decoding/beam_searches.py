"""Beam search, in the semantics asked for, and greedy search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..checks import check_whole
from ..recordings.search import Search
from .beam import Beam, run
from .growth import LISTED, Growth
from .length_penalty import Bonus, LengthPenalty
from .rules import FREE, MOST, Rules
from .scorer import Scorer, Step
from .semantics import HUGGING_FACE_CANONICAL, SHRINKING, Semantics, WhenFinished


def beam_search(
    step: Step,
    state: Any,
    *,
    beam_size: int = 4,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    semantics: Semantics = HUGGING_FACE_CANONICAL,
    length_penalty: LengthPenalty | None = None,
    rules: Rules = FREE,
    listed: int = LISTED,
    follow: Sequence[int] = (),
    bonus: Bonus | None = None,
) -> Search:
    """The best hypotheses that a beam of `beam_size` finds; none where the rules leave none.

    A beam wider than the candidates there are holds all of them.

    Args:
        step: The model: log-probabilities of the next token, as of `scorer.Step`.
        state: Of one hypothesis, before `start`.
        beam_size: k.
        max_length: Most tokens generated, the end token included.
        eos: The end token; None: there is none, and every hypothesis has `max_length` tokens.
        start: The token, or tokens, fed before the first one is generated; they are not scored.
        semantics: Which beam search.
        length_penalty: None: that of the semantics.
        rules: What hypotheses may not do.
        listed: Candidates that the tree lists at each step, from the best; the others are counted.
        follow: Tokens of a hypothesis to list whatever its rank.
        bonus: What is added to the score of a hypothesis that finishes, such as `coverage_bonus(0.2, …)`.

    Errors: ValueError for settings out of range, a step whose rows are no probabilities, and a bonus where finished
    hypotheses stay in the beam, as there they are ranked with the others.
    """
    if bonus is not None and semantics.when_finished is WhenFinished.STAYS:
        raise ValueError(f"{semantics.name!r} takes no bonus; choose semantics in which the finished leave the beam.")
    check_whole("beam_size", beam_size, 1, MOST)
    check_whole("listed", listed, 1, MOST)
    scorer = Scorer(step, start, eos, max_length, rules, semantics.horizon)
    penalty = semantics.length_penalty if length_penalty is None else length_penalty
    beam = Beam(scorer, beam_size, semantics, penalty, Growth(listed, follow), bonus=bonus)
    more = "" if bonus is None else " + what its state says"
    return run(beam, state, f"beam of {beam_size}; {semantics}; ranked by {penalty}{more}")


def greedy(
    step: Step,
    state: Any,
    *,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    rules: Rules = FREE,
    listed: int = LISTED,
) -> Search:
    """The hypothesis that takes the most probable token at every step; arguments as of `beam_search`."""
    check_whole("listed", listed, 1, MOST)
    scorer = Scorer(step, start, eos, max_length, rules)
    beam = Beam(scorer, 1, SHRINKING, SHRINKING.length_penalty, Growth(listed))
    return run(beam, state, "greedy: the most probable token at every step")
