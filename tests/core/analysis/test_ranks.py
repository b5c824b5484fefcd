"""Ranks, AUC and Spearman's ρ against scikit-learn and SciPy, and against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.ranks import Targets, centred_ranks, figures

metrics = pytest.importorskip("sklearn.metrics")
stats = pytest.importorskip("scipy.stats")

NUMBERS = st.lists(st.integers(-3, 3), min_size=4, max_size=40)


@given(NUMBERS)
def test_ranks_agree_with_scipy_ties_and_all(values):
    series = np.array([values, sorted(values), np.arange(len(values))], dtype=np.float32)
    expected = stats.rankdata(series, axis=1)
    assert np.allclose(centred_ranks(series), expected - expected.mean(axis=1, keepdims=True))


@given(NUMBERS, st.integers(0, 2**40))
def test_auc_and_correlation_agree_with_scikit_learn_and_scipy(values, seed):
    rng = np.random.default_rng(seed)
    series = np.array([values, rng.permutation(values)], dtype=np.float32)
    is_so, number = rng.random(len(values)) < 0.5, rng.integers(3, size=len(values))
    is_so[:2], number[:2] = (True, False), (0, 1)
    series[:, :2] = (-1, 1)
    auc, correlation = figures(series, Targets.of([is_so, number]))
    assert auc == pytest.approx([metrics.roc_auc_score(is_so, row) for row in series])
    assert correlation == pytest.approx([stats.spearmanr(row, number)[0] for row in series])


def test_the_auc_is_the_share_of_pairs_that_are_in_order():
    series, is_so = np.array([[0.1, 0.4, 0.4, 0.9]]), np.array([False, True, False, True])
    (pairs,) = [[0.5 * (a == b) + (a > b) for a in series[0][is_so] for b in series[0][~is_so]]]
    assert figures(series, Targets.of([is_so]))[0, 0] == pytest.approx(np.mean(pairs))


def test_what_never_changes_has_no_figure():
    series = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])
    always, same, number = np.ones(3, dtype=bool), np.full(3, 7), np.arange(3)
    found = figures(series, Targets.of([always, same, number]))
    assert np.isnan(found[:2]).all()
    assert found[2, 0] == pytest.approx(1) and np.isnan(found[2, 1])


def test_a_series_with_a_nan_has_no_figure_and_spoils_no_other():
    series = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])
    found = figures(series, Targets.of([np.array([False, True, True])]))
    assert np.isnan(found[0, 0]) and found[0, 1] == 1
