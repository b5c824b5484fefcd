import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.training.clipping import clip, total_norm


def gradients(seed: int, scale: float) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [scale * torch.randn(shape, generator=generator) for shape in ((5, 3), (7,), (2, 2, 2))]


def torch_clips(tensors, how, bound):
    parameters = [nn.Parameter(torch.zeros_like(tensor)) for tensor in tensors]
    for parameter, tensor in zip(parameters, tensors, strict=True):
        parameter.grad = tensor.clone()
    if how == "norm":
        nn.utils.clip_grad_norm_(parameters, bound)
    else:
        nn.utils.clip_grad_value_(parameters, bound)
    return [parameter.grad for parameter in parameters]


@pytest.mark.parametrize("how", ["norm", "value"])
@given(seed=st.integers(0, 1000), scale=st.floats(1e-3, 1e3), bound=st.floats(1e-3, 1e3))
def test_clipping_agrees_with_torch(how, seed, scale, bound):
    ours = gradients(seed, scale)
    expected = torch_clips(ours, how, bound)
    before = total_norm(ours)
    after = clip(ours, before, how, bound)
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-9)  # torch divides by norm + 1e-6
    flat = torch.cat([tensor.flatten() for tensor in gradients(seed, scale)]).double()
    assert before == pytest.approx(flat.norm().item(), rel=1e-6)
    assert after == pytest.approx(torch.cat([t.flatten() for t in ours]).double().norm().item(), rel=1e-6)


def test_clipping_by_norm_keeps_the_direction_and_reaches_the_bound():
    tensors = gradients(0, 10.0)
    before = total_norm(tensors)
    after = clip(tensors, before, "norm", 0.5)
    assert after == pytest.approx(0.5, rel=1e-6)
    for clipped, whole in zip(tensors, gradients(0, 10.0), strict=True):
        torch.testing.assert_close(clipped * (before / 0.5), whole)


def test_clipping_by_value_bounds_every_entry():
    tensors = gradients(0, 10.0)
    clip(tensors, total_norm(tensors), "value", 0.25)
    assert max(tensor.abs().max().item() for tensor in tensors) == 0.25


def test_no_clipping_leaves_the_gradient():
    tensors = gradients(0, 1e3)
    before = total_norm(tensors)
    assert clip(tensors, before, "none", 1e-3) == before
    assert all(torch.equal(one, other) for one, other in zip(tensors, gradients(0, 1e3), strict=True))


def test_a_norm_beyond_float32_is_finite_and_clipped():
    tensors = [torch.full((4,), 2e38)]
    before = total_norm(tensors)
    after = clip(tensors, before, "norm", 1.0)
    assert before == pytest.approx(4e38) and after == pytest.approx(1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("how", ["norm", "none"])
def test_what_is_not_finite_stays_so(how, value):
    tensors = [torch.tensor([1.0, value]), torch.tensor([2.0])]
    before = total_norm(tensors)
    assert not math.isfinite(before) and not math.isfinite(clip(tensors, before, how, 1.0))


def test_a_gradient_within_the_bound_is_left_to_the_bit():
    tensors = gradients(0, 1e-3)
    assert clip(tensors, total_norm(tensors), "norm", 1.0) == total_norm(tensors)
    assert all(torch.equal(one, other) for one, other in zip(tensors, gradients(0, 1e-3), strict=True))


def test_the_norm_of_nothing_is_zero():
    assert total_norm([]) == 0.0
