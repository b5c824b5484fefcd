"""Gradients, shapes and types of what people write around a recurrent layer are under watch what they were without.

Axes: N batch, T timesteps, H hidden units.
"""

import copy

import numpy as np
import pytest
import torch
from outcomes import assert_the_same, every_layer, net_and_inputs
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

import core

BEHIND = {
    "add": lambda output: output.add_(1),
    "dropout and relu": nn.Sequential(nn.Dropout(0.5, inplace=True), nn.ReLU(inplace=True)),
    "clamp": lambda output: (output[..., :2].clamp_(min=0), output)[1],
    "zero the detached": lambda output: (output.detach().zero_(), output)[1],
    "fill a mask": lambda output: output.masked_fill_(output < 0, 0.1),
}


@every_layer
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("final", [False, True])
def test_what_is_done_in_place_behind_a_layer_changes_no_gradient(kind, behind, final):
    net, inputs = net_and_inputs(kind)
    inputs.requires_grad_()

    def run():
        output, states = net.rnn(inputs)
        output = BEHIND[behind](output)
        states = states if isinstance(states, tuple) else (states,)
        loss = sum(state.sin().sum() for state in states) if final else output.square().sum()
        return output, loss, torch.autograd.grad(loss, [inputs, *net.rnn.parameters()])

    assert_the_same(net, run)


@every_layer
@pytest.mark.parametrize("of", [torch.sum, lambda output: output.square().mean()], ids=["sum", "squares"])
def test_a_gradient_penalty_is_what_it_was(kind, of):
    net, inputs = net_and_inputs(kind)
    inputs.requires_grad_()

    def run():
        output = net(inputs)
        (slope,) = torch.autograd.grad(of(output), inputs, create_graph=True)
        penalty = (slope.norm(dim=-1) - 1).square().sum()
        return slope, penalty, torch.autograd.grad(penalty, list(net.parameters()), allow_unused=True)

    assert_the_same(net, run)


@every_layer
def test_the_flow_of_a_penalty_is_the_same_whether_or_not_the_flow_was_read_before(kind):
    net, inputs = net_and_inputs(kind)
    net.eval()
    inputs.requires_grad_()

    def flow(reads):
        with core.watch(net) as watched:
            (slope,) = torch.autograd.grad(net.rnn(inputs)[0].sum(), inputs, create_graph=True)
            if reads:
                assert watched.flow["rnn"].hidden.any()
            slope.square().sum().backward()
            return watched.flow["rnn"].hidden

    assert np.array_equal(flow(reads=True), flow(reads=False))


@every_layer
@pytest.mark.parametrize("derivative", ["hessian", "jacobian", "hvp", "vjp"])
def test_derivatives_of_torchs_functional_kind_are_what_they_were(kind, derivative):
    net, inputs = net_and_inputs(kind)
    net.eval()
    find = getattr(torch.autograd.functional, derivative)
    loss = lambda inputs: net(inputs).square().sum()  # noqa: E731
    further = {"hvp": (torch.ones_like(inputs),), "vjp": (torch.tensor(2.0).to(inputs.dtype),)}.get(derivative, ())
    assert_the_same(net, lambda: find(loss, inputs, *further))


@every_layer
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("backward_inside", [True, False])
def test_autocast_gives_the_same_types_and_bits(kind, dtype, backward_inside):
    net, inputs = net_and_inputs(kind)

    def run():
        net.zero_grad()
        with torch.autocast("cpu", dtype=dtype):
            output = net(inputs)
            loss = output.float().square().sum()
            loss.backward() if backward_inside else None
        None if backward_inside else loss.backward()
        return output, loss, [parameter.grad for parameter in net.parameters()]

    assert_the_same(net, run)


