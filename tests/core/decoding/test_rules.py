"""What hypotheses may not do: against a look at what came out, and against everything there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import (
    SEMANTICS,
    Rules,
    beam_search,
    best_first_search,
    depth_first_search,
    exhaustive_search,
    greedy,
)
from core.recordings.search_tree import Reason
from tests.core.decoding.by_hand import EOS, everything, random_model, step_of

models = st.builds(random_model, st.integers(0, 10**6), st.integers(3, 5))
semantics_of = st.sampled_from(SEMANTICS)
LENGTH = 5


def search(model, rules, **given):
    return beam_search(*step_of(model), max_length=LENGTH, eos=EOS, rules=rules, **given)


def repeats(tokens, size):
    runs = [tuple(tokens[place : place + size]) for place in range(len(tokens) - size + 1)]
    return len(set(runs)) < len(runs)


@settings(max_examples=50)
@given(model=models, least=st.integers(1, 4), semantics=semantics_of)
def test_no_hypothesis_ends_before_the_least_length(model, least, semantics):
    found = search(model, Rules(min_length=least), semantics=semantics)
    assert all(len(one.tokens) > least for one in found.hypotheses if one.is_ended)
    early = [node for node in found.tree.nodes if node.reason is Reason.END_TOO_EARLY]
    assert early and all(node.token == EOS and node.step <= least and node.score == -np.inf for node in early)
    np.testing.assert_allclose(found.tree.mass().sum(axis=1), 1, atol=1e-9)


@settings(max_examples=50)
@given(model=models, size=st.integers(1, 3), semantics=semantics_of)
def test_no_run_of_tokens_comes_twice_in_start_and_hypothesis(model, size, semantics):
    found = search(model, Rules(no_repeat_ngram=size), start=(0, 2), semantics=semantics)
    for node in found.tree.nodes:
        if node.step:
            path = (0, 2, *found.tree.path(node.id))
            assert repeats(path, size) == (node.reason is Reason.REPEATED) or node.reason is Reason.NOT_END
    np.testing.assert_allclose(found.tree.mass().sum(axis=1), 1, atol=1e-9)


@settings(max_examples=50)
@given(model=models, prefix=st.lists(st.sampled_from([0, 2]), max_size=4), semantics=semantics_of)
def test_every_hypothesis_begins_with_the_forced_prefix_and_is_scored_with_it(model, prefix, semantics):
    found = search(model, Rules(prefix=tuple(prefix)), semantics=semantics)
    assert found.hypotheses and all(list(one.tokens[: len(prefix)]) == prefix for one in found.hypotheses)
    first = found.hypotheses[0]
    assert first.log_prob == pytest.approx(sum(first.step_log_probs), abs=1e-12)
    np.testing.assert_allclose(found.tree.mass().sum(axis=1), 1, atol=1e-9)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), least=st.integers(0, 2), size=st.integers(2, 3))
def test_exhaustive_search_under_rules_is_everything_that_obeys_them(seed, least, size):
    model, length = random_model(seed), 4
    rules = Rules(min_length=least, no_repeat_ngram=size, prefix=(2,))
    found = exhaustive_search(*step_of(model), max_length=length, eos=EOS, rules=rules, returned=1000)
    expected = [
        (total, tokens)
        for total, tokens in everything(model, 4, length)
        if tokens[0] == 2 and not repeats((0, *tokens), size) and (tokens[-1] != EOS or len(tokens) > least)
    ]
    assert [one.tokens for one in found.hypotheses] == [tokens for _, tokens in expected]


def test_greedy_takes_the_best_of_what_is_allowed():
    model = random_model(1)
    found, taken = greedy(*step_of(model), max_length=LENGTH, eos=EOS, rules=Rules(min_length=2)), ()
    while len(taken) < LENGTH and EOS not in taken:
        log_probs = model(taken)
        log_probs[EOS] = -np.inf if len(taken) < 2 else log_probs[EOS]
        taken = (*taken, int(np.argmax(log_probs)))
    assert found.hypotheses[0].tokens == taken


def test_where_the_rules_leave_nothing_nothing_is_found():
    rules = Rules(no_repeat_ngram=1, min_length=5)
    found = search(random_model(0, size=3), rules, beam_size=2)
    assert found.hypotheses == () and found.stopped == "no hypothesis is alive"
    for exact in (exhaustive_search, best_first_search, depth_first_search):
        assert exact(*step_of(random_model(0, size=3)), max_length=LENGTH, eos=EOS, rules=rules).hypotheses == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"min_length": -1}, "min_length must be a whole number"),
        ({"no_repeat_ngram": 1.5}, "no_repeat_ngram must be a whole number"),
        ({"prefix": (0,) * 9}, "prefix must fit in max_length = 5, got 9 tokens"),
        ({"prefix": (EOS, 0)}, "nothing follows the end token 1"),
        ({"prefix": (7,)}, r"prefix must be a token in 0…3, got 7"),
    ],
)
def test_a_rule_that_cannot_be_says_so(rules, message):
    with pytest.raises(ValueError, match=message):
        search(random_model(0), Rules(**rules))
