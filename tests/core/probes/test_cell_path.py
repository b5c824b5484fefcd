"""∂c_last/∂c_first against finite differences, torch's jacobian, and the carousel where there is nothing else."""

import numpy as np
import pytest
import torch
from torch import nn

from core.models.explicit import explicit_cells
from core.models.unroll import unroll
from core.probes.cell_path import cell_path
from core.probes.intervene import intervene

torch.set_num_threads(1)


def layer(**options):
    torch.manual_seed(0)
    return nn.LSTM(3, 6, **options)


def text(length=12):
    return torch.randn(length, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("options", [{}, {"proj_size": 2}])
def test_it_agrees_with_torch_s_own_jacobian(options):
    stack, first, last = layer(**options), 3, 9
    ((cell,),) = explicit_cells(stack.double())
    inputs = text().double()[None]
    _, states = unroll(cell, inputs[:, :first])

    def later(start):
        o = cell.gates(inputs[:, first], states[-1][0])[3]
        hidden = o * torch.tanh(start)
        hidden = hidden @ cell.weight_hr.t() if cell.proj_size else hidden
        return unroll(cell, inputs[:, first + 1 : last + 1], (hidden, start))[1][-1][1][0]

    start = cell(inputs[:, first], states[-1])[1].detach()
    expected = torch.autograd.functional.jacobian(later, start)[:, 0].numpy()
    path = cell_path(layer(**options), text(), first, last)
    assert np.abs(path.jacobian - expected).max() <= 1e-6  # the weights of the one were rounded to float32 first
    assert path.units.tolist() == list(range(6))


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_the_product_is_that_of_the_forget_gates_between(options):
    stack = layer(**options)
    _, trace = intervene(stack, text()[None])
    path = cell_path(stack, text(), 2, 7)
    assert np.allclose(path.product, trace.forget[0, 0, 0, 3:8].prod(axis=0), rtol=1e-5)
    if stack.bidirectional:
        path = cell_path(stack, text(), 2, 7, layer=1, direction=1)
        scanned = trace.forget[1, 1, 0, ::-1]
        assert np.allclose(path.product, scanned[3:8].prod(axis=0), rtol=1e-5)


def test_without_recurrent_weights_the_carousel_is_all_there_is():
    stack = layer()
    nn.init.zeros_(stack.weight_hh_l0)
    path = cell_path(stack, text(), 0, 11)
    assert np.allclose(path.own, path.product, rtol=1e-12)
    assert (path.from_others == 0).all()


def test_with_recurrent_weights_the_rest_comes_through_the_gates():
    path = cell_path(layer(), text(), 2, 5)
    assert (path.from_others > 0).all() and not np.allclose(path.own, path.product)
    assert np.array_equal(path.own, np.diag(path.jacobian))


def test_of_some_units_it_gives_their_rows():
    whole, some = cell_path(layer(), text(), 2, 8), cell_path(layer(), text(), 2, 8, units=[4, 1])
    assert np.allclose(some.jacobian, whole.jacobian[[4, 1]], rtol=1e-10)
    assert np.allclose(some.product, whole.product[[4, 1]]) and np.allclose(some.own, whole.own[[4, 1]])


def test_finite_differences_agree():
    """A nudge of c_first in float64, without autograd."""
    stack, first, last, nudge = layer().double(), 1, 6, 1e-6
    ((cell,),) = explicit_cells(stack)
    inputs = text().double()[None]

    @torch.no_grad()
    def later(shift):
        _, states = unroll(cell, inputs[:, :first])
        i, f, g, o = cell.gates(inputs[:, first], states[-1][0])
        start = f * states[-1][1] + i * g + shift
        return unroll(cell, inputs[:, first + 1 : last + 1], (o * torch.tanh(start), start))[1][-1][1][0]

    column = torch.zeros(6, dtype=torch.double)
    column[3] = nudge
    expected = ((later(column) - later(-column)) / (2 * nudge)).numpy()
    assert np.abs(cell_path(stack, text(), first, last).jacobian[:, 3] - expected).max() <= 1e-6


def test_what_has_no_path_is_refused():
    with pytest.raises(ValueError, match="needs an LSTM, got GRU; only an LSTM has a cell state"):
        cell_path(nn.GRU(3, 6), text(), 0, 1)
    for first, last in ((3, 3), (-1, 2), (0, 12)):
        with pytest.raises(ValueError, match=f"0 ≤ first < last < 12, got {first} and {last}; choose two"):
            cell_path(layer(), text(), first, last)
    for units in ([], [6], [-1]):
        with pytest.raises(ValueError, match="units are numbers from 0 to 5, at least one, got"):
            cell_path(layer(), text(), 0, 1, units)
