"""What once was wrong: mass of groups, a limit by one too many, rounding taken for an error, huge counts."""

import numpy as np
import pytest

from core.decoding import (
    best_first_search,
    depth_first_search,
    diverse_beam_search,
    exhaustive_search,
    search_error,
)
from core.recordings.search import Hypothesis
from core.recordings.search_account import ScoreAgainstSize, is_behind
from tests.core.decoding.by_hand import EOS, random_model, step_of


@pytest.mark.parametrize("groups", [2, 4])
def test_the_mass_of_groups_sums_to_one_also_where_candidates_are_only_counted(groups):
    step, state = step_of(random_model(3, size=12))
    search = diverse_beam_search(step, state, beam_size=4, groups=groups, max_length=5, eos=EOS, listed=3)
    np.testing.assert_allclose(search.tree.mass().sum(axis=1), 1, atol=1e-9)
    assert search.tree.rest()[0][0] == groups * (12 - 3)


@pytest.mark.parametrize("limit", [1, 5])
@pytest.mark.parametrize("search", [best_first_search, depth_first_search])
def test_an_exact_search_feeds_no_more_than_its_limit(search, limit):
    fed = []

    def step(state, tokens):
        fed.append(len(tokens))
        return np.log(np.full((len(tokens), 4), 0.25)), state

    with pytest.raises(ValueError, match=f"may feed {limit} hypotheses"):
        search(step, None, max_length=9, eos=None, start=(0, 1), limit=limit)
    assert sum(fed) == limit + 1  # and the first token of start


def test_an_exact_search_that_needs_all_of_its_limit_still_ends():
    step, state = step_of(random_model(5))
    rows = best_first_search(step, state, max_length=4, eos=EOS).rows
    assert best_first_search(step, state, max_length=4, eos=EOS, limit=rows).rows == rows


@pytest.mark.parametrize(
    ("length", "says"), [(30, "102,945,566,047,324"), (3000, r"about 10\^1431"), (10**6, r"about 10\^4771")]
)
def test_a_space_of_any_size_is_refused_with_its_size(length, says):
    step, state = step_of(random_model(0, size=4))
    with pytest.raises(ValueError, match=f"may look at 200,000 candidates, got ({says})"):
        exhaustive_search(step, state, max_length=length, eos=EOS)


def test_equal_scores_that_are_rounded_otherwise_are_no_fall_and_no_search_error():
    scores = np.array([-3.0, -3.0 - 1e-14, -3.1, -np.inf])
    found = ScoreAgainstSize(np.array([1, 2, 3, 4]), scores, ((1,), (1,), (2,), ()), np.ones(4), np.ones(4))
    assert found.falls.tolist() == [3, 4]
    best = Hypothesis((2, 1), -3.0, -3.0, (-1.0, -2.0), True, 1)
    step, state = step_of(random_model(0))
    search = best_first_search(step, state, max_length=3, eos=EOS)
    object.__setattr__(search, "hypotheses", (Hypothesis((3, 1), -3.0 - 1e-14, -3.0 - 1e-14, (-3.0,), True, 1),))
    error = search_error(search, best)
    assert not error.is_search_error and error.lost_at is None


def test_a_score_is_behind_by_more_than_rounding():
    assert is_behind(-np.inf, -1.0) and not is_behind(-1.0, -np.inf) and not is_behind(-np.inf, -np.inf)
    assert is_behind(-1000.1, -1000.0) and not is_behind(-1000.0 - 1e-8, -1000.0)
