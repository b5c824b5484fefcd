"""What is read from the workspace of PyTorch's fused LSTM, forward; and what happens where it cannot be."""

import numpy as np
import pytest
import torch
from torch import nn

from core.probes import fused_lstm as module
from core.probes import fused_workspace
from core.probes.fused_lstm import fused_lstm
from core.probes.fused_workspace import find_cells, find_flow, flow_in
from core.probes.lstm_scan import LSTMScan
from core.probes.scans import Weights

SIZES = [(1, 1, 1, 1), (2, 1, 1, 1), (5, 3, 2, 4), (9, 4, 70, 33), (20, 8, 16, 64), (6, 2, 3, 128)]


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch):
    monkeypatch.setattr(module, "_layouts", {})


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


def kernel_or_skip(arguments):
    found = fused_lstm(*arguments)
    if found is None:
        pytest.skip("this PyTorch keeps no gates")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_gates_and_cells_read_from_the_kernel_are_those_of_a_float64_scan(size):
    arguments = call(*size)
    found, slow = kernel_or_skip(arguments), exact(arguments)
    ours = (found.outputs, torch.from_numpy(found.gates()), found.cells(), found.squashed())
    for one, other in zip(ours, (slow.outputs, slow.activations, slow.cells, slow.squashed), strict=True):
        torch.testing.assert_close(one.double(), other, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (fused_workspace, "LINE", 24),
        (module, "padded", lambda width: 10**6),
        (module, "find_cells", lambda workspace, expected: None),
    ],
)
def test_a_workspace_of_another_layout_is_noticed_and_the_scan_gives_the_same_numbers(monkeypatch, where, name, value):
    arguments = call(batch=4)
    usual = LSTMScan(*arguments)
    monkeypatch.setattr(module, "_layouts", {})
    monkeypatch.setattr(where, name, value)
    assert fused_lstm(*arguments) is None
    scan = LSTMScan(*arguments)
    torch.testing.assert_close(scan.outputs, usual.outputs)
    torch.testing.assert_close(scan.activations, usual.activations.contiguous())
    torch.testing.assert_close(scan.cells, usual.cells)


@pytest.mark.parametrize("value", [torch.nan, 0.0])
def test_a_first_call_whose_numbers_say_nothing_says_nothing_about_the_layout(value):
    inputs, hidden, cell, weights = call()
    kernel_or_skip((inputs, hidden, cell, weights))
    module._layouts.clear()
    empty = Weights(*(torch.full_like(tensor, value) for tensor in vars(weights).values() if tensor is not None))
    assert fused_lstm(inputs, hidden * value, cell * value, empty) is None
    assert fused_lstm(inputs, hidden, cell, weights) is not None


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
    kernel_or_skip((inputs, hidden, cell, weights))
    weights.bias_input[3 * cell.shape[1] :] = -200  # the output gate underflows to 0
    found = fused_lstm(inputs, hidden, cell, weights)
    assert torch.isfinite(found.squashed()).all() and (found.outputs.abs() < 1e-30).all()


def test_a_place_is_found_only_if_it_alone_holds_what_is_looked_for():
    rng = np.random.default_rng(0)
    rows, workspace = rng.normal(size=(3, 2, 16)), rng.normal(size=8192)
    assert find_flow(workspace, rows, 16) is None
    flow_in(workspace, 2048, 16, rows.shape)[:] = rows
    assert find_flow(workspace, rows, 16) == 2048
    flow_in(workspace, 4096, 16, rows.shape)[:] = rows
    assert find_flow(workspace, rows, 16) is None
    nothing = np.zeros_like(rows)
    assert find_flow(np.zeros_like(workspace), nothing, 16) is None
    assert find_cells(np.zeros_like(workspace), nothing) is None


def test_a_place_whose_first_timestep_differs_in_the_last_bit_is_another():
    rows, workspace = np.random.default_rng(0).normal(size=(3, 2, 16)), np.zeros(8192)
    flow_in(workspace, 1024, 16, rows.shape)[:] = rows
    rows[0, 1, 5] = np.nextafter(rows[0, 1, 5], 2)
    assert find_flow(workspace, rows, 16) is None
