"""The comparison itself: equal trainings are equal, and a change of one bit, or one random number, is named."""

import pytest
import torch
from side_by_side import Look, bits_of, both, trained
from torch import nn


def training(disturb=lambda look, step, model: None):
    def train(look):
        model = nn.Sequential(nn.GRU(2, 3), nn.Identity())
        optimizer = torch.optim.Adam(model.parameters())
        for step in range(3):
            with look(model):
                loss = model(torch.randn(4, 2, 2))[0].square().mean()
                loss.backward()
            disturb(look, step, model)
            look.step(loss, optimizer)

    return train


def nudge(model):
    """Change the last bit of one number."""
    with torch.no_grad():
        model[0].bias_hh_l0.view(torch.int32)[0] ^= 1


def leave(model):
    model[0].left_behind = "a note"


DISTURBANCES = {
    "a random number": (lambda model: torch.rand(()), "random 0"),
    "a bit of a parameter": (nudge, "parameters 0.bias_hh_l0"),
    "a gradient": (lambda model: model[0].weight_ih_l0.grad.neg_(), "gradients 0.weight_ih_l0"),
    "an attribute": (leave, "modules 0 left_behind"),
}


def test_a_training_is_equal_to_itself():
    plain, again = (trained(training(), Look(is_watched=False)) for _ in range(2))
    assert len(plain.diary) == 3
    assert plain.diary == again.diary


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbance_is_found_where_it_began(name):
    disturb, where = DISTURBANCES[name]
    pair = both(training(lambda look, step, model: disturb(model) if look.is_watched and step else None), ("0",))
    assert f"step 1: {where}" in pair.differences()
    assert not any("step 0" in found for found in pair.differences())


def test_a_layer_that_nobody_named_is_a_fault():
    assert both(training(), ()).faults() == [f"step {step}: 0 is watched, and nobody said so" for step in range(3)]


def test_a_layer_that_did_not_run_is_a_fault_where_it_should_have():
    faults = both(training(), ("0", "1")).faults()
    assert faults == [f"step {step}: 1: not seen: None" for step in range(3)]


def test_nan_equals_nan_and_zero_is_not_minus_zero():
    nan, zero = torch.tensor([float("nan")]), torch.tensor([0.0])
    assert dict(bits_of(nan)) == dict(bits_of(nan.clone()))
    assert dict(bits_of(zero)) != dict(bits_of(-zero))
