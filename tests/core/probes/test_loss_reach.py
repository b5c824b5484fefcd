"""The matrix of losses and states against one backward pass per loss, and against closed forms."""

import numpy as np
import pytest
import torch
from torch import nn
from unrolled import LAYERS, LOSSES, packed_loss, packed_sequences, relative_difference, watched_call

import core
from core.models.recurrent import LinearRNN
from core.probes import loss_reach as module
from core.probes.loss_reach import loss_reach

STEPS, EXAMPLES = 6, 3
SHAPES = [(1, False), (3, False), (1, True), (2, True)]


def some_layer(kind, layers, bidirectional, dropout=0.0):
    torch.manual_seed(11)
    return LAYERS[kind](num_layers=layers, bidirectional=bidirectional, batch_first=True, dropout=dropout).double()


def separate_passes(layer, inputs):
    """‖∂L_t/∂h_k‖ by [layer, direction, t, k], one watched backward pass per loss, over the first EXAMPLES."""
    rows = []
    for step in range(inputs.shape[1]):
        torch.manual_seed(12)  # the same dropout each time
        with core.watch(layer, examples=None) as watched:
            output, _ = layer(inputs)
            output[:, step].square().sum().backward()
        hidden = watched.flow[watched.names[0]].hidden[:, :, :EXAMPLES]
        rows.append(np.sqrt(np.square(hidden).sum(axis=(2, 4))))
    return np.stack(rows, axis=2)


@pytest.mark.parametrize("layers, bidirectional", SHAPES)
@pytest.mark.parametrize("kind", LAYERS)
def test_the_matrix_agrees_with_one_backward_pass_per_loss(kind, layers, bidirectional):
    layer = some_layer(kind, layers, bidirectional, dropout=0.3 if layers > 1 else 0.0)
    inputs = torch.randn(4, STEPS, 3, dtype=torch.float64)
    expected = separate_passes(layer, inputs)
    torch.manual_seed(12)
    call, flow = watched_call(layer, inputs, LOSSES["outputs"])
    for depth in range(layers):
        for direction in range(1 + bidirectional):
            reach = loss_reach(call, depth, direction, EXAMPLES)
            assert reach.norms.shape == (STEPS, STEPS) and reach.examples == EXAMPLES and reach.kind == flow.kind
            assert relative_difference(reach.norms, expected[depth, direction]) < 1e-12
            assert reach.closure < 1e-12


@pytest.mark.parametrize("kind", LAYERS)
def test_no_loss_reaches_a_later_state_and_in_reverse_no_earlier_one(kind):
    layer = some_layer(kind, 1, True)
    call, _ = watched_call(layer, torch.randn(4, STEPS, 3, dtype=torch.float64), LOSSES["outputs"])
    forward, reverse = (loss_reach(call, direction=direction).norms for direction in (0, 1))
    assert not np.triu(forward, 1).any() and (forward[np.tril_indices(STEPS)] > 0).all()
    assert not np.tril(reverse, -1).any() and (reverse[np.triu_indices(STEPS)] > 0).all()


@pytest.mark.parametrize("layers, bidirectional", SHAPES)
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_of_final_states_are_the_last_scanned_losses(kind, layers, bidirectional):
    layer = some_layer(kind, layers, bidirectional)
    call, _ = watched_call(layer, torch.randn(4, STEPS, 3, dtype=torch.float64), LOSSES["final states"])
    reach = loss_reach(call, 0, 0)
    assert reach.closure < 1e-12 and reach.norms[-1].all()
    assert not reach.norms[1:-1].any()


@pytest.mark.parametrize("kind", ["rnn", "lstm", "projected lstm", "gru"])
@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("depth", [0, 1])
def test_a_packed_batch_gives_what_its_examples_give_alone(kind, direction, depth):
    torch.manual_seed(4)
    layer = LAYERS[kind](num_layers=2, bidirectional=True).double()
    packed = packed_sequences(3, 7, 4)
    reach = loss_reach(watched_call(layer, packed, packed_loss)[0], depth, direction, examples=2)
    sequences, lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    squares = np.zeros((7, 7))
    for sequence, length in list(zip(sequences, lengths, strict=True))[:2]:
        alone = nn.utils.rnn.pack_sequence([sequence[:length]])
        one = loss_reach(watched_call(layer, alone, packed_loss)[0], depth, direction)
        squares[:length, :length] += np.square(one.norms)
    assert relative_difference(reach.norms, np.sqrt(squares)) < 1e-12 and reach.closure < 1e-12


def test_a_linear_rotation_reaches_back_by_powers_of_its_radius():
    torch.manual_seed(0)
    layer = LinearRNN(3, 16, batch_first=True)
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight_hh_l0, gain=0.8)
    call, flow = watched_call(layer, torch.randn(4, 30, 3), LOSSES["outputs"])
    distance = np.arange(30)[:, None] - np.arange(30)
    direct = np.sqrt(np.square(flow.direct).sum(axis=(0, 2)))
    expected = np.where(distance >= 0, 0.8 ** np.maximum(distance, 0.0), 0) * direct[:, None]
    np.testing.assert_allclose(loss_reach(call).norms, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_losses_taken_in_groups_give_the_same_matrix(kind, bidirectional, monkeypatch):
    layer = some_layer(kind, 2, bidirectional)
    call, _ = watched_call(layer, torch.randn(4, STEPS, 3, dtype=torch.float64), LOSSES["outputs"])
    together = loss_reach(call)
    entries_of_a_loss = STEPS * 4 * 5 * (1 + bidirectional)
    monkeypatch.setattr(module, "MOST_ENTRIES", 4 * entries_of_a_loss)
    apart = loss_reach(call)
    np.testing.assert_allclose(apart.norms, together.norms, rtol=1e-12)
    assert apart.closure < 1e-12


def test_a_matrix_of_no_example_is_an_error():
    call, _ = watched_call(nn.RNN(3, 5, batch_first=True), torch.randn(4, 2, 3), LOSSES["outputs"])
    with pytest.raises(ValueError, match="examples must be in 0…3"):
        loss_reach(call, examples=0)
