from __future__ import annotations

from dataclasses import astuple
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.analysis.alignment import (
    AlignmentNumbers,
    alignment_numbers,
    column_entropy,
    coverage,
    coverage_deviation,
    crossings,
    error_rate,
    gold_mass,
    links,
    mean_numbers,
    monotonicity,
    row_entropy,
    uniform_numbers,
)

HALF = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.25, 0.75, 0.0]])
SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))


@st.composite
def attention(draw):
    raw = draw(arrays(float, draw(SHAPES), elements=st.floats(0, 1)))
    raw[:, 0] += 1e-3
    return raw / raw.sum(axis=1, keepdims=True)


@st.composite
def gold(draw, shape):
    possible = draw(arrays(bool, shape))
    return possible & draw(arrays(bool, shape)), possible


def test_numbers_by_hand():
    assert links(HALF).tolist() == [0, 2]
    assert row_entropy(HALF) == pytest.approx([0.5, (0.25 * np.log(4) + 0.75 * np.log(4 / 3)) / np.log(4)])
    assert coverage(HALF).tolist() == [0.5, 0.75, 0.75, 0.0]
    deviation = (np.log(1.25) + 2 * np.log(1.0625) + np.log(2)) / 4
    assert coverage_deviation(HALF) == pytest.approx(deviation)
    second = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(2)
    assert column_entropy(HALF) == pytest.approx([0, second, 0, np.nan], nan_ok=True)
    possible = np.array([[1, 0, 0, 1], [0, 1, 0, 0]], bool)
    assert gold_mass(HALF, possible) == pytest.approx((0.5 + 0.25) / 2)


def test_the_error_rate_by_hand():
    sure = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    possible = sure | np.array([[0, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
    # A of three rows with gold: (0,0) sure, (1,2) wrong, (2,1) possible; the fourth row does not count.
    assert error_rate(np.array([0, 2, 1, 2]), sure, possible) == pytest.approx(1 - (1 + 2) / (3 + 2))


def test_order_by_hand():
    assert monotonicity(np.array([0, 1, 1, 0, 3])) == 3 / 4
    assert crossings(np.array([0, 1, 1, 0, 3])) == 2 / 10
    assert crossings(np.array([3, 2, 1, 0])) == 1 and monotonicity(np.array([3, 2, 1, 0])) == 0
    assert np.isnan(crossings(np.array([2]))) and np.isnan(monotonicity(np.array([2])))


def test_attention_that_is_the_true_alignment_is_perfect():
    true = np.eye(5)[::-1]
    numbers = alignment_numbers(true, true.astype(bool))
    assert numbers == AlignmentNumbers(0, 1, 0, 0, 0, 0, 1)


@settings(max_examples=30)
@given(attention(), st.data())
def test_every_number_stays_in_its_range(weights, data):
    numbers = alignment_numbers(weights, *data.draw(gold(weights.shape)))
    values = np.delete(astuple(numbers), 4)
    assert np.all(np.isnan(values) | ((values >= -1e-12) & (values <= 1 + 1e-12)))
    assert numbers.coverage_deviation >= 0


@settings(max_examples=30)
@given(attention())
def test_crossings_are_inversions_counted_one_by_one(weights):
    places = links(weights)
    pairs = [(a, b) for a in range(len(places)) for b in range(a + 1, len(places))]
    slow = np.mean([places[a] > places[b] for a, b in pairs]) if pairs else np.nan
    assert crossings(places) == pytest.approx(slow, nan_ok=True)


@settings(max_examples=30)
@given(attention(), st.data())
def test_the_error_rate_is_that_of_sets_of_links(weights, data):
    sure, possible = data.draw(gold(weights.shape))
    s, p = ({tuple(link) for link in np.argwhere(one)} for one in (sure, possible))
    a = {(t, place) for t, place in enumerate(links(weights)) if any(row == t for row, _ in p)}
    slow = 1 - (len(a & s) + len(a & p)) / (len(a) + len(s)) if a else np.nan
    assert error_rate(links(weights), sure, possible) == pytest.approx(slow, nan_ok=True)


@settings(max_examples=30)
@given(st.tuples(st.integers(1, 3), st.integers(1, 3)), st.data())
def test_uniform_numbers_are_the_mean_over_all_links_there_are(shape, data):
    sure, possible = data.draw(gold(shape))
    uniform = uniform_numbers(*shape, sure, possible)
    drawn = [
        (error_rate(places, sure, possible), monotonicity(places), crossings(places))
        for places in map(np.array, product(range(shape[1]), repeat=shape[0]))
    ]
    expected = (uniform.error_rate, uniform.monotonicity, uniform.crossings)
    assert np.mean(drawn, axis=0) == pytest.approx(expected, nan_ok=True)
    assert uniform.row_entropy == pytest.approx(float(shape[1] > 1))


def test_without_a_true_alignment_the_two_numbers_that_need_it_are_nan():
    numbers = alignment_numbers(HALF)
    assert np.isnan(numbers.error_rate) and np.isnan(numbers.gold_mass) and not np.isnan(numbers.row_entropy)
    assert np.isnan(uniform_numbers(3, 4).error_rate)


def test_a_mean_leaves_out_what_is_not_known():
    known, unknown = alignment_numbers(np.eye(3), np.eye(3, dtype=bool)), alignment_numbers(np.eye(3)[::-1])
    mean = mean_numbers([known, unknown])
    assert (mean.error_rate, mean.monotonicity, mean.crossings) == (0, 0.5, 0.5)
    assert np.isnan(astuple(mean_numbers([]))).all()


def test_a_nan_row_is_not_taken_for_attention():
    weights = np.vstack([np.eye(3)[:2], np.full((1, 3), np.nan)])
    assert np.isnan(astuple(alignment_numbers(weights, np.eye(3, dtype=bool)))).all()
