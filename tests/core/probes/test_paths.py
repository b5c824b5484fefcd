"""The parts of a gradient against closed forms, against autograd with paths cut, and against the tap."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from unrolled import LAYERS, LOSSES, packed_loss, packed_sequences, relative_difference, watched_call

from core.models.explicit import explicit_cells
from core.models.recurrent import LinearRNN
from core.probes.norms import norms
from core.probes.paths import gradient_paths

EXACT = 1e-12


def some_call(kind, loss="both", steps=7, **options):
    torch.manual_seed(7)
    layer = LAYERS[kind](batch_first=True, **options).double()
    inputs = torch.randn(4, steps, 3, dtype=torch.float64)
    return layer, inputs, *watched_call(layer, inputs, LOSSES[loss])


def norms_over_time(gradients):
    return torch.stack([gradient.norm() for gradient in gradients])


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("layer, direction", [(0, 0), (0, 1), (1, 1)])
def test_totals_are_the_taps(kind, layer, direction):
    _, _, call, flow = some_call(kind, num_layers=2, bidirectional=True)
    paths = gradient_paths(call, layer, direction)
    assert paths.kind == flow.kind
    assert relative_difference(paths.hidden, flow.norms()[layer, direction]) < EXACT
    if flow.cell is not None:
        assert relative_difference(paths.cell, flow.cell_norms()[layer, direction]) < EXACT


@pytest.mark.parametrize("kind", ["lstm", "projected lstm", "gru"])
@pytest.mark.parametrize("loss", LOSSES)
def test_both_paths_add_up_to_the_total(kind, loss):
    _, _, call, _ = some_call(kind, loss, num_layers=2, bidirectional=True)
    for layer in (0, 1):
        for direction in (0, 1):
            assert gradient_paths(call, layer, direction).closure < EXACT


def through_carousel_alone(cell, inputs, loss):
    """∂L/∂c_t (LSTM) or ∂L/∂h_t (GRU) with every gate's h_{t−1} held fixed: only the state itself leads back."""
    state, memories, outputs = cell.initial_state(len(inputs)), [], []
    for current in inputs.unbind(1):
        if isinstance(state, tuple):
            hidden, memory = state
            state = cell(current, (hidden.detach(), memory))
            memories.append(state[1])
        else:
            _, z, n = cell.gates(current, state.detach())
            state = (1 - z) * n + z * state
            memories.append(state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    finals = tuple(part.unsqueeze(0) for part in (state if isinstance(state, tuple) else (state,)))
    return torch.autograd.grad(loss(torch.stack(outputs, dim=1), finals), memories)


@pytest.mark.parametrize("kind", ["lstm", "projected lstm", "gru"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_carousel_is_what_autograd_finds_with_the_gates_cut(kind, loss):
    layer, inputs, call, _ = some_call(kind, loss)
    expected = through_carousel_alone(explicit_cells(layer)[0][0], inputs, LOSSES[loss])
    assert relative_difference(gradient_paths(call).carousel, norms_over_time(expected)) < EXACT


def test_an_rnns_parts_are_powers_of_its_weights_and_products_of_its_slopes():
    layer, inputs, call, flow = some_call("rnn", "outputs")
    paths, recurrent = gradient_paths(call), layer.weight_hh_l0.detach()
    direct, slope = torch.as_tensor(flow.direct), 1 - layer(inputs)[0].detach().square()  # (N, T, H)
    for step in range(7):
        reach = range(step, 7)
        powers = sum(direct[:, end] @ torch.matrix_power(recurrent, end - step) for end in reach)
        products = sum(direct[:, end] * slope[:, step + 1 : end + 1].prod(dim=1) for end in reach)
        assert relative_difference(paths.weights_alone[step], powers.norm()) < EXACT
        assert relative_difference(paths.slopes_alone[step], products.norm()) < EXACT
    assert relative_difference(paths.keep, slope.mean(dim=(0, 2))) < EXACT
    assert relative_difference(paths.direct, direct.norm(dim=(0, 2))) < EXACT


def test_without_activation_the_weights_alone_are_all_there_is():
    _, _, call, _ = some_call("linear", num_layers=2)
    paths = gradient_paths(call)
    np.testing.assert_allclose(paths.weights_alone, paths.hidden, rtol=EXACT)
    np.testing.assert_array_equal(paths.keep, 1)


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0, 1.1, 1.5])
def test_a_linear_rnn_with_a_scaled_rotation_keeps_exactly_its_radius_a_step(radius):
    torch.manual_seed(0)
    layer = LinearRNN(3, 32, batch_first=True)
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight_hh_l0, gain=radius)
    call, _ = watched_call(layer, torch.randn(8, 100, 3), LOSSES["last output"])
    paths = gradient_paths(call)
    np.testing.assert_allclose(paths.hidden[:-1] / paths.hidden[1:], radius, rtol=1e-5)
    np.testing.assert_allclose(paths.bound, paths.hidden, rtol=1e-4)


@given(
    kind=st.sampled_from(["rnn", "relu", "linear"]),
    gain=st.floats(0.01, 30),
    steps=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
    bidirectional=st.booleans(),
)
@settings(max_examples=60)
def test_the_bound_is_never_below_the_gradient(kind, gain, steps, seed, bidirectional):
    torch.manual_seed(seed)
    layer = LAYERS[kind](batch_first=True, bidirectional=bidirectional).double()
    with torch.no_grad():
        layer.weight_hh_l0.mul_(gain)
    inputs = torch.randn(3, steps, 3, dtype=torch.float64)
    call, _ = watched_call(layer, inputs, lambda output, states: output.sin().sum())
    for direction in range(1 + bidirectional):
        paths = gradient_paths(call, direction=direction)
        assert (paths.bound >= paths.hidden * (1 - 1e-12)).all()


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("direction", [0, 1])
def test_padding_counts_for_nothing(kind, direction):
    torch.manual_seed(3)
    layer = LAYERS[kind](bidirectional=True).double()
    packed = packed_sequences(3, 7, 4)
    together = gradient_paths(watched_call(layer, packed, packed_loss)[0], direction=direction)
    sequences, lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    alone = []
    for sequence, length in zip(sequences, lengths, strict=True):
        one = nn.utils.rnn.pack_sequence([sequence[:length]])
        alone.append(gradient_paths(watched_call(layer, one, packed_loss)[0], direction=direction))
    for step in range(7):
        there = [paths for paths in alone if len(paths.hidden) > step]
        squares = sum(paths.hidden[step] ** 2 for paths in there)
        np.testing.assert_allclose(together.hidden[step], np.sqrt(squares), rtol=1e-10)
        np.testing.assert_allclose(together.keep[step], np.mean([paths.keep[step] for paths in there]), rtol=1e-10)


def test_norms_of_numbers_whose_squares_underflow_are_exact():
    tiny = torch.tensor([[3e-200, 4e-200], [0.0, 0.0], [3e200, 4e200]], dtype=torch.float64)
    np.testing.assert_allclose(norms(tiny, 1), [5e-200, 0, 5e200], rtol=1e-15)


def test_norms_keep_what_is_not_finite():
    found = norms(torch.tensor([[torch.nan, 1.0], [torch.inf, 1.0]]), 1)
    assert bool(found[0].isnan()) and bool(found[1].isinf())
