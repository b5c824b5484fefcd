"""Saturation by counting one value after the other, and its limits."""

import numpy as np
import pytest
import torch
from torch import nn

import core
from core.analysis.saturation import saturation
from core.recordings.records import GateTrace


def trace(values, lengths, name="forget", kind="lstm"):
    values = np.asarray(values, dtype=np.float32)
    named = {name: values} if name == "hidden" else {name: values, "hidden": np.zeros_like(values)}
    return GateTrace(kind, lengths=np.asarray(lengths), **named)


def test_shares_are_counted_over_the_valid_timesteps_of_all_examples():
    values = np.array([[0.05, 0.95], [0.95, 0.5], [0.99, 0.0]])[None, None, None].repeat(2, axis=2)  # (1, 1, 2, 3, 2)
    found = saturation(trace(values, [3, 1]), "forget")
    assert found.left[0, 0].tolist() == [2 / 4, 1 / 4]
    assert found.right[0, 0].tolist() == [2 / 4, 2 / 4]


def test_it_agrees_with_a_loop_over_every_value_of_a_real_layer():
    torch.manual_seed(0)
    layer = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    nn.init.normal_(layer.bias_ih_l0, std=3)
    with core.watch(layer, examples=None) as watched:
        layer(3 * torch.randn(30, 5, 3))
    gates = watched.gates["lstm"]
    for name in ("input", "forget", "candidate", "output", "cell", "hidden"):
        found = saturation(gates, name, 0.2, 0.7)
        for index in np.ndindex(2, 2, 4):
            series = getattr(gates, name)[index[0], index[1], :, :, index[2]].ravel().tolist()
            if name == "cell":
                series = [float(np.tanh(value)) for value in series]
            low, high = (0.2, 0.7) if name in ("input", "forget", "output") else (2 * 0.2 - 1, 2 * 0.7 - 1)
            assert found.left[index] == pytest.approx(sum(value < low for value in series) / 150, abs=1 / 140)
            assert found.right[index] == pytest.approx(sum(value > high for value in series) / 150, abs=1 / 140)
        assert (found.left + found.right <= 1).all()


def test_a_tanh_is_saturated_beyond_four_fifths():
    values = np.array([-0.81, -0.79, 0.79, 0.81])[None, None, None, :, None]
    found = saturation(trace(values, [4], "candidate"), "candidate")
    assert (found.left.item(), found.right.item()) == (0.25, 0.25)


def test_a_nan_is_on_neither_side():
    found = saturation(trace([[[[[np.nan], [0.95]]]]], [2]), "forget")
    assert (found.left.item(), found.right.item()) == (0, 0.5)


def test_a_gru_has_its_own_gates():
    found = saturation(trace([[[[[0.05]]]]], [1], "update", "gru"), "update")
    assert found.left.item() == 1
    with pytest.raises(ValueError, match="a gate or state of this GRU, got 'forget'; choose another"):
        saturation(trace([[[[[0.05]]]]], [1], "update", "gru"), "forget")


@pytest.mark.parametrize("name", ["lengths", "kind", "first", "nothing"])
def test_what_is_no_gate_is_refused(name):
    with pytest.raises(ValueError, match=f"a gate or state of this LSTM, got '{name}'"):
        saturation(trace([[[[[0.05]]]]], [1]), name)


@pytest.mark.parametrize("pair", [(0.9, 0.1), (0.5, 0.5), (-0.1, 0.5), (0.1, 1.1)])
def test_thresholds_that_overlap_are_refused(pair):
    with pytest.raises(ValueError, match="0 ≤ shut < open ≤ 1"):
        saturation(trace([[[[[0.05]]]]], [1]), "forget", *pair)
