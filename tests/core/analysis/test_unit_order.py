"""Orders of units: against SciPy's clustering, and on units made by hand."""

import numpy as np
import pytest

from core.analysis.saturation import Saturation
from core.analysis.unit_order import by_likeness, by_mean, by_saturation


def test_by_mean_the_highest_comes_first():
    assert by_mean(np.array([[0.1, 0.9, 0.5], [0.3, 0.7, 0.5]])).tolist() == [1, 2, 0]


def test_by_saturation_the_shut_come_first_and_the_open_last():
    left, right = np.array([[[0.0, 0.9, 0.1]]]), np.array([[[0.8, 0.0, 0.1]]])
    assert by_saturation(Saturation("forget", left, right)).tolist() == [1, 2, 0]


def test_units_that_move_together_stand_together():
    rng = np.random.default_rng(0)
    sources = rng.standard_normal((200, 3))
    groups = rng.permutation(np.repeat(np.arange(3), 5))
    order = by_likeness(sources[:, groups] + 0.1 * rng.standard_normal((200, 15)))
    assert sorted(order) == list(range(15))
    assert np.count_nonzero(np.diff(groups[order])) == 2


def test_clusters_are_those_of_scipy_s_average_linkage():
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    values = np.random.default_rng(1).standard_normal((50, 12))
    tree = hierarchy.linkage(values.T, "average", metric="correlation")
    order = by_likeness(values).tolist()
    for height in tree[:, 2]:
        labels = hierarchy.fcluster(tree, height, "distance")
        assert np.count_nonzero(np.diff(labels[order])) == len(set(labels)) - 1, "a cluster is torn apart"


def test_a_unit_that_never_changes_is_ordered_too():
    values = np.random.default_rng(2).standard_normal((20, 4))
    values[:, 1] = 3.0
    assert sorted(by_likeness(values)) == [0, 1, 2, 3]


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 4)), np.zeros((2, 3, 4))])
def test_values_of_another_shape_are_refused(values):
    with pytest.raises(ValueError, match=r"shape \(T, H\), got .* pick one example first"):
        by_mean(values)
