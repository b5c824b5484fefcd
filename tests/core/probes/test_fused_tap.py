"""What the tap of PyTorch's fused LSTM reads after the kernel has gone back; and what it does where it cannot."""

import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from unrolled import reference_gradients, relative_difference

import core
from core.probes import fused_lstm
from core.probes.fused_tap import FusedTap


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch):
    monkeypatch.setattr(fused_lstm, "_layouts", {})


@pytest.fixture
def by_hand(monkeypatch):
    """The taps that had to go back by themselves."""
    taps, computed = [], FusedTap._computed
    monkeypatch.setattr(FusedTap, "_computed", lambda self: (taps.append(self), computed(self))[1])
    return taps


def loss(output, states):
    return output.sin().sum() + sum(state.square().sum() for state in states)


def watched(layer, inputs, go_back=None, examples=None):
    with core.watch(layer, examples=examples) as seen:
        output, states = layer(inputs)
        (go_back or torch.Tensor.backward)(loss(output, states))
    if not isinstance(seen.calls("lstm")[0].taps[0], FusedTap):
        pytest.skip("this PyTorch keeps no gates")
    return seen


def check(seen, layer, inputs):
    hidden, cell = reference_gradients(layer, inputs, loss)
    flow = seen.flow["lstm"]
    assert relative_difference(flow.hidden, hidden) < 1e-5
    assert relative_difference(flow.cell, cell) < 1e-5


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (2, 3, 5, 4), (9, 4, 70, 33), (30, 8, 16, 64), (6, 2, 3, 256)])
def test_from_the_second_backward_pass_of_a_shape_on_all_is_read_from_the_kernel(by_hand, size):
    steps, batch, features, width = size
    torch.manual_seed(0)
    layer = nn.LSTM(features, width, batch_first=True)
    for passes in (1, 2, 3):
        inputs = torch.randn(batch, steps, features)
        check(watched(layer, inputs), layer, inputs)
        assert len(by_hand) == 1, passes


def test_the_first_backward_pass_of_a_shape_gives_the_same_bits_as_the_next():
    layer, inputs = nn.LSTM(3, 40, batch_first=True), torch.randn(8, 20, 3)
    first, second = (watched(layer, inputs).flow["lstm"] for _ in range(2))
    np.testing.assert_array_equal(first.hidden, second.hidden)
    np.testing.assert_array_equal(first.cell, second.cell)


def test_what_the_workspace_does_not_show_is_computed(by_hand):
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    watched(layer, inputs)
    (layout,) = fused_lstm._layouts.values()
    layout.into_cell += 8
    check(watched(layer, inputs), layer, inputs)
    assert len(by_hand) == 2 and layout.into_cell % 1024 == 0  # and it is found again


def test_a_gradient_that_is_not_finite_is_shown(by_hand):
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    watched(layer, inputs)
    with core.watch(layer) as seen:
        output, _ = layer(inputs)
        (output[:, 2] * torch.nan).sum().backward()
    hidden = seen.flow["lstm"].hidden
    assert np.isnan(hidden[..., :3, :]).all() and not np.isnan(hidden[..., 3, :]).any()
    del by_hand[:]
    check(watched(layer, inputs), layer, inputs)
    assert not by_hand  # the places are known still


def test_gradients_of_some_tensors_alone_fill_the_flow_too():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    for _ in range(2):
        check(watched(layer, inputs, lambda value: torch.autograd.grad(value, layer.weight_ih_l0)), layer, inputs)


@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_gradient_that_keeps_its_graph_fills_the_flow_too():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    for _ in range(2):
        check(watched(layer, inputs, lambda value: value.backward(create_graph=True)), layer, inputs)
        layer.zero_grad(set_to_none=True)


def test_of_two_backward_passes_the_last_counts():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    seen = watched(layer, inputs)
    check(seen, layer, inputs)
    with core.watch(layer, examples=None) as seen:
        output, states = layer(inputs)
        output[:, 0].sum().backward(retain_graph=True)
        assert not seen.flow["lstm"].cell[..., 1:, :].any()
        loss(output, states).backward()
    check(seen, layer, inputs)


def test_the_flow_stays_what_it_was_after_the_weights_have_moved():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    for _ in range(2):
        hidden, cell = reference_gradients(layer, inputs, loss)
        seen = watched(layer, inputs)
        torch.optim.SGD(layer.parameters(), lr=1.0).step()
        assert relative_difference(seen.flow["lstm"].hidden, hidden) < 1e-5
        assert relative_difference(seen.flow["lstm"].cell, cell) < 1e-5


def test_parameter_gradients_of_a_call_are_those_that_autograd_got():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    for _ in range(2):
        layer.zero_grad()
        (tap,) = watched(layer, inputs).calls("lstm")[0].taps
        hidden = tap.hidden.clone()
        for value, parameter in zip(tap.parameters.values(), layer.parameters(), strict=True):
            torch.testing.assert_close(value, parameter.grad, rtol=0, atol=0)
        tap._hidden = None
        torch.testing.assert_close(tap.hidden, hidden, rtol=0, atol=0)  # the kernel ran apart from what is read


def test_a_frozen_layer_asks_for_no_gradient():
    layer = nn.LSTM(3, 5, batch_first=True).requires_grad_(False)
    with core.watch(layer) as seen:
        output, _ = layer(torch.randn(2, 4, 3))
    assert not output.requires_grad and seen.gates["lstm"].hidden.shape == (1, 1, 2, 4, 5)


def test_the_workspace_is_let_go_of_with_the_watched_model():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 4, 3)
    seen = watched(layer, inputs)
    flow = seen.flow["lstm"]
    gc.disable()
    try:
        held = weakref.ref(seen.calls("lstm")[0].taps[0]._fused)
        del seen
        assert held() is None and flow.hidden.any()
    finally:
        gc.enable()
