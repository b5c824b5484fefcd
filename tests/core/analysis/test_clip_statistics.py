import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.clipping import clip_statistics
from core.training.clipping import clip


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30), st.floats(1e-2, 1e2))
def test_the_share_clipped_is_what_clipping_itself_shortened(lengths, threshold):
    pairs = [(length, clip([torch.tensor([length])], length, "norm", threshold)) for length in lengths]
    norms, clipped = np.array(pairs).T
    found = clip_statistics(norms, clipped, threshold, "norm")
    shortened = [before / after for before, after in pairs if after < before]
    assert found.share == pytest.approx(len(shortened) / len(pairs))
    assert found.largest_factor == pytest.approx(max(shortened, default=1.0))
    assert found.mean == pytest.approx(sum(norms) / len(norms)) and found.largest == max(norms)
    assert found.suggested == pytest.approx((found.mean / 2, found.mean * 10))


def test_what_was_not_clipped_still_says_how_often_it_would_have_been():
    norms = np.array([0.5, 2.0, 3.0, 1.0])
    found = clip_statistics(norms, norms, 1.0, "none")
    assert (found.share, found.over, found.largest_factor) == (0.0, 0.5, 1.0)


def test_a_bound_of_entries_says_nothing_of_norms():
    found = clip_statistics(np.array([4.0, 1.0]), np.array([2.0, 1.0]), 0.1, "value")
    assert math.isnan(found.over) and (found.share, found.largest_factor) == (0.5, 2.0)


def test_what_is_not_finite_is_counted_and_bends_no_mean():
    found = clip_statistics(np.array([1.0, 3.0, np.inf, np.nan]), np.array([1.0, 1.5, np.nan, np.nan]), 1.5, "norm")
    assert (found.not_finite, found.mean, found.median, found.largest, found.share) == (2, 2.0, 2.0, 3.0, 0.5)


def test_a_run_without_gradients_has_no_statistics():
    for norms in (np.array([]), np.array([np.nan])):
        found = clip_statistics(norms, norms, 1.0, "norm")
        assert all(map(math.isnan, (found.share, found.over, found.mean, found.median, found.largest_factor)))
    zeros = clip_statistics(np.zeros(3), np.zeros(3), 1.0, "norm")
    assert (zeros.share, zeros.largest_factor, zeros.suggested) == (0.0, 1.0, (0.0, 0.0))


def test_norms_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"needs norms before and after of one shape \(K,\), got \(2,\) and \(3,\)"):
        clip_statistics(np.ones(2), np.ones(3), 1.0, "norm")
