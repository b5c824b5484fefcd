"""Three exact searches against each other and against everything there is, and what each of them costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import (
    NO_PENALTY,
    Horizon,
    beam_search,
    best_first_search,
    by_length,
    depth_first_search,
    exhaustive_count,
    exhaustive_search,
    gnmt,
)
from core.recordings.search_tree import Status
from tests.core.decoding.by_hand import EOS, everything, random_model, step_of

LENGTH = 4
models = st.builds(random_model, st.integers(0, 10**6), st.integers(2, 4), st.floats(0.1, 3), st.sampled_from([0, 0.3]))
penalties = st.sampled_from([NO_PENALTY, by_length(1.0), by_length(2.0), by_length(-1.0), gnmt(0.7)])
horizons = st.sampled_from(Horizon)


@settings(max_examples=80)
@given(model=models, penalty=penalties, horizon=horizons)
def test_every_exact_search_finds_the_best_of_everything(model, penalty, horizon):
    size = len(model(()))
    ranked = sorted(
        (
            total / penalty.divisor(len(tokens))
            for total, tokens in everything(model, size, LENGTH, horizon is Horizon.TRUNCATE)
        ),
        reverse=True,
    )
    given = dict(max_length=LENGTH, eos=EOS, length_penalty=penalty, horizon=horizon)
    beam = beam_search(*step_of(model), max_length=LENGTH, eos=EOS, length_penalty=penalty).hypotheses
    bound = beam[0].score if horizon is Horizon.TRUNCATE else -np.inf
    for search in (
        exhaustive_search(*step_of(model), **given),
        best_first_search(*step_of(model), **given),
        depth_first_search(*step_of(model), **given),
        depth_first_search(*step_of(model), bound=bound, **given),
    ):
        assert search.hypotheses[0].score == pytest.approx(ranked[0], abs=1e-9)
        np.testing.assert_allclose(search.tree.mass().sum(axis=1), 1, atol=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), penalty=penalties)
def test_the_best_ones_come_in_order(seed, penalty):
    model = random_model(seed)
    given = dict(max_length=LENGTH, eos=EOS, length_penalty=penalty, returned=7)
    whole, first = exhaustive_search(*step_of(model), **given), best_first_search(*step_of(model), **given)
    assert [one.tokens for one in first.hypotheses] == [one.tokens for one in whole.hypotheses]


@pytest.mark.parametrize(("size", "length"), [(2, 5), (3, 4), (4, 3), (5, 2)])
def test_exhaustive_search_looks_at_the_closed_form_of_candidates(size, length):
    search = exhaustive_search(*step_of(random_model(0, size=size)), max_length=length, eos=EOS, returned=10**6)
    fed = exhaustive_count(size, length)
    assert fed == search.rows == sum((size - 1) ** place for place in range(length))
    assert len(search.tree) == 1 + fed * size and search.calls == length
    assert (
        len(search.hypotheses)
        == fed + (size - 1) ** length
        == len(everything(random_model(0, size=size), size, length))
    )


def test_without_an_end_token_everything_has_the_greatest_length():
    search = exhaustive_search(*step_of(random_model(0, size=3)), max_length=3, eos=None, returned=100)
    assert len(search.hypotheses) == 27 and search.rows == exhaustive_count(3, 3, has_end=False) == 13


def test_all_that_is_complete_adds_up_to_one():
    search = exhaustive_search(*step_of(random_model(7)), max_length=LENGTH, eos=EOS)
    assert np.exp(search.tree.log_prob[search.tree.has(Status.FINISHED)]).sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(search.tree.mass()[-1], [0, 1, 0], atol=1e-12)


def test_too_large_a_space_is_refused_before_it_is_entered():
    calls = []

    def step(state, tokens):
        calls.append(len(tokens))
        return np.log(np.full((len(tokens), 100), 0.01)), state

    with pytest.raises(ValueError, match=r"may look at 200,000 candidates, got 9,606,940,300 hypotheses of 100 each"):
        exhaustive_search(step, None, max_length=6)
    assert calls == [1]


def test_best_first_gives_up_at_its_limit():
    def even(prefix):
        return np.log(np.full(4, 0.25))

    with pytest.raises(ValueError, match="may feed 5 hypotheses"):
        best_first_search(*step_of(even), max_length=9, eos=None, limit=5)


def test_a_bound_that_nothing_reaches_is_refused():
    with pytest.raises(ValueError, match="bound must be a score that some hypothesis has, got -0.001"):
        depth_first_search(*step_of(random_model(0)), max_length=LENGTH, eos=EOS, bound=-0.001)


def test_best_first_feeds_least_and_a_bound_helps_depth_first():
    fed = {"exhaustive": 0, "best first": 0, "depth first": 0, "with bound": 0}
    for seed in range(60):
        step, given = step_of(random_model(seed)), dict(max_length=5, eos=EOS)
        bound = beam_search(*step, beam_size=3, **given).hypotheses[0].score
        fed["exhaustive"] += exhaustive_search(*step, **given).rows
        fed["best first"] += best_first_search(*step, **given).rows
        fed["depth first"] += depth_first_search(*step, **given).rows
        fed["with bound"] += depth_first_search(*step, bound=bound, **given).rows
    assert fed["best first"] <= fed["with bound"] < fed["depth first"] < fed["exhaustive"] / 10
