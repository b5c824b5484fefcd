"""The replay against the tap, against unrolled float64 loops, and what it says when it cannot run."""

import itertools

import pytest
import torch
from torch import nn
from unrolled import (
    LAYERS,
    LOSSES,
    packed_loss,
    packed_sequences,
    reference_gradients,
    relative_difference,
    watched_call,
)

import core
from core.probes.replay import of_examples, place, replay

EXACT = 1e-12


@pytest.mark.parametrize("kind, loss", list(itertools.product(LAYERS, LOSSES)))
@pytest.mark.parametrize("layers, bidirectional", [(3, False), (2, True)])
def test_totals_agree_with_an_unrolled_loop(kind, loss, layers, bidirectional):
    torch.manual_seed(layers)
    layer = LAYERS[kind](num_layers=layers, bidirectional=bidirectional, batch_first=True).double()
    inputs = torch.randn(4, 7, 3, dtype=torch.float64)
    hidden, cell = reference_gradients(layer, inputs, LOSSES[loss])
    run = replay(watched_call(layer, inputs, LOSSES[loss])[0])
    for one, expected in zip(run, hidden.flatten(0, 1), strict=True):
        assert relative_difference(one.turned(one.adjoint.hidden).transpose(0, 1), expected) < EXACT
    for one, expected in zip(run, cell.flatten(0, 1) if cell is not None else [], strict=False):
        assert relative_difference(one.turned(one.adjoint.cell).transpose(0, 1), expected) < EXACT


@pytest.mark.parametrize("kind", LAYERS)
def test_dropout_between_layers_is_the_one_that_was_drawn(kind):
    torch.manual_seed(0)
    layer = LAYERS[kind](num_layers=3, bidirectional=True, batch_first=True, dropout=0.5).double()
    call, flow = watched_call(layer, torch.randn(4, 6, 3, dtype=torch.float64), LOSSES["both"])
    for one, expected in zip(replay(call), flow.hidden.reshape(-1, *flow.hidden.shape[2:]), strict=True):
        assert relative_difference(one.turned(one.adjoint.hidden).transpose(0, 1), expected) < EXACT


@pytest.mark.parametrize("kind", ["rnn", "lstm", "projected lstm", "gru"])
def test_a_packed_call_agrees_with_the_tap(kind):
    torch.manual_seed(1)
    layer = LAYERS[kind](num_layers=2, bidirectional=True).double()
    packed = packed_sequences(3, 7, 1, 5)
    call, flow = watched_call(layer, packed, packed_loss)
    order = call.order
    for one, expected in zip(replay(call), flow.hidden.reshape(-1, *flow.hidden.shape[2:]), strict=True):
        assert relative_difference(one.turned(one.adjoint.hidden)[:, order].transpose(0, 1), expected) < EXACT


@pytest.mark.parametrize("kind", LAYERS)
def test_some_examples_alone_give_what_they_give_among_all(kind):
    torch.manual_seed(2)
    layer = LAYERS[kind](num_layers=2, bidirectional=True, batch_first=True, dropout=0.3).double()
    call, flow = watched_call(layer, torch.randn(4, 6, 3, dtype=torch.float64), LOSSES["both"])
    run = replay(of_examples(call, [3, 1]))
    for one, expected in zip(run, flow.hidden.reshape(4, *flow.hidden.shape[2:]), strict=True):
        assert relative_difference(one.turned(one.adjoint.hidden).transpose(0, 1), expected[[3, 1]]) < EXACT


def test_examples_of_a_packed_call_are_counted_as_the_user_does():
    layer = nn.LSTM(3, 5).double()
    call, flow = watched_call(layer, packed_sequences(3, 7, 1, 5), packed_loss)
    one = of_examples(call, [3])
    assert one.lengths.tolist() == [5]
    assert relative_difference(replay(one)[0].adjoint.hidden[:, 0], flow.hidden[0, 0, 3]) < EXACT


def test_what_float32_loses_is_still_there():
    torch.manual_seed(0)
    layer = nn.RNN(3, 8, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(0.1)
    call, flow = watched_call(layer, torch.randn(2, 100, 3), LOSSES["last output"])
    assert not flow.hidden[..., 0, :].any()
    assert bool(replay(call)[0].adjoint.hidden[0].any())


def test_weights_changed_since_the_call_are_an_error():
    layer = nn.RNN(3, 5, batch_first=True)
    call, _ = watched_call(layer, torch.randn(2, 4, 3), LOSSES["outputs"])
    with torch.no_grad():
        layer.weight_hh_l0.mul_(2)
    with pytest.raises(RuntimeError, match="before optimizer.step"):
        replay(call)


def test_a_call_without_a_backward_pass_is_an_error():
    layer = nn.RNN(3, 5, batch_first=True)
    with core.watch(layer) as watched:
        layer(torch.randn(2, 4, 3))
    with pytest.raises(LookupError, match="loss.backward"):
        replay(watched.calls("rnn")[-1])


def test_one_step_of_a_cell_is_an_error():
    cell = nn.GRUCell(3, 5)
    with core.watch(cell) as watched:
        cell(torch.randn(2, 3)).sum().backward()
    with pytest.raises(ValueError, match="one step of a cell"):
        replay(watched.calls("grucell")[-1])


@pytest.mark.parametrize("examples", [[], [4], [-1], [0, 9]])
def test_examples_that_are_not_there_are_an_error(examples):
    call, _ = watched_call(nn.RNN(3, 5, batch_first=True), torch.randn(4, 2, 3), LOSSES["outputs"])
    with pytest.raises(ValueError, match="examples must be in 0…3"):
        of_examples(call, examples)


def test_layers_and_directions_are_counted_as_torch_does():
    layer = nn.RNN(3, 5, num_layers=2, bidirectional=True, batch_first=True)
    call, _ = watched_call(layer, torch.randn(4, 2, 3), LOSSES["outputs"])
    assert [place(call, depth, direction) for depth in (0, 1) for direction in (0, 1)] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="layer must be in 0…1, got 2"):
        place(call, 2, 0)
    with pytest.raises(ValueError, match="direction must be in 0…1, got -1"):
        place(call, 0, -1)
