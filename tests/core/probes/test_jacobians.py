"""Step Jacobians against autograd's, spectra against NumPy's and against what linear algebra promises."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from unrolled import LAYERS, LOSSES, packed_loss, packed_sequences, relative_difference, watched_call

from core.models.explicit import explicit_cells
from core.models.recurrent import LinearRNN
from core.probes.jacobians import (
    carried_back,
    jacobian_spectrum,
    recurrent_spectrum,
    singular_values,
    state_jacobians,
    step_jacobians,
)
from core.probes.replay import scanned
from core.probes.slopes import slopes

EXACT = 1e-12
STEPS = 6


def some_call(kind, **options):
    torch.manual_seed(5)
    layer = LAYERS[kind](batch_first=True, **options).double()
    inputs = torch.randn(3, STEPS, 3, dtype=torch.float64)
    return layer, inputs, watched_call(layer, inputs, LOSSES["outputs"])[0]


def flat_step(cell, current):
    """The cell's step as a function of one flat state: h, or (h, c)."""
    size = cell.weight_hh.shape[1]

    def step(state):
        if len(state) == size:
            return cell(current, state)
        hidden, memory = cell(current, (state[:size], state[size:]))
        return torch.cat([hidden, memory])

    return step


def autograd_jacobians(cell, inputs):
    """∂s_t/∂s_{t−1} for t = 2…T and ∂s_T/∂s_1, by autograd; inputs of one example as the direction scans, (T, I)."""
    state, found = torch.cat([torch.atleast_1d(part[0]) for part in as_pair(cell.initial_state(1))]), []
    for index, current in enumerate(inputs):
        if index:
            found.append(jacobian(flat_step(cell, current), state))
        else:
            first = flat_step(cell, current)(state)
        state = flat_step(cell, current)(state)

    def last(start):
        for current in inputs[1:]:
            start = flat_step(cell, current)(start)
        return start

    return torch.stack(found), jacobian(last, first)


