import pytest
import torch
from torch import nn

from core.probes import fused_lstm as module
from core.probes.fused_lstm import fused_lstm
from core.probes.lstm_scan import LSTMScan
from core.probes.scans import Weights

SIZES = [(1, 1, 1, 1), (5, 3, 2, 4), (9, 4, 70, 33), (20, 8, 16, 64), (6, 2, 3, 128)]


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch):
    monkeypatch.setattr(module, "_layout_holds", {})


def call(steps=5, batch=3, features=2, size=4, dtype=torch.float32):
    """Inputs, initial states and weights of a layer."""
    torch.manual_seed(0)
    layer = nn.LSTM(features, size, dtype=dtype)
    inputs = torch.randn(batch, steps, features, dtype=dtype).transpose(0, 1)
    states = torch.randn(2, batch, size, dtype=dtype)
    return inputs, *states, Weights(*(weight.detach() for weight in layer.parameters()))


def exact(arguments):
    """The scan of the same numbers in float64, where there is no such kernel."""
    inputs, hidden, cell, weights = arguments
    doubled = Weights(*(weight.double() for weight in vars(weights).values() if weight is not None))
    return LSTMScan(inputs.double(), hidden.double(), cell.double(), doubled)


@pytest.mark.parametrize("size", SIZES)
def test_gates_read_from_the_kernel_are_those_of_a_float64_scan(size):
    arguments = call(*size)
    found, slow = fused_lstm(*arguments), exact(arguments)
    if found is None:
        pytest.skip("this PyTorch keeps no gates")
    for ours, theirs in zip(found, (slow.outputs, slow.activations, slow.cells, slow.squashed), strict=True):
        torch.testing.assert_close(ours.double(), theirs, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(("name", "value"), [("LINE", 24), ("_gates", lambda workspace, *shape: None)])
def test_a_workspace_of_another_layout_is_noticed_and_the_scan_gives_the_same_numbers(monkeypatch, name, value):
    arguments = call(batch=4)
    usual = LSTMScan(*arguments)
    monkeypatch.setattr(module, "_layout_holds", {})
    monkeypatch.setattr(module, name, value)
    assert fused_lstm(*arguments) is None
    scan = LSTMScan(*arguments)
    torch.testing.assert_close(scan.outputs, usual.outputs)
    torch.testing.assert_close(scan.activations, usual.activations.contiguous())


def test_a_first_call_that_is_not_finite_says_nothing_about_the_layout():
    inputs, *others = call()
    if fused_lstm(inputs, *others) is None:
        pytest.skip("this PyTorch keeps no gates")
    module._layout_holds.clear()
    assert fused_lstm(torch.full_like(inputs, torch.nan), *others) is None
    assert fused_lstm(inputs, *others) is not None


def test_what_the_kernel_does_not_compute_has_no_answer():
    assert fused_lstm(*call(dtype=torch.float64)) is None
    inputs, hidden, cell, weights = call()
    assert fused_lstm(inputs, hidden, cell, Weights(weights.input, weights.hidden)) is None


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gates_are_there_without_autograd(mode):
    with mode():
        scan = LSTMScan(*call())
    torch.testing.assert_close(scan.outputs.double(), exact(call()).outputs, atol=2e-6, rtol=1e-5)


def test_where_a_gate_is_shut_tanh_c_is_zero_and_no_nan():
    inputs, hidden, cell, weights = call()
    weights.bias_input[3 * cell.shape[1] :] = -200  # the output gate underflows to 0
    found = fused_lstm(inputs, hidden, cell, weights)
    if found is None:
        pytest.skip("this PyTorch keeps no gates")
    assert torch.isfinite(found.squashed).all() and (found.outputs.abs() < 1e-30).all()
