import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.models.blocks import Block
from core.training.histograms import BINS, block_histograms

anything = st.floats(width=32)


@given(arrays(np.float32, st.integers(2, 30), elements=anything), st.data())
def test_every_number_is_counted_once(gradients, data):
    size = len(gradients)
    cut = data.draw(st.integers(1, size - 1))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    weights = data.draw(arrays(np.float32, size, elements=finite))
    found = block_histograms((Block("a", 0, cut), Block("b", cut, size)), weights, gradients)
    sizes = [cut, size - cut]
    assert found.blocks == ("a", "b")
    assert found.counts.sum(axis=1).tolist() == sizes
    assert (found.gradient_counts.sum(axis=1) + found.zeros + found.not_finite).tolist() == sizes
    assert found.edges.shape == (2, BINS + 1) and found.gradient_edges.shape == (BINS + 1,)


def test_a_bin_holds_what_lies_between_its_edges():
    rng = np.random.default_rng(0)
    weights, gradients = rng.normal(size=200).astype(np.float32), rng.normal(size=200).astype(np.float32) ** 5
    found = block_histograms((Block("all", 0, 200),), weights, gradients)
    ends, logs = found.edges[0], np.log10(np.abs(gradients.astype(float)))
    assert ends[0] == weights.min() and ends[-1] == weights.max()
    assert found.counts[0, 3] == ((weights >= ends[3]) & (weights < ends[4])).sum()
    low, high = found.gradient_edges[20], found.gradient_edges[21]
    assert found.gradient_counts[0, 20] == ((logs >= low) & (logs < high)).sum() > 0


def test_what_is_not_finite_and_what_is_zero_stand_by_themselves():
    blocks = (Block("well", 0, 2), Block("ill", 2, 6))
    gradients = np.array([1e-3, 0.0, np.nan, np.inf, -np.inf, 1e-40], np.float32)
    found = block_histograms(blocks, np.zeros(6, np.float32), gradients)
    assert found.zeros.tolist() == [1, 0] and found.not_finite.tolist() == [0, 3]
    assert (found.gradient_edges[0], found.gradient_edges[-1]) == (-40.0, -3.0) or found.gradient_edges[0] < -39


def test_without_any_gradient_there_are_edges_all_the_same():
    found = block_histograms((Block("none", 0, 2),), np.ones(2, np.float32), np.zeros(2, np.float32))
    assert found.gradient_counts.sum() == 0 and found.zeros.tolist() == [2]
    assert np.all(np.diff(found.gradient_edges) > 0) and np.all(np.diff(found.edges) > 0)
