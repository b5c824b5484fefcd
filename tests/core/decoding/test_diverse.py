"""Diverse beam search against one written again, and against plain beams where it has nothing to do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import beam_search, diverse_beam_search
from tests.core.decoding.by_hand import EOS, diverse_beam, random_model, step_of

LENGTH = 4
models = st.builds(random_model, st.integers(0, 10**6), st.integers(3, 5))


def diverse(model, size, groups, strength):
    return diverse_beam_search(
        *step_of(model), beam_size=size, groups=groups, strength=strength, max_length=LENGTH, eos=EOS
    )


@settings(max_examples=80)
@given(model=models, share=st.integers(1, 3), groups=st.integers(1, 4), strength=st.floats(0, 3))
def test_groups_avoid_what_the_ones_before_have_chosen(model, share, groups, strength):
    expected = diverse_beam(model, share * groups, groups, LENGTH, strength)
    found = diverse(model, share * groups, groups, strength)
    np.testing.assert_allclose([one.score for one in found.hypotheses], [score for score, _ in expected], atol=1e-9)
    assert sorted(one.tokens for one in found.hypotheses) == sorted(tokens for _, tokens in expected)
    np.testing.assert_allclose(found.tree.mass().sum(axis=1), 1, atol=1e-9)


@settings(max_examples=30)
@given(model=models, share=st.integers(1, 3), groups=st.integers(1, 3))
def test_without_strength_every_group_is_a_plain_beam(model, share, groups):
    plain = beam_search(*step_of(model), beam_size=share, max_length=LENGTH, eos=EOS)
    found = diverse(model, share * groups, groups, 0.0)
    assert sorted(one.tokens for one in found.hypotheses) == sorted(one.tokens for one in plain.hypotheses * groups)


@settings(max_examples=30)
@given(model=models, size=st.integers(1, 5), strength=st.floats(0, 3))
def test_one_group_is_a_plain_beam_whatever_the_strength(model, size, strength):
    plain = beam_search(*step_of(model), beam_size=size, max_length=LENGTH, eos=EOS)
    assert [one.tokens for one in diverse(model, size, 1, strength).hypotheses] == [
        one.tokens for one in plain.hypotheses
    ]


def test_a_step_of_all_groups_is_one_call():
    found = diverse(random_model(0), 6, 3, 1.0)
    assert found.calls == found.tree.steps and found.tree.groups == 3


def test_groups_that_do_not_divide_the_beam_are_refused():
    with pytest.raises(ValueError, match="groups must divide beam_size = 4, got 3"):
        diverse(random_model(0), 4, 3, 1.0)
