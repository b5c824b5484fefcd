"""Diverse beam search: groups of beams, each of which avoids what the earlier ones have just chosen.

Axes: G groups, B hypotheses of all groups, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_real, check_whole
from ..recordings.search import Search
from .beam import Beam
from .growth import LISTED, Growth
from .length_penalty import LengthPenalty
from .rules import FREE, MOST, Rules
from .scorer import Scorer, Step
from .semantics import HUGGING_FACE_CANONICAL, Semantics
from .states import chosen

GREATEST_STRENGTH = 1000.0


def diverse_beam_search(
    step: Step,
    state: Any,
    *,
    beam_size: int = 4,
    groups: int = 2,
    strength: float = 0.5,
    max_length: int = 12,
    eos: int | None = 1,
    start: int | Sequence[int] = 0,
    semantics: Semantics = HUGGING_FACE_CANONICAL,
    length_penalty: LengthPenalty | None = None,
    rules: Rules = FREE,
    listed: int = LISTED,
) -> Search:
    """What `groups` beams of `beam_size / groups` each find, best score first (Vijayakumar et al., 2018).

    A token costs a group `strength` nats for every hypothesis of an earlier group that goes on by it at the same step.
    Costs stay in the score, as in Hugging Face 4 and fairseq; log-probabilities are without. Groups may find the same.
    Other arguments as of `beam_search`.

    Errors: ValueError unless the groups divide the beam.
    """
    check_whole("beam_size", beam_size, 1, MOST)
    check_whole("groups", groups, 1, beam_size)
    check_real("strength", strength, 0.0, GREATEST_STRENGTH)
    if beam_size % groups:
        raise ValueError(f"groups must divide beam_size = {beam_size}, got {groups}; choose a divisor.")
    scorer, growth = Scorer(step, start, eos, max_length, rules, semantics.horizon), Growth(listed)
    penalty = semantics.length_penalty if length_penalty is None else length_penalty
    beams = [Beam(scorer, beam_size // groups, semantics, penalty, growth, group) for group in range(groups)]
    length = _run(beams, scorer, scorer.begin(state), strength)
    tree = growth.tree()
    hypotheses = sorted((one for beam in beams for one in beam.hypotheses(tree)), key=lambda one: -one.score)
    method = f"{groups} diverse beams of {beam_size // groups}, strength {strength:g}; {semantics}; ranked by {penalty}"
    stopped = "; ".join(dict.fromkeys(beam.stopped for beam in beams))
    account = np.full((length, 2), np.nan)
    return Search(method, tuple(hypotheses), tree, scorer.calls, scorer.rows, stopped, account)


def _run(beams: Sequence[Beam], scorer: Scorer, state: Any, strength: float) -> int:
    """Run all groups to their ends, each step of all of them in one call; how many steps that took."""
    length, running = 0, list(beams)
    sources = np.zeros(len(beams), dtype=np.int64)
    while running:
        length += 1
        counts = [len(beam.rows.alive) for beam in running]
        log_probs, state = scorer(chosen(state, sources), _last_tokens(running))
        chosen_so_far = np.zeros(log_probs.shape[1])
        for beam, part in zip(running, np.split(log_probs, np.cumsum(counts)[:-1]), strict=True):
            beam.advance(part, length, _raised(beam, part, strength * chosen_so_far))
            np.add.at(chosen_so_far, beam.rows.histories[beam.rows.alive, -1], 1)
        offsets = np.cumsum([0, *counts[:-1]])
        going = [(beam, offset) for beam, offset in zip(running, offsets, strict=True) if not beam.stopped]
        sources = np.concatenate([beam.sources + offset for beam, offset in going]) if going else sources
        running = [beam for beam, _ in going]
    return length


def _last_tokens(beams: Sequence[Beam]) -> np.ndarray:
    return np.concatenate([beam.rows.histories[beam.rows.alive, -1] for beam in beams])


def _raised(beam: Beam, log_probs: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """What a group ranks its candidates by, shape (B of the group, V)."""
    raised = beam.rows.scores[:, None] - cost
    raised[beam.rows.alive] += log_probs
    return raised
