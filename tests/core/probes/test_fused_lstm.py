"""What is read from the workspace of PyTorch's fused LSTM, forward; and what happens where it cannot be."""

import numpy as np
import pytest
import torch
from torch import nn

from core.probes.fused import lstm as module
from core.probes.fused import workspace as workspaces
from core.probes.fused.lstm import fused_lstm
from core.probes.fused.workspace import Layout, is_close, workspace_of
from core.probes.lstm_scan import LSTMScan
from core.probes.scans import Weights

SIZES = [(1, 1, 1, 1), (2, 1, 1, 1), (5, 3, 2, 4), (9, 4, 70, 33), (20, 8, 16, 64), (6, 2, 3, 128), (3, 2, 300, 256)]


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
    ours = (found.outputs, torch.from_numpy(found.gates()), found.cells())
    for one, other in zip(ours, (slow.outputs, slow.activations, slow.cells), strict=True):
        torch.testing.assert_close(one.double(), other, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(("name", "value"), [("LINE", 24), ("PAGE", 2048), ("COLLISION", 16)])
def test_a_workspace_of_another_layout_is_noticed_and_the_scan_gives_the_same_numbers(monkeypatch, name, value):
    arguments = call(batch=4)
    usual = LSTMScan(*arguments)
    monkeypatch.setattr(workspaces, name, value)
    assert fused_lstm(*arguments) is None
    scan = LSTMScan(*arguments)
    torch.testing.assert_close(scan.outputs, usual.outputs)
    torch.testing.assert_close(scan.activations, usual.activations.contiguous())
    torch.testing.assert_close(scan.cells, usual.cells)


def test_a_workspace_of_the_right_length_with_other_numbers_is_noticed(monkeypatch):
    arguments = call()
    kernel_or_skip(arguments)
    run = module._run_kernel
    monkeypatch.setattr(module, "_run_kernel", lambda given: (*(found := run(given))[:3], found[3].roll(64)))
    assert fused_lstm(*arguments) is None


def test_the_length_of_a_workspace_follows_from_its_sizes():
    rng = np.random.default_rng(0)
    for _ in range(60):
        steps, batch = int(rng.integers(1, 60)), int(rng.integers(1, 40))
        features, size = int(rng.choice([1, 3, 16, 100, 256, 300])), int(rng.choice([1, 5, 32, 64, 100, 128, 256]))
        layer = nn.LSTM(features, size)
        node = layer(torch.randn(steps, batch, features))[0].grad_fn
        if node.name() != "MkldnnRnnLayerBackward0":
            pytest.skip("this PyTorch has no such kernel")
        assert node._saved_result3.numel() == 4 * Layout.of(steps, batch, features, size).length
        assert workspace_of(node._saved_result3[4:], steps, batch, features, size) is None


def test_a_number_that_is_not_finite_is_close_only_where_one_is_expected():
    ones, holed = np.ones(3, np.float32), np.array([np.nan, 1, 1], np.float32)
    assert is_close(holed, holed) and is_close(ones, holed) and not is_close(holed, ones)
    assert not is_close(ones * 1.01, ones)


def test_what_the_kernel_does_not_compute_has_no_answer():
    assert fused_lstm(*call(dtype=torch.float64)) is None
    inputs, hidden, cell, weights = call()
    assert fused_lstm(inputs, hidden, cell, Weights(weights.input, weights.hidden)) is None


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gates_are_there_without_autograd(mode):
    with mode():
        scan = LSTMScan(*call())
    torch.testing.assert_close(scan.outputs.double(), exact(call()).outputs, atol=2e-6, rtol=1e-5)
