"""What one would like to hold of beam search and does not: one small model each on which it fails."""

import pytest

from core.decoding import (
    FAIRSEQ,
    FINISHED_STAY,
    HUGGING_FACE_CANONICAL,
    HUGGING_FACE_DEFAULTS,
    HUGGING_FACE_EARLY,
    NO_PENALTY,
    SHRINKING,
    beam_search,
    by_length,
    greedy,
)
from core.recordings.search_tree import Reason
from tests.core.decoding.by_hand import EOS, random_model, step_of

LENGTH = 6


def best(seed, size, semantics, penalty=NO_PENALTY):
    step = step_of(random_model(seed))
    search = beam_search(*step, max_length=LENGTH, eos=EOS, beam_size=size, semantics=semantics, length_penalty=penalty)
    return search.hypotheses[0]


@pytest.mark.parametrize(
    ("semantics", "penalty", "seed", "size"),
    [
        (HUGGING_FACE_CANONICAL, NO_PENALTY, 582, 2),
        (FINISHED_STAY, NO_PENALTY, 582, 2),
        (SHRINKING, NO_PENALTY, 1075, 2),
        (HUGGING_FACE_EARLY, NO_PENALTY, 10, 3),
        (FAIRSEQ, NO_PENALTY, 103, 3),
        (FAIRSEQ, by_length(1.0), 6, 4),
        (HUGGING_FACE_EARLY, by_length(1.0), 5, 2),
    ],
    ids=lambda one: getattr(one, "name", str(one)),
)
def test_a_wider_beam_can_find_worse(semantics, penalty, seed, size):
    assert best(seed, size, semantics, penalty).score < best(seed, size - 1, semantics, penalty).score - 1e-6


@pytest.mark.parametrize("semantics", [HUGGING_FACE_CANONICAL, FINISHED_STAY, SHRINKING], ids=lambda one: one.name)
def test_a_beam_of_two_can_find_worse_than_greedy(semantics):
    taken = greedy(*step_of(random_model(582)), max_length=LENGTH, eos=EOS).hypotheses[0]
    assert best(582, 2, semantics).log_prob < taken.log_prob - 1e-6


@pytest.mark.parametrize(("one", "other", "seed"), [
    (HUGGING_FACE_CANONICAL, FINISHED_STAY, 6),
    (HUGGING_FACE_CANONICAL, SHRINKING, 20),
    (HUGGING_FACE_CANONICAL, FAIRSEQ, 54),
    (FINISHED_STAY, SHRINKING, 29),
    (FAIRSEQ, SHRINKING, 30),
], ids=lambda one: getattr(one, "name", str(one)))  # fmt: skip
def test_two_semantics_can_answer_differently(one, other, seed):
    assert best(seed, 3, one).tokens != best(seed, 3, other).tokens


@pytest.mark.parametrize(
    ("one", "other", "penalty", "seed", "size"),
    [
        (HUGGING_FACE_EARLY, HUGGING_FACE_DEFAULTS, by_length(1.0), 5, 3),
        (HUGGING_FACE_EARLY, HUGGING_FACE_CANONICAL, NO_PENALTY, 24, 3),
        (HUGGING_FACE_DEFAULTS, HUGGING_FACE_CANONICAL, by_length(1.0), 159, 2),
    ],
    ids=lambda one: getattr(one, "name", str(one)),
)
def test_stopping_early_can_cost_the_best(one, other, penalty, seed, size):
    assert best(seed, size, one, penalty).score < best(seed, size, other, penalty).score - 1e-6


def test_a_length_penalty_can_part_a_beam_of_one_from_greedy():
    taken = greedy(*step_of(random_model(2)), max_length=LENGTH, eos=EOS).hypotheses[0]
    assert best(2, 1, HUGGING_FACE_CANONICAL, by_length(1.0)).tokens != taken.tokens


def test_a_dropped_end_token_can_be_better_than_what_was_kept():
    tree = beam_search(*step_of(random_model(1)), max_length=LENGTH, eos=EOS, beam_size=2).tree
    wide = beam_search(*step_of(random_model(1)), max_length=LENGTH, eos=EOS, beam_size=4).tree
    assert any(node.reason is Reason.END_OUTSIDE and node.gap > 0 for node in [*tree.nodes, *wide.nodes])
