import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.training.block_norms import as_float32, flattened, ratios, squares


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(0, 100))
def test_squares_are_those_of_each_block_by_itself(lengths, seed):
    blocks = [torch.randn(length, generator=torch.Generator().manual_seed(seed + length)) for length in lengths]
    starts = np.cumsum([0, *lengths[:-1]])
    expected = [float(block.double().square().sum()) for block in blocks]
    np.testing.assert_allclose(squares(flattened(blocks), starts), expected, rtol=1e-12)


def test_flattened_is_a_copy_in_the_order_of_the_tensors():
    tensors = [torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([5.0], requires_grad=True)]
    flat = flattened(tensors)
    tensors[0].zero_()
    assert flat.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    alone = flattened(tensors[:1])
    tensors[0].fill_(9.0)
    assert alone.tolist() == [0.0] * 4


def test_what_is_not_finite_stays_in_its_block():
    found = squares(np.array([np.nan, 1.0, np.inf, 2e38], np.float32), np.array([0, 1, 2, 3]))
    assert np.isnan(found[0]) and found[1] == 1.0 and np.isinf(found[2]) and np.isfinite(found[3])


def test_a_block_of_zeros_that_changes_has_no_finite_ratio_and_one_that_does_not_has_none_to_show():
    assert ratios(np.array([4.0, 4.0, 0.0]), np.array([16.0, 0.0, 0.0])).tolist() == [0.5, np.inf, 0.0]
    assert np.isnan(ratios(np.array([np.nan]), np.array([1.0])))


def test_a_norm_beyond_float32_is_inf():
    assert as_float32(np.array([1e39, 1.0])).tolist() == [np.inf, 1.0]
