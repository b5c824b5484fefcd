import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from core.models.config import ModelConfig
from core.models.initialization import gate_blocks
from core.models.recurrent import LinearRNN, make_recurrent

torch.set_num_threads(1)
RHO = 0.9


def named(layer, prefix):
    return [(name, weight.detach()) for name, weight in layer.named_parameters() if name.startswith(prefix)]


@pytest.mark.parametrize("cell", ["rnn", "relu_rnn", "linear_rnn", "lstm", "gru"])
def test_orthogonal_blocks_times_their_transpose_are_the_squared_gain(cell):
    torch.manual_seed(0)
    config = ModelConfig(cell, hidden_size=7, layers=2, bidirectional=True, initialization="orthogonal", gain=1.5)
    weights = named(make_recurrent(config, 3), "weight_hh")
    assert len(weights) == 4
    for _, weight in weights:
        for block in gate_blocks(weight, 7):
            torch.testing.assert_close(block @ block.T, 1.5**2 * torch.eye(7), rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", ["relu_rnn", "lstm", "gru"])
def test_identity_blocks_are_the_gain_on_the_diagonal(cell):
    config = ModelConfig(cell, hidden_size=5, layers=2, initialization="identity", gain=0.5)
    for _, weight in named(make_recurrent(config, 3), "weight_hh"):
        for block in gate_blocks(weight, 5):
            assert torch.equal(block, 0.5 * torch.eye(5))


def test_the_blocks_of_one_weight_are_drawn_apart():
    torch.manual_seed(0)
    layer = make_recurrent(ModelConfig("lstm", hidden_size=5, initialization="orthogonal"), 3)
    i, f, g, o = gate_blocks(layer.weight_hh_l0.detach(), 5)
    assert not torch.equal(i, f) and not torch.equal(g, o)


def test_the_forget_bias_is_set_once_in_every_layer_and_direction():
    torch.manual_seed(0)
    plain = make_recurrent(ModelConfig("lstm", hidden_size=5, layers=3, bidirectional=True), 4)
    torch.manual_seed(0)
    layer = make_recurrent(ModelConfig("lstm", hidden_size=5, layers=3, bidirectional=True, forget_bias=3), 4)
    assert len(named(layer, "bias")) == 12
    for (name, bias), (_, drawn) in zip(named(layer, "bias"), named(plain, "bias"), strict=True):
        assert torch.equal(bias[5:10], torch.full((5,), 3.0 if name.startswith("bias_ih") else 0.0))
        assert torch.equal(bias[:5], drawn[:5]) and torch.equal(bias[10:], drawn[10:])


def test_pytorchs_own_initialisation_is_left_as_drawn():
    torch.manual_seed(0)
    ours = make_recurrent(ModelConfig("gru", hidden_size=5, gain=2.0), 4)
    torch.manual_seed(0)
    theirs = nn.GRU(4, 5, batch_first=True)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_one_layer_has_nothing_to_drop_and_no_warning(recwarn):
    make_recurrent(ModelConfig("lstm", dropout=0.5), 4)
    assert make_recurrent(ModelConfig("lstm", layers=2, dropout=0.5), 4).dropout == 0.5
    assert not recwarn


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_linear_rnn_scales_the_norm_of_its_state_by_rho_at_every_step(bidirectional):
    layer = LinearRNN(2, 8, bidirectional=bidirectional, batch_first=True, dtype=torch.float64)
    for name, weight in layer.named_parameters():
        nn.init.orthogonal_(weight, gain=RHO) if name.startswith("weight_hh") else nn.init.zeros_(weight)
    start = torch.randn(2 if bidirectional else 1, 3, 8, dtype=torch.float64)
    output, _ = layer(torch.zeros(3, 40, 2, dtype=torch.float64), start)
    steps = torch.arange(1, 41, dtype=torch.float64)
    norms = output[..., :8].norm(dim=-1)
    torch.testing.assert_close(norms, start[0].norm(dim=-1)[:, None] * RHO**steps, rtol=1e-12, atol=0)
    if bidirectional:
        norms = output[..., 8:].norm(dim=-1).flip(1)
        torch.testing.assert_close(norms, start[1].norm(dim=-1)[:, None] * RHO**steps, rtol=1e-12, atol=0)


def nearly_linear_pair(batch_first, **options):
    """A LinearRNN and an nn.RNN with the same weights, scaled so that tanh is the identity to rounding."""
    linear = LinearRNN(3, 4, 2, batch_first=batch_first, dtype=torch.float64, **options)
    curved = nn.RNN(3, 4, 2, batch_first=batch_first, dtype=torch.float64, **options)
    with torch.no_grad():
        for name, weight in linear.named_parameters():
            if name.startswith("bias") or name.startswith("weight_ih_l0"):
                weight.mul_(1e-6)
    curved.load_state_dict(linear.state_dict())
    return linear, curved


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"bias": False}])
@pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3)])
@pytest.mark.parametrize("given_state", [True, False])
def test_a_linear_rnn_is_an_rnn_in_the_limit_of_small_states(batch_first, options, shape, given_state):
    linear, curved = nearly_linear_pair(batch_first, **options)
    inputs, directions = torch.randn(shape, dtype=torch.float64), 2 if "bidirectional" in options else 1
    batch = () if len(shape) == 2 else (shape[0 if batch_first else 1],)
    hx = 1e-6 * torch.randn(2 * directions, *batch, 4, dtype=torch.float64) if given_state else None
    for ours, theirs in zip(linear(inputs, hx), curved(inputs, hx), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


def test_a_linear_rnn_drops_what_torch_drops():
    linear, curved = nearly_linear_pair(True, dropout=0.5)
    inputs = torch.randn(2, 5, 3, dtype=torch.float64)
    torch.manual_seed(1)
    ours, _ = linear(inputs)
    torch.manual_seed(1)
    theirs, _ = curved(inputs)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)
    assert not torch.equal(ours, linear.eval()(inputs)[0])


def test_a_linear_rnn_can_be_copied_saved_and_converted():
    layer = LinearRNN(3, 4, 2, bidirectional=True)
    inputs = torch.randn(5, 2, 3)
    twin = copy.deepcopy(layer)
    assert twin.mode == "RNN_IDENTITY" and torch.equal(twin(inputs)[0], layer(inputs)[0])
    assert layer.double()(inputs.double())[0].dtype == torch.float64


def test_a_linear_rnn_says_what_it_cannot_take():
    layer = LinearRNN(3, 4, batch_first=True)
    with pytest.raises(TypeError, match="got a PackedSequence; unpack it with pad_packed_sequence"):
        layer(pack_sequence([torch.zeros(2, 3)]))
    with pytest.raises(ValueError, match=r"2 or 3 axes, got shape \(3,\)"):
        layer(torch.zeros(3))
    with pytest.raises(RuntimeError, match="Expected hidden"):
        layer(torch.zeros(2, 5, 3), torch.zeros(1, 9, 4))
    with pytest.raises(RuntimeError, match="input.size"):
        layer(torch.zeros(2, 5, 7))
