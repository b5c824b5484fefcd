from __future__ import annotations

import numpy as np
import pytest

from core.analysis.decay import decay
from core.analysis.reach import reach_horizon, reach_profile


def powers(factor: float, timesteps: int = 8) -> np.ndarray:
    distance = np.subtract.outer(np.arange(timesteps), np.arange(timesteps))
    return np.where(distance >= 0, factor ** np.abs(distance).astype(float), 0.0)


def test_the_profile_of_powers_is_these_powers_whatever_each_loss_weighs():
    weights = np.linspace(0.1, 30, 8)[:, None]
    np.testing.assert_allclose(reach_profile(weights * powers(0.7)), 0.7 ** np.arange(8))


def test_the_reverse_direction_reaches_as_far():
    np.testing.assert_allclose(reach_profile(powers(0.7).T), 0.7 ** np.arange(8))


def test_where_losses_reach_both_ways_the_earlier_states_count():
    norms = powers(0.7) + np.triu(powers(0.9).T, 1)
    np.testing.assert_allclose(reach_profile(norms), 0.7 ** np.arange(8))


def test_each_share_is_the_median_over_a_loop_over_losses():
    norms = np.tril(np.random.default_rng(0).uniform(0.1, 2, (7, 7)))
    slow = [np.median([norms[t, t - d] / norms[t, t] for t in range(d, 7)]) for d in range(7)]
    np.testing.assert_allclose(reach_profile(norms), slow)


def test_a_single_loss_gives_the_profile_of_its_row():
    norms = np.zeros((5, 5))
    norms[4] = [1, 2, 4, 8, 16]
    np.testing.assert_allclose(reach_profile(norms), [1, 0.5, 0.25, 0.125, 0.0625])


def test_where_there_is_no_loss_or_no_number_there_is_no_share():
    norms = powers(0.5, 3)
    norms[1, 0] = np.nan
    np.testing.assert_allclose(reach_profile(norms), [1, 0.5, 0.25])
    assert np.isnan(reach_profile(np.zeros((3, 3)))).all()


@pytest.mark.parametrize("factor", [0.3, 0.5, 0.77])
def test_the_horizon_of_powers_is_that_of_their_decay(factor):
    assert reach_horizon(factor ** np.arange(40.0)) == pytest.approx(decay(factor ** np.arange(39.0, -1, -1)).horizon)


def test_a_horizon_is_where_the_line_first_crosses_whatever_comes_after():
    assert 1 < reach_horizon(np.array([1, 0.1, 1e-4, 0.5, 0.5])) < 2
    assert reach_horizon(np.array([1, 0.0, 0.0])) == 1


def test_a_line_that_does_not_cross_has_no_horizon_and_no_line_has_none_to_tell():
    assert reach_horizon(np.array([1, 0.9, 0.8])) == np.inf
    assert np.isnan(reach_horizon(np.full(3, np.nan))) and np.isnan(reach_horizon(np.ones(1)))


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(T, T\), got \(3, 4\)"):
        reach_profile(np.ones((3, 4)))
