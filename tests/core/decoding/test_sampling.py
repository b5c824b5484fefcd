"""Samples against the exact distribution, filters against what they are meant to leave."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import Rules, sample
from core.decoding.filters import Filters
from core.recordings.search_tree import Reason, Status
from tests.core.decoding.by_hand import EOS, everything, random_model, step_of

LENGTH = 3


def draw(model, **given):
    return sample(*step_of(model), max_length=LENGTH, eos=EOS, **given)


def chi_square(counts, probabilities, total):
    """Mean square deviation in units of chance, over cells with 5 or more expected; about 1 if the two agree."""
    expected = np.array(list(probabilities.values())) * total
    seen = np.array([counts.get(tokens, 0) for tokens in probabilities])
    big = expected >= 5
    return ((seen[big] - expected[big]) ** 2 / expected[big]).sum() / (big.sum() - 1)


def counted(hypotheses):
    counts = {}
    for one in hypotheses:
        counts[one.tokens] = counts.get(one.tokens, 0) + 1
    return counts


@pytest.mark.parametrize("seed", range(4))
def test_samples_have_the_models_distribution(seed):
    model, total = random_model(seed), 20_000
    probabilities = {tokens: np.exp(log_prob) for log_prob, tokens in everything(model, 4, LENGTH)}
    found = draw(model, count=total, seed=seed)
    assert chi_square(counted(found.hypotheses), probabilities, total) < 2


def test_a_temperature_draws_from_the_powered_distribution_of_each_step():
    base, total, temperature = random_model(5), 20_000, 0.6

    def tempered(prefix):
        powered = base(prefix) / temperature
        return powered - np.log(np.exp(powered).sum())

    probabilities = {tokens: np.exp(log_prob) for log_prob, tokens in everything(tempered, 4, LENGTH)}
    found = draw(base, count=total, temperature=temperature)
    assert chi_square(counted(found.hypotheses), probabilities, total) < 2


def test_equal_beginnings_are_fed_once_and_equal_seeds_draw_the_same():
    model = random_model(1)
    found, again, other = draw(model, count=500), draw(model, count=500), draw(model, count=500, seed=1)
    beginnings = {one.tokens[:length] for one in found.hypotheses for length in range(len(one.tokens))}
    assert found.rows == len(beginnings) and found.calls == LENGTH
    assert found.hypotheses == again.hypotheses and found.hypotheses != other.hypotheses


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 30),
    temperature=st.floats(0.2, 3),
    top_k=st.none() | st.integers(1, 4),
    top_p=st.floats(0.1, 1),
)
def test_the_tree_accounts_for_all_probability_and_every_sample(seed, count, temperature, top_k, top_p):
    model = random_model(seed)
    found = draw(model, count=count, seed=seed, temperature=temperature, top_k=top_k, top_p=top_p)
    np.testing.assert_allclose(found.tree.mass().sum(axis=1), 1, atol=1e-9)
    assert set(np.flatnonzero(found.tree.has(Status.FINISHED))) == {one.node for one in found.hypotheses}
    assert all(found.tree.path(one.node) == one.tokens for one in found.hypotheses)
    outside = {node.id for node in found.tree.nodes if node.reason in (Reason.OUTSIDE_TOP_K, Reason.OUTSIDE_TOP_P)}
    assert not outside & set(np.flatnonzero(~found.tree.has(Status.PRUNED)))


def test_the_filters_leave_the_tokens_they_say():
    log_probs = np.log(np.array([[0.1, 0.4, 0.2, 0.3]]))
    cases = [
        (Filters(top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Filters(top_p=0.65), [0, 4 / 7, 0, 3 / 7]),
        (Filters(top_p=0.75), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Filters(top_p=0.01), [0, 1, 0, 0]),
        (Filters(top_k=3, top_p=0.7), [0, 4 / 7, 0, 3 / 7]),
        (Filters(), [0.1, 0.4, 0.2, 0.3]),
    ]
    for filters, expected in cases:
        np.testing.assert_allclose(filters(log_probs, None)[0], [expected], atol=1e-12)


def test_of_equal_tokens_the_lower_ones_stay():
    even = np.log(np.full((1, 4), 0.25))
    assert Filters(top_k=2)(even, None)[0].tolist() == [[0.5, 0.5, 0, 0]]
    assert Filters(top_p=0.6)(even, None)[0].tolist() == [[1 / 3, 1 / 3, 1 / 3, 0]]


def test_a_low_temperature_is_greedy():
    model = random_model(2)
    taken = ()
    while len(taken) < LENGTH and EOS not in taken:
        taken = (*taken, int(np.argmax(model(taken))))
    assert {one.tokens for one in draw(model, count=50, temperature=1e-3).hypotheses} == {taken}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 0}, "count must be a whole number"),
        ({"temperature": 0}, "temperature must be a number in"),
        ({"temperature": np.nan}, "temperature must be a number in"),
        ({"top_k": 0}, "top_k must be a whole number"),
        ({"top_p": 0.0}, "top_p must be a number in"),
        ({"top_p": 1.5}, "top_p must be a number in"),
        ({"rules": Rules(no_repeat_ngram=1, min_length=3), "start": (0, 2, 3)}, "got every one forbidden"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        draw(random_model(0), **given)