def as_pair(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("kind", LAYERS)
def test_steps_and_their_product_agree_with_autograds_jacobian(kind, direction):
    layer, inputs, call = some_call(kind, bidirectional=True)
    scanned = inputs[1].flip(0) if direction else inputs[1]
    steps, product = autograd_jacobians(explicit_cells(layer)[0][direction], scanned)
    found = step_jacobians(call, direction=direction, example=1)
    assert relative_difference(found, steps) < EXACT
    spectrum = jacobian_spectrum(call, direction=direction, example=1)
    first = -1 if direction else 0
    assert relative_difference(spectrum.products[first], np.linalg.svd(product, compute_uv=False)) < EXACT
    in_time = steps.flip(0) if direction else steps
    assert relative_difference(spectrum.steps, np.linalg.svd(in_time, compute_uv=False)) < EXACT


@pytest.mark.parametrize("kind", LAYERS)
def test_a_second_layers_jacobians_take_the_first_layers_outputs(kind):
    layer, inputs, call = some_call(kind, num_layers=2)
    lower = explicit_cells(layer)[0][0]
    state, outputs = lower.initial_state(1), []
    for current in inputs[2]:
        state = lower(current.unsqueeze(0), state)
        outputs.append(as_pair(state)[0][0])
    steps, _ = autograd_jacobians(explicit_cells(layer)[1][0], torch.stack(outputs).detach())
    assert relative_difference(step_jacobians(call, layer=1, example=2), steps) < EXACT


@pytest.mark.parametrize("kind", LAYERS)
def test_adjoints_carried_back_are_their_product_with_the_jacobian(kind):
    one = scanned(some_call(kind)[2])[0]
    factors = slopes(one.scan)[2]
    jacobians = state_jacobians(factors, one.weights)  # (N, S, S)
    adjoints = torch.randn(3, 4, jacobians.shape[-1], dtype=torch.float64)
    assert relative_difference(carried_back(adjoints, factors, one.weights), adjoints @ jacobians) < EXACT


def test_a_packed_example_has_as_many_steps_as_it_is_long():
    layer = nn.LSTM(3, 5, bidirectional=True).double()
    packed = packed_sequences(3, 7, 4)
    call, _ = watched_call(layer, packed, packed_loss)
    spectrum = jacobian_spectrum(call, direction=1, example=2)
    assert spectrum.steps.shape == spectrum.products.shape == (3, 10) and spectrum.resolved.shape == (3,)
    sequences, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    steps, _ = autograd_jacobians(explicit_cells(layer)[0][1], sequences[2, :4].flip(0))
    assert relative_difference(step_jacobians(call, direction=1, example=2), steps) < EXACT


def linear_call(recurrent, steps):
    layer = LinearRNN(2, len(recurrent), batch_first=True).double()
    with torch.no_grad():
        layer.weight_hh_l0.copy_(recurrent)
    return watched_call(layer, torch.randn(1, steps, 2, dtype=torch.float64), LOSSES["last output"])[0]


@pytest.mark.parametrize("radius", [0.02, 0.9, 1.0, 20.0])
def test_products_of_a_scaled_rotation_are_powers_of_its_radius_without_underflow(radius):
    orthogonal = nn.init.orthogonal_(torch.empty(8, 8, dtype=torch.float64))
    spectrum = jacobian_spectrum(linear_call(radius * orthogonal, steps=180))
    np.testing.assert_allclose(spectrum.steps, radius, rtol=1e-12)
    powers = radius ** np.arange(179.0, 0, -1)
    np.testing.assert_allclose(spectrum.products, np.repeat(powers[:, None], 8, axis=1), rtol=1e-9)
    assert (spectrum.resolved > 0).all()


@pytest.mark.filterwarnings("error")
def test_a_product_beyond_float64_is_infinite():
    spectrum = jacobian_spectrum(linear_call(20.0 * torch.eye(4).double(), steps=300))
    assert np.isinf(spectrum.products[0]).all() and np.isfinite(spectrum.products[-200:]).all()


def test_singular_values_of_products_below_what_is_resolved_are_rounding():
    gains = torch.tensor([1.0, 0.1])
    spectrum = jacobian_spectrum(linear_call(torch.diag(gains).double(), steps=40))
    exact = 0.1 ** np.arange(39.0, 0, -1)
    is_resolved = spectrum.products[:, 1] > spectrum.resolved
    np.testing.assert_allclose(spectrum.products[is_resolved, 1], exact[is_resolved], rtol=0.5)
    assert is_resolved.any()


@pytest.mark.parametrize("kind", LAYERS)
def test_products_agree_with_plain_ones_as_far_as_they_are_resolved(kind):
    torch.manual_seed(1)
    layer = LAYERS[kind](batch_first=True).double()
    call, _ = watched_call(layer, torch.randn(2, 60, 3, dtype=torch.float64), LOSSES["outputs"])
    jacobians, spectrum = step_jacobians(call), jacobian_spectrum(call)
    product = torch.eye(jacobians.shape[-1], dtype=torch.float64)
    for step in range(58, -1, -1):
        product = product @ jacobians[step]
        plain = np.linalg.svd(product, compute_uv=False)
        np.testing.assert_allclose(spectrum.products[step], plain, rtol=1e-9, atol=10 * spectrum.resolved[step])


def test_one_timestep_has_no_jacobian():
    _, inputs, _ = some_call("lstm")
    layer = nn.LSTM(3, 5, batch_first=True).double()
    spectrum = jacobian_spectrum(watched_call(layer, inputs[:, :1], LOSSES["outputs"])[0])
    assert spectrum.steps.shape == spectrum.products.shape == (0, 10)


@pytest.mark.parametrize("kind, gates", [("rnn", 1), ("lstm", 4), ("gru", 3), ("projected lstm", 4)])
def test_the_weights_spectrum_is_each_gates_own(kind, gates):
    layer, _, call = some_call(kind, num_layers=2)
    spectrum = recurrent_spectrum(call, layer=1)
    assert len(spectrum.gates) == gates and spectrum.eigenvalues.shape == spectrum.singular_values.shape
    blocks = layer.weight_hh_l1.detach()
    blocks = blocks @ layer.weight_hr_l1.detach() if kind == "projected lstm" else blocks
    for block, eigenvalues, values in zip(
        blocks.chunk(gates), spectrum.eigenvalues, spectrum.singular_values, strict=True
    ):
        np.testing.assert_allclose(eigenvalues.sum(), float(block.trace()), atol=1e-12)
        np.testing.assert_allclose((eigenvalues**3).sum(), float((block @ block @ block).trace()), atol=1e-12)
        np.testing.assert_allclose(np.square(values).sum(), float(block.square().sum()), rtol=1e-12)
        np.testing.assert_allclose(values[0], np.linalg.norm(block, 2), rtol=1e-12)
        assert (np.diff(np.abs(eigenvalues)) <= 1e-12).all() and (np.diff(values) <= 0).all()
    assert (spectrum.spectral_radii <= spectrum.spectral_norms * (1 + 1e-12)).all()


def test_weights_that_are_not_finite_show_as_nan_and_leave_the_other_gates_alone():
    layer, inputs, _ = some_call("gru")
    with torch.no_grad():
        layer.weight_hh_l0[0, 0] = torch.nan
    call, _ = watched_call(layer, inputs, LOSSES["outputs"])
    spectrum = recurrent_spectrum(call)
    assert np.isnan(spectrum.eigenvalues[0]).all() and np.isnan(spectrum.singular_values[0]).all()
    assert np.isfinite(spectrum.eigenvalues[1:]).all() and np.isfinite(spectrum.singular_values[1:]).all()
    assert np.isnan(jacobian_spectrum(call).products).all()


def test_one_matrix_that_is_not_finite_leaves_the_others_alone():
    matrices = torch.stack([torch.eye(3), torch.full((3, 3), torch.inf), 2 * torch.eye(3)])
    found = singular_values(matrices)
    assert found[0].tolist() == [1, 1, 1] and np.isnan(found[1]).all() and found[2].tolist() == [2, 2, 2]