@pytest.mark.parametrize("make", [nn.GRU, nn.RNN, nn.LSTM])
@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("lengths", [(6, 3, 2), (4, 4, 4), (1, 1, 1)])
def test_packed_input_draws_the_same_dropout_masks(make, enforce_sorted, lengths):
    rnn, inputs = make(2, 3, num_layers=3, dropout=0.5, batch_first=True), torch.randn(3, 6, 2)

    def run():
        rnn.zero_grad()
        packed = pack_padded_sequence(inputs, torch.tensor(lengths), batch_first=True, enforce_sorted=enforce_sorted)
        output, _ = pad_packed_sequence(rnn(packed)[0], batch_first=True)
        output.square().sum().backward()
        return output, [parameter.grad for parameter in rnn.parameters()]

    assert assert_the_same(rnn, run).flow[make.__name__.lower()].hidden.any()


@every_layer
@pytest.mark.parametrize("use_reentrant", [False, True])
def test_a_checkpoint_around_layer_and_head_gives_the_same_and_its_flow_is_there(kind, use_reentrant):
    net, inputs = net_and_inputs(kind)
    inputs.requires_grad_()

    def run():
        net.zero_grad()
        output = checkpoint(net, inputs, use_reentrant=use_reentrant)
        output.square().sum().backward()
        return output, [parameter.grad for parameter in net.parameters()]

    watched = assert_the_same(net, run)
    if kind == "stacked lstm" and not use_reentrant:
        with pytest.raises(RuntimeError, match="dropout mask"):  # which oneDNN has, and the checkpoint frees
            watched.flow["rnn"]
    else:
        assert watched.flow["rnn"].hidden.any()


@every_layer
def test_a_call_under_no_grad_before_the_backward_pass_hides_no_flow(kind):
    net, inputs = net_and_inputs(kind)

    def run():
        loss = net(inputs).square().sum()
        with torch.no_grad():
            seen = net(inputs)
        return seen, torch.autograd.grad(loss, list(net.parameters()))

    assert assert_the_same(net, run).flow["rnn"].hidden.any()


@every_layer
@pytest.mark.parametrize("shape", [(0, 6, 2), (4, 0, 2), (0, 0, 2), (6, 2), (1, 1, 2)])
def test_odd_shapes_give_the_same_result_or_the_same_error(kind, shape):
    net, inputs = net_and_inputs(kind)
    inputs = inputs.new_ones(shape).requires_grad_()

    def run():
        output, _ = net.rnn(inputs)
        return output, torch.autograd.grad(output.square().sum(), [inputs, *net.rnn.parameters()])

    assert_the_same(net, run)


@every_layer
def test_inference_mode_streams_as_without_watch(kind):
    net, inputs = net_and_inputs(kind)
    net.eval()

    def run():
        state, outputs = None, []
        with torch.inference_mode():
            for window in inputs.split(2, dim=1):
                output, state = net.rnn(window, state)
                outputs.append(output)
        return outputs, [torch.tensor(output.is_inference()) for output in outputs]

    assert assert_the_same(net, run).gates["rnn"].hidden.any()


@every_layer
def test_a_model_on_the_meta_device_stays_there(kind):
    net, inputs = net_and_inputs(kind)
    assert_the_same(net, lambda: copy.deepcopy(net).to("meta")(inputs.to("meta")))
    net = net.to("meta")
    watched = assert_the_same(net, lambda: net(inputs.to("meta")))
    with pytest.raises(LookupError, match="meta"):
        watched.flow["rnn"]


@pytest.mark.parametrize("make", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
@pytest.mark.parametrize("when", [slice(0, 1), slice(0, 0), slice(None)])
def test_a_cells_state_that_is_reset_in_place_gives_the_same_or_torchs_error(make, when):
    torch.manual_seed(0)
    cell, inputs = make(2, 3), torch.randn(5, 4, 2)

    def run():
        state, total = None, 0
        for current in inputs:
            state = cell(current, state)
            hidden = state[0] if isinstance(state, tuple) else state
            total = total + hidden.square().sum()
            hidden[when] = 0
        return total, torch.autograd.grad(total, list(cell.parameters()))

    assert_the_same(cell, run)
