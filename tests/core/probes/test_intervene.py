"""Interventions against the tap without hands, against the equations with them, and their refusals.

Axes: L layers, D directions, N batch, T timesteps, I input features, H hidden units.
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import core
from core.models.explicit import explicit_cells
from core.models.recurrent import LinearRNN
from core.probes.intervene import intervene
from core.probes.intervention import NAMES, Intervention, still_cell

torch.set_num_threads(1)

STACKS = {
    "rnn": lambda **options: nn.RNN(3, 5, **options),
    "relu": lambda **options: nn.RNN(3, 5, nonlinearity="relu", **options),
    "linear": lambda **options: LinearRNN(3, 5, **options),
    "lstm": lambda **options: nn.LSTM(3, 5, **options),
    "projected lstm": lambda **options: nn.LSTM(3, 5, proj_size=2, **options),
    "gru": lambda **options: nn.GRU(3, 5, **options),
}


def stack(kind="lstm", **options):
    torch.manual_seed(1)
    return STACKS[kind](**options)


def text(length=9, batch=2):
    return torch.randn(batch, length, 3, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("kind", STACKS)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}, {"num_layers": 3, "bias": False}])
def test_without_a_hand_it_is_the_layer_itself(kind, options):
    layer = stack(kind, **options)
    with core.watch(layer, examples=None) as watched:
        expected, _ = layer(text().transpose(0, 1))
    outputs, trace = intervene(layer, text())
    assert torch.allclose(outputs, expected.transpose(0, 1), rtol=0, atol=1e-6)
    tapped = next(iter(watched.gates.values()))
    assert trace.kind == tapped.kind and trace.lengths.tolist() == [9, 9]
    for name in NAMES[trace.kind]:
        assert np.abs(getattr(trace, name) - getattr(tapped, name)).max() <= 1e-6


@given(first=st.integers(0, 8), length=st.integers(0, 8), unit=st.integers(0, 4), seed=st.integers(0, 99))
def test_with_f_one_and_i_zero_the_cell_stands_still_exactly(first, length, unit, seed):
    torch.manual_seed(seed)
    layer, last = nn.LSTM(3, 5), min(first + length, 8)
    _, before = intervene(layer, text())
    _, after = intervene(layer, text(), still_cell(first, last, (unit,)))
    started = before.cell[0, 0, :, first - 1, unit] if first else np.zeros(2, np.float32)
    assert (after.cell[0, 0, :, first : last + 1, unit] == started[:, None]).all()
    assert (after.cell[0, 0, :, :first] == before.cell[0, 0, :, :first]).all()


def test_all_cells_stand_still_to_the_end_if_nothing_else_is_said():
    _, trace = intervene(stack(), text(), still_cell(4))
    assert (trace.cell[0, 0, :, 4:] == trace.cell[0, 0, :, 3:4]).all()
    assert (trace.forget[0, 0, :, 4:] == 1).all() and (trace.input[0, 0, :, 4:] == 0).all()


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_hand_changes_nothing_before_its_span_and_nothing_that_it_leaves_alone(kind):
    layer = stack(kind)
    for name in NAMES[kind]:
        _, before = intervene(layer, text())
        _, after = intervene(layer, text(), [Intervention(name, "set", 0.5, (1, 3), first=4, last=4)])
        values = getattr(after, name)[0, 0]
        assert (values[:, 4, [1, 3]] == 0.5).all()
        assert (values[:, :4] == getattr(before, name)[0, 0, :, :4]).all()
        assert (after.hidden[0, 0, :, :4] == before.hidden[0, 0, :, :4]).all()
        assert not np.array_equal(after.hidden[0, 0, :, 4:], before.hidden[0, 0, :, 4:])


def test_a_scaled_gate_obeys_the_cell_s_equations():
    """The second way: c_t = 2f ⊙ c_{t−1} + i ⊙ g at timestep 3 alone, by hand from the untouched run."""
    _, before = intervene(stack(), text())
    _, after = intervene(stack(), text(), [Intervention("forget", "scale", 2.0, first=3, last=3)])
    f, i, g, c = (getattr(before, name)[0, 0] for name in ("forget", "input", "candidate", "cell"))
    assert np.allclose(after.cell[0, 0, :, 3], 2 * f[:, 3] * c[:, 2] + i[:, 3] * g[:, 3], atol=1e-6)


def test_an_ablated_unit_is_one_whose_outgoing_weights_are_zero():
    layer, twin = stack(), stack()
    with torch.no_grad():
        twin.weight_hh_l0[:, 2] = 0
    outputs, _ = intervene(layer, text(), [Intervention("hidden", "set", 0.0, (2,))])
    expected, _ = twin(text().transpose(0, 1))
    others = [0, 1, 3, 4]
    assert torch.allclose(outputs[..., others], expected.transpose(0, 1)[..., others], atol=1e-6)
    assert (outputs[..., 2] == 0).all()


def test_in_the_reverse_direction_a_span_is_counted_in_the_text_and_acts_on_what_lies_left_of_it():
    layer = stack(bidirectional=True)
    _, before = intervene(layer, text())
    _, after = intervene(layer, text(), [Intervention("cell", "set", 1.0, first=4, last=4, direction=1)])
    assert (after.cell[0, 0] == before.cell[0, 0]).all()
    assert (after.cell[0, 1, :, 5:] == before.cell[0, 1, :, 5:]).all()
    assert (after.cell[0, 1, :, 4] == 1).all() and (after.cell[0, 1, :, 3] != before.cell[0, 1, :, 3]).any()


def test_a_hand_in_a_lower_layer_is_felt_in_the_higher_one():
    layer = stack(num_layers=2)
    _, before = intervene(layer, text())
    _, after = intervene(layer, text(), [Intervention("output", "set", 0.0, layer=0)])
    assert (after.hidden[0] == 0).all() and not np.array_equal(after.hidden[1], before.hidden[1])


def test_several_hands_act_in_their_order():
    hands = [Intervention("input", "set", 0.5), Intervention("input", "scale", 0.5, units=(1,))]
    _, trace = intervene(stack(), text(), hands)
    assert (trace.input[..., 1] == 0.25).all() and (trace.input[..., 0] == 0.5).all()


def test_the_model_itself_is_not_changed():
    layer = stack()
    kept = {name: value.clone() for name, value in layer.state_dict().items()}
    intervene(layer, text(), still_cell(0))
    assert all(torch.equal(kept[name], value) for name, value in layer.state_dict().items())
    assert len(explicit_cells(layer)) == 1


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Intervention("forget", "multiply"), "how must be one of set, scale, got 'multiply'; choose"),
        (lambda: Intervention("forget", "set", 1.5), r"forget lies in \[0, 1\], got 1.5 to set; give a value"),
        (lambda: Intervention("new", "set", -2), r"new lies in \[-1, 1\], got -2"),
        (lambda: Intervention("cell", "set", float("nan")), "value must be a finite number, got nan"),
        (lambda: Intervention("cell", first=3, last=2), "0 ≤ first ≤ last, got 3 to 2; give its first"),
        (lambda: Intervention("cell", first=-1), "got -1 to None"),
        (lambda: Intervention("cell", units=()), r"at least one, got \(\); None means all"),
        (lambda: Intervention("cell", units=(-1,)), r"numbers from 0 on, at least one, got \(-1,\)"),
    ],
)
def test_an_intervention_that_means_nothing_is_refused(made, said):
    with pytest.raises(ValueError, match=said):
        made()


@pytest.mark.parametrize(
    ("kind", "hand", "said"),
    [
        ("gru", Intervention("forget"), "GRU has reset, update, new, hidden, got 'forget'; choose one of these"),
        ("rnn", Intervention("cell"), "RNN has hidden, got 'cell'"),
        ("lstm", Intervention("reset"), "LSTM has input, forget, candidate, output, cell, hidden, got 'reset'"),
        ("lstm", Intervention("cell", layer=1), "1 layers in 1 directions, got layer 1, direction 0; both count from"),
        ("lstm", Intervention("cell", direction=1), "got layer 0, direction 1"),
        ("lstm", Intervention("cell", units=(5,)), "cell has 5 units, got unit 5; units count from 0"),
        ("projected lstm", Intervention("hidden", units=(2,)), "hidden has 2 units, got unit 2"),
        ("lstm", Intervention("cell", first=9), "9 timesteps, got first = 9; timesteps count from 0"),
    ],
)
def test_an_intervention_that_the_stack_does_not_have_is_refused(kind, hand, said):
    with pytest.raises(ValueError, match=said):
        intervene(stack(kind), text(), [hand])
