"""Length penalties by their formulas, and that no continuation is above the bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decoding import NO_PENALTY, LengthPenalty, by_length, coverage_penalty, gnmt

penalties = st.one_of(st.just(NO_PENALTY), st.floats(-3, 3).map(by_length), st.floats(-3, 3).map(gnmt))


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (NO_PENALTY, -6.0),
        (by_length(1.0), -2.0),
        (by_length(2.0), -6 / 9),
        (gnmt(1.0), -6 / (8 / 6)),
        (gnmt(0.0), -6.0),
    ],
)
def test_a_score_is_the_log_probability_over_the_formula(penalty, expected):
    assert penalty.score(-6.0, 3) == pytest.approx(expected)


@given(penalties, st.floats(-50, 0), st.integers(1, 20), st.integers(0, 20), st.floats(0, 10))
def test_no_continuation_is_above_the_bound(penalty, log_prob, shortest, further, lost):
    longest = shortest + further
    bound = penalty.bound(log_prob, shortest, longest)
    assert all(penalty.score(log_prob - lost, length) <= bound + 1e-9 for length in range(shortest, longest + 1))


def test_an_unknown_kind_or_exponent_is_refused():
    with pytest.raises(ValueError, match="kind must be one of"):
        LengthPenalty("square")
    with pytest.raises(ValueError, match="alpha must be a number"):
        by_length(np.nan)


def test_full_coverage_costs_nothing_and_none_everything():
    even = np.full((4, 2), 0.5)
    assert coverage_penalty(even, 0.3) == 0
    assert coverage_penalty(np.array([[0.75, 0.25]]), 0.5) == pytest.approx(0.5 * (np.log(0.75) + np.log(0.25)))
    assert coverage_penalty(np.array([[1.0, 0.0]]), 1.0) == -np.inf
