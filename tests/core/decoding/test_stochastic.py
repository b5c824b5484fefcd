"""Stochastic beam search: a sample without replacement, tested for what that means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import exhaustive_count, stochastic_beam_search
from core.decoding.stochastic import with_maximum
from core.recordings.search_tree import Status
from tests.core.decoding.by_hand import EOS, everything, random_model, step_of
from tests.core.decoding.test_sampling import chi_square

LENGTH = 3
models = st.builds(random_model, st.integers(0, 10**6), st.integers(2, 4), st.floats(0.1, 3), st.sampled_from([0, 0.3]))


def draw(model, size, seed=0, length=LENGTH):
    return stochastic_beam_search(*step_of(model), beam_size=size, seed=seed, max_length=length, eos=EOS)


@settings(max_examples=60)
@given(model=models, size=st.integers(1, 8), seed=st.integers(0, 1000))
def test_no_hypothesis_comes_twice_and_the_largest_child_has_its_parents_score(model, size, seed):
    search = draw(model, size, seed)
    tokens = [one.tokens for one in search.hypotheses]
    assert len(set(tokens)) == len(tokens) and list(search.hypotheses) == sorted(
        search.hypotheses, key=lambda one: -one.score
    )
    tree = search.tree
    root = tree.score[tree.step == 1].max()
    for node in np.flatnonzero(tree.has(Status.KEPT)):
        children = tree.score[tree.parent == node]
        if len(children):
            assert children.max() == pytest.approx(root if node == 0 else tree.score[node], abs=1e-6)
    np.testing.assert_allclose(tree.mass().sum(axis=1), 1, atol=1e-9)


def test_as_many_as_there_are_gives_each_of_them():
    model = random_model(3)
    wide = exhaustive_count(4, LENGTH + 1)
    assert {one.tokens for one in draw(model, wide).hypotheses} == {
        tokens for _, tokens in everything(model, 4, LENGTH)
    }


def test_the_first_is_a_sample_and_the_second_one_of_what_is_left():
    model, total, length = random_model(4, size=3), 6000, 2
    probabilities = {tokens: np.exp(log_prob) for log_prob, tokens in everything(model, 3, length)}
    pairs = [tuple(one.tokens for one in draw(model, 2, seed, length).hypotheses) for seed in range(total)]
    first = {tokens: sum(pair[0] == tokens for pair in pairs) for tokens in probabilities}
    assert chi_square(first, probabilities, total) < 3
    both = {
        (one, two): p * q / (1 - p)
        for one, p in probabilities.items()
        for two, q in probabilities.items()
        if one != two
    }
    assert chi_square({pair: pairs.count(pair) for pair in both}, both, total) < 2


@given(st.lists(st.floats(-60, 20), min_size=1, max_size=6), st.floats(-60, 20))
def test_conditioned_variables_keep_their_order_and_have_the_maximum_asked_for(values, maximum):
    perturbed = np.array([values])
    raised = with_maximum(perturbed, np.array([maximum]))
    assert raised.max() == pytest.approx(maximum, abs=1e-9)
    order = np.argsort(values, kind="stable")
    assert (np.diff(raised[0][order]) >= -1e-9).all()


def test_conditioned_variables_are_the_papers_formula():
    rng = np.random.default_rng(0)
    perturbed, maximum = rng.normal(size=(5, 4)), rng.normal(size=5)
    greatest = perturbed.max(axis=1, keepdims=True)
    direct = -np.log(np.exp(-maximum[:, None]) - np.exp(-greatest) + np.exp(-perturbed))
    np.testing.assert_allclose(with_maximum(perturbed, maximum), direct, atol=1e-9)
