from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.answers import edit_distance, edit_distances, edit_rate, sequence_accuracy, token_accuracy

TEXTS = st.text("abc", max_size=7)


@settings(max_examples=30)
@given(TEXTS, TEXTS)
def test_edit_distance_is_its_recursive_definition(one, other):
    @cache
    def slow(i, j):
        if not i or not j:
            return i + j
        return min(slow(i - 1, j) + 1, slow(i, j - 1) + 1, slow(i - 1, j - 1) + (one[i - 1] != other[j - 1]))

    assert edit_distance(one, other) == slow(len(one), len(other))


def test_many_distances_at_once_are_each_on_its_own():
    rng = np.random.default_rng(0)
    answers, targets = rng.integers(0, 4, (60, 7)), rng.integers(0, 4, (60, 9))
    spans, lengths = rng.integers(0, 8, 60), rng.integers(0, 10, 60)
    found = edit_distances(answers, spans, targets, lengths)
    for place, distance in enumerate(found.tolist()):
        assert distance == edit_distance(answers[place, : spans[place]], targets[place, : lengths[place]])


@settings(max_examples=30)
@given(TEXTS, TEXTS, TEXTS)
def test_edit_distance_is_a_metric(one, other, third):
    assert edit_distance(one, other) == edit_distance(other, one)
    assert (edit_distance(one, other) == 0) == (one == other)
    assert edit_distance(one, third) <= edit_distance(one, other) + edit_distance(other, third)


def test_shares_by_hand():
    answers, targets = [[1, 2, 3], [4, 5], [6]], [[1, 2, 3], [4, 7, 8], [6, 6]]
    assert sequence_accuracy(answers, targets) == pytest.approx(1 / 3)
    assert token_accuracy(answers, targets) == pytest.approx(5 / 8)
    assert edit_rate(answers, targets) == pytest.approx(3 / 8)
    assert edit_distance("kitten", "sitting") == 3


def test_a_letter_left_out_costs_every_later_token_but_one_edit():
    assert token_accuracy(["bcdef"], ["abcdef"]) == 0
    assert edit_rate(["bcdef"], ["abcdef"]) == pytest.approx(1 / 6)


@pytest.mark.parametrize("measure", [token_accuracy, edit_rate])
def test_empty_targets_are_refused(measure):
    with pytest.raises(ValueError, match="needs targets with tokens"):
        measure([[1]], [[]])
