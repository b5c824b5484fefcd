from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.decay import decay


@given(factor=st.floats(0.05, 3.0), length=st.integers(2, 60), scale=st.floats(1e-3, 1e3))
def test_an_exponential_has_its_own_factor(factor, length, scale):
    found = decay(scale * factor ** np.arange(length - 1, -1, -1))
    assert found.factor == pytest.approx(factor, rel=1e-9)
    assert found.ratio == pytest.approx(factor ** (length - 1), rel=1e-9)
    assert found.last_step == length
    assert not found.underflow


@given(factor=st.floats(0.05, 0.99))
def test_at_the_horizon_a_thousandth_is_left(factor):
    found = decay(factor ** np.arange(20.0)[::-1])
    assert factor**found.horizon == pytest.approx(1e-3, rel=1e-6)


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_what_does_not_fade_has_no_horizon(factor):
    assert decay(factor ** np.arange(20.0)[::-1]).horizon == math.inf


def test_what_underflows_is_said_and_does_not_bend_the_fit():
    norms = np.concatenate([np.zeros(5), 0.1 ** np.arange(44.0, -1, -1)])
    found = decay(norms)
    assert found.underflow
    assert found.factor == pytest.approx(0.1)
    assert found.first == 0 and found.ratio == 0


def test_steps_past_the_last_gradient_are_no_underflow():
    """A loss at step 3 alone sends nothing to steps 4 and 5."""
    found = decay(np.array([0.25, 0.5, 1.0, 0.0, 0.0]))
    assert (found.last, found.last_step, found.underflow) == (1.0, 3, False)
    assert found.factor == pytest.approx(0.5)


def test_nan_and_inf_are_left_out_of_the_fit_and_kept_as_the_first_norm():
    found = decay(np.array([math.nan, math.inf, 0.25, 0.5, 1.0]))
    assert found.factor == pytest.approx(0.5)
    assert math.isnan(found.first) and math.isnan(found.ratio)
    assert not found.underflow


@pytest.mark.parametrize("norms", [np.zeros(4), np.full(4, math.nan), np.array([math.inf, math.nan])])
def test_without_any_gradient_there_is_no_factor(norms):
    found = decay(norms)
    assert math.isnan(found.factor) and math.isnan(found.horizon) and math.isnan(found.ratio)
    assert not found.underflow


def test_one_timestep_has_no_slope():
    found = decay(np.array([2.0]))
    assert math.isnan(found.factor) and math.isnan(found.horizon)
    assert (found.first, found.last, found.ratio) == (2.0, 2.0, 1.0)


@pytest.mark.parametrize("shape", [(0,), (2, 3), (1, 1, 4), ()])
def test_decay_wants_one_curve(shape):
    with pytest.raises(ValueError, match=r"needs norms of shape \(T,\), got .*pick one layer"):
        decay(np.ones(shape))
