"""Recurrences of the user's own: modules called once a timestep, and states marked inside a loop.

Axes: N batch, T timesteps, H hidden units.
"""

import pytest
import torch
from torch import nn
from unrolled import relative_difference

import core

N, T, H = 4, 6, 5


class OwnGRU(nn.Module):
    """A GRU written out, as in a paper's code."""

    def __init__(self):
        super().__init__()
        self.fused = nn.GRU(3, H, batch_first=True)

    def forward(self, inputs, mark):
        hidden = inputs.new_zeros(len(inputs), H)
        w_ih, w_hh, b_ih, b_hh = self.fused._flat_weights
        for current in inputs.unbind(1):
            r_x, z_x, n_x = (current @ w_ih.t() + b_ih).chunk(3, -1)
            r_h, z_h, n_h = (hidden @ w_hh.t() + b_hh).chunk(3, -1)
            update, new = torch.sigmoid(z_x + z_h), torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
            hidden = mark((1 - update) * new + update * hidden)
        return hidden


class Step(nn.Module):
    """One step of a decoder that returns more than its state."""

    def __init__(self):
        super().__init__()
        self.cell, self.readout = nn.Linear(3 + H, H), nn.Linear(H, 2)

    def forward(self, current, hidden):
        hidden = torch.tanh(self.cell(torch.cat([current, hidden], -1)))
        return {"logits": self.readout(hidden), "state": hidden}, hidden


def test_a_marked_state_has_the_totals_of_the_fused_layer():
    torch.manual_seed(0)
    model, inputs = OwnGRU(), torch.randn(N, T, 3)
    with core.watch(model, examples=2) as watched:
        model(inputs, lambda hidden: watched.state("h", hidden)).square().sum().backward()
    with core.watch(model.fused, examples=2) as fused:
        model.fused(inputs)[1].square().sum().backward()
    assert relative_difference(watched.flow["h"].hidden, fused.flow["gru"].hidden) < 1e-5
    assert relative_difference(watched.gates["h"].hidden, fused.gates["gru"].hidden) < 1e-5
    assert watched.flow["h"].kind == "state" and watched.names == ("fused", "h")
    assert watched.span("h").back.tolist() == [T] * N


@pytest.mark.parametrize("part", [1, None])
def test_a_module_called_once_a_timestep_has_them_too(part):
    torch.manual_seed(0)
    step, inputs, kept = Step(), torch.randn(N, T, 3), []
    path = "" if part == 1 else "cell"
    with core.watch(step, steps={path: part}) as watched:
        hidden = torch.zeros(N, H)
        for current in inputs.unbind(1):
            _, hidden = step(current, hidden)
            hidden.retain_grad()
            kept.append(hidden)
        hidden.square().sum().backward()
    name = watched.names[0]
    expected = torch.stack([hidden.grad for hidden in kept], dim=1)
    if part is None:  # before its tanh
        expected = expected * (1 - torch.stack(kept, dim=1).detach().square())
    assert relative_difference(watched.flow[name].hidden[0, 0], expected) < 1e-6


def test_a_key_names_the_part_too_and_wrong_names_are_told():
    step = Step()
    with core.watch(step, steps={"": 0}) as watched:
        step(torch.randn(N, 3), torch.zeros(N, H))[1].sum().backward()
    with pytest.raises(LookupError, match="but it is dict; name the tensor"):
        watched.flow["step"]
    with pytest.raises(ValueError, match="steps names 'decoder.cell', which the model does not have"):
        core.watch(step, steps={"decoder.cell": 0})
    with pytest.raises(ValueError, match="steps={}"):
        core.watch(step)
    with core.watch(OwnGRU()) as watched, pytest.raises(ValueError, match="a watched module already"):
        watched.state("fused", torch.zeros(1))


def test_marking_changes_nothing_and_returns_the_tensor_itself():
    hidden = torch.randn(N, H, requires_grad=True) * 2
    with core.watch(Step(), steps={}) as watched:
        assert watched.state("h", hidden) is hidden
    hidden.sum().backward()
    assert watched.flow["h"].hidden.shape == (1, 1, N, 1, H)


def test_a_state_of_several_axes_is_taken_as_its_units():
    convolution, state = nn.Conv2d(2, 2, 3, padding=1), torch.randn(N, 2, 4, 4)
    with core.watch(convolution, steps={"": None}) as watched:
        for _ in range(3):
            state = torch.tanh(convolution(state))
        state.square().sum().backward()
    assert watched.flow["conv2d"].hidden.shape == (1, 1, N, 3, 32) and watched.span("conv2d").back.tolist() == [3] * N


def test_what_cannot_be_run_again_says_so():
    with core.watch(Step(), steps={}) as watched:
        watched.state("h", torch.randn(N, H, requires_grad=True) * 2).sum().backward()
    with pytest.raises(RuntimeError, match="arithmetic is its own"):
        watched.receipt("h")
