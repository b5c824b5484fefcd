"""The tap against unrolled float64 loops, against the plain layer, and its receipt.

Axes: L layers, D directions, N batch, T timesteps, H hidden units.
"""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from unrolled import LAYERS, LOSSES, as_tuple, reference_gradients, relative_difference

import core
from core.models.cells import GRUCell, LSTMCell, RNNCell
from core.models.explicit import explicit_cells
from core.models.recurrent import LinearRNN
from core.models.unroll import unroll_stack
from core.probes.fused import workspace as workspaces


def watched_gradients(layer, inputs, loss):
    with core.watch(layer, examples=None) as watched:
        output, states = layer(inputs if layer.batch_first else inputs.transpose(0, 1))
        loss(output if layer.batch_first else output.transpose(0, 1), as_tuple(states)).backward()
    return watched.flow[watched.names[0]]


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("kind, loss", list(itertools.product(LAYERS, LOSSES)))
@pytest.mark.parametrize("layers, bidirectional, batch_first", [(1, False, True), (2, True, False), (3, False, True)])
def test_totals_agree_with_an_unrolled_float64_loop(kind, loss, layers, bidirectional, batch_first, dtype, tolerance):
    torch.manual_seed(layers)
    layer = LAYERS[kind](num_layers=layers, bidirectional=bidirectional, batch_first=batch_first).to(dtype)
    inputs = torch.randn(4, 7, 3, dtype=dtype)
    hidden, cell = reference_gradients(layer, inputs, LOSSES[loss])
    flow = watched_gradients(layer, inputs, LOSSES[loss])
    assert relative_difference(flow.hidden, hidden) <= tolerance
    if cell is not None:
        assert relative_difference(flow.cell, cell) <= tolerance
        assert relative_difference(flow.cell_carousel + flow.cell_through_gates, cell) <= tolerance


@pytest.mark.parametrize("kind", LAYERS)
def test_outputs_and_all_gradients_equal_the_plain_layers(kind):
    torch.manual_seed(0)
    layer = LAYERS[kind](num_layers=2, bidirectional=True, batch_first=True)
    inputs = torch.randn(4, 6, 3, requires_grad=True)
    plain, states = layer(inputs)
    initial = tuple(torch.randn_like(state).requires_grad_() for state in as_tuple(states))
    leaves = [inputs, *initial, *layer.parameters()]
    given = initial if isinstance(layer, nn.LSTM) else initial[0]

    def run():
        output, finals = layer(inputs, given)
        loss = output.square().sum() + sum(final.sin().sum() for final in as_tuple(finals))
        return output, torch.autograd.grad(loss, leaves)

    expected, gradients = run()
    with core.watch(layer):
        output, ours = run()
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)
    for one, other in zip(ours, gradients, strict=True):
        assert relative_difference(one, other) < 5e-6


@pytest.mark.parametrize("kind", ["rnn", "lstm", "projected lstm", "gru"])
def test_packed_sequences_agree_with_each_example_on_its_own(kind):
    torch.manual_seed(3)
    layer = LAYERS[kind](num_layers=2, bidirectional=True, batch_first=True)
    sequences = [torch.randn(length, 3) for length in (3, 7, 1, 5)]
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    with core.watch(layer, examples=2) as watched:
        output, states = layer(packed)
        padded, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True)
        (padded.square().sum() + sum(state.sin().sum() for state in as_tuple(states))).backward()
    flow, gates = watched.flow[watched.names[0]], watched.gates[watched.names[0]]
    assert flow.lengths.tolist() == [3, 7, 1, 5] and gates.lengths.tolist() == [3, 7]
    assert watched.receipt(watched.names[0]).agrees
    for index, sequence in enumerate(sequences):
        loss = lambda out, finals: out.square().sum() + sum(final.sin().sum() for final in finals)  # noqa: E731
        hidden, cell = reference_gradients(layer, sequence.unsqueeze(0), loss)
        length = len(sequence)
        assert relative_difference(flow.hidden[:, :, index : index + 1, :length], hidden) < 1e-5
        assert not flow.hidden[:, :, index, length:].any()
        if cell is not None and index < 2:
            assert relative_difference(flow.cell[:, :, index : index + 1, :length], cell) < 1e-5


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru", "linear"])
def test_dropout_draws_the_plain_layers_mask(kind, batch_first):
    layer = LAYERS[kind](num_layers=3, dropout=0.5, batch_first=batch_first)
    inputs = torch.randn(4, 6, 3)
    torch.manual_seed(5)
    expected, _ = layer(inputs)
    torch.manual_seed(5)
    with core.watch(layer) as watched:
        output, _ = layer(inputs)
        output.square().sum().backward()
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)
    assert watched.receipt(watched.names[0]).agrees


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_direct_gradient_is_zero_where_the_total_is_not(kind):
    layer = LAYERS[kind](batch_first=True)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(4, 6, 3))
        output[:, -1].sum().backward()
    flow = watched.flow[watched.names[0]]
    assert not flow.direct[:, :-1].any() and flow.direct[:, -1].all()
    assert flow.hidden.all()


@pytest.mark.parametrize(
    "make, explicit",
    [
        (nn.RNNCell, RNNCell),
        (nn.GRUCell, GRUCell),
        (nn.LSTMCell, LSTMCell),
    ],
)
def test_a_loop_over_cells_gives_the_fused_layers_gradients(make, explicit):
    torch.manual_seed(1)
    fused = getattr(nn, make.__name__.removesuffix("Cell"))(3, 5, batch_first=True)
    inputs = torch.randn(4, 6, 3)
    expected = watched_gradients(fused, inputs, LOSSES["last output"])
    for cell in (make(3, 5), explicit(3, 5)):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, name).data.copy_(getattr(fused, f"{name}_l0"))
        with core.watch(cell, examples=None) as watched:
            hidden = torch.zeros(4, 5)
            state = (hidden, hidden.clone()) if "LSTM" in make.__name__ else hidden
            for step in inputs.unbind(1):
                state = cell(step, state)
            as_tuple(state)[0].sin().sum().backward()
        flow = watched.flow[watched.names[0]]
        assert relative_difference(flow.hidden, expected.hidden) < 1e-5
        if expected.cell is not None:
            assert relative_difference(flow.cell, expected.cell) < 1e-5
            assert relative_difference(flow.cell_carousel, expected.cell_carousel) < 1e-5


def test_a_layer_called_from_its_own_final_state_goes_on_in_time():
    torch.manual_seed(2)
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(4, 6, 3)
    expected = watched_gradients(layer, inputs, LOSSES["last output"])
    with core.watch(layer, examples=None) as watched:
        _, state = layer(inputs[:, :2])
        _, state = layer(inputs[:, 2:5], state)
        output, _ = layer(inputs[:, 5:], state)
        output[:, -1].sin().sum().backward()
    assert relative_difference(watched.flow["lstm"].hidden, expected.hidden) < 1e-5
    assert relative_difference(watched.flow["lstm"].cell, expected.cell) < 1e-5


def test_a_detached_state_goes_on_in_time_and_the_record_says_where_it_is_cut():
    layer, inputs = nn.LSTM(3, 5, batch_first=True), torch.randn(4, 6, 3)
    with core.watch(layer) as watched:
        _, state = layer(inputs[:, :2])
        output, _ = layer(inputs[:, 2:], tuple(part.detach() for part in state))
        output.sum().backward()
    flow = watched.flow["lstm"]
    assert flow.hidden.shape[3] == 6 and flow.cuts.tolist() == [2]
    assert not flow.hidden[..., :2, :].any() and flow.hidden[..., 2:, :].all()


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_gates_agree_with_a_step_by_step_reference(kind):
    layer = LAYERS[kind](batch_first=True)
    inputs = torch.randn(4, 6, 3)
    with core.watch(layer, examples=3) as watched, torch.no_grad():
        layer(inputs)
    trace = watched.gates[watched.names[0]]
    ((cell,),) = explicit_cells(copy.deepcopy(layer).double())
    _, ((states,),) = unroll_stack([[cell]], inputs[:3].double())
    hidden = [torch.zeros(3, 5).double()] + [state[0] if kind == "lstm" else state for state in states]
    names = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "new"), "rnn": ()}[kind]
    for step in range(6):
        assert relative_difference(trace.hidden[0, 0, :, step], hidden[step + 1].detach()) < 1e-6
        if names:
            for name, value in zip(names, cell.gates(inputs[:3, step].double(), hidden[step]), strict=True):
                assert abs(torch.as_tensor(getattr(trace, name)[0, 0, :, step]) - value).max() < 1e-6
    if kind == "lstm":
        assert relative_difference(trace.cell[0, 0, :, -1], states[-1][1].detach()) < 1e-6


def test_a_linear_rnn_with_orthogonal_weights_decays_exactly_as_its_radius():
    layer = LinearRNN(3, 16, batch_first=True).double()
    nn.init.orthogonal_(layer.weight_hh_l0, gain=0.8)
    norms = watched_gradients(layer, torch.randn(4, 30, 3).double(), LOSSES["last output"]).norms()[0, 0]
    assert norms[:-1] / norms[1:] == pytest.approx([0.8] * 29, rel=1e-10)


def test_the_receipt_notices_a_wrong_gradient():
    layer = nn.LSTM(3, 5, batch_first=True)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(4, 6, 3))
        output[:, -1].sum().backward()
    assert watched.receipt("lstm").agrees
    watched.calls("lstm")[0].taps[0].hidden[2] *= 1.01
    assert not watched.receipt("lstm").agrees


def test_the_receipt_shows_what_float32_rounds_to_zero():
    layer = nn.RNN(3, 16, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(0.1)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(2, 80, 3))
        output[:, -1].sum().backward()
    assert watched.flow["rnn"].norms()[0, 0, 0] == 0
    assert 0 < watched.receipt("rnn").reference_norms[0, 0, 0] < 1e-45


def test_under_autocast_the_gradients_are_float32_and_agree():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.LSTM(3, 5, batch_first=True))
    with torch.autocast("cpu", dtype=torch.bfloat16), core.watch(model) as watched:
        output, _ = model(torch.randn(4, 6, 3))
        loss = output[:, -1].sum()
    loss.backward()
    assert watched.flow["1"].hidden.dtype == "float32" and watched.receipt("1").agrees
    assert model[0].weight.grad.any()


def test_sorted_packed_gates_end_with_their_sequence():
    packed = nn.utils.rnn.pack_sequence([torch.randn(5, 3), torch.randn(2, 3)])
    layer = nn.LSTM(3, 5)
    with core.watch(layer) as watched:
        layer(packed)[0].data.sum().backward()
    assert not watched.gates["lstm"].forget[0, 0, 1, 2:].any() and watched.gates["lstm"].forget[0, 0, 0].all()


def test_one_unbatched_sequence_is_a_batch_of_one():
    layer = nn.GRU(3, 5, bias=False)
    with core.watch(layer) as watched:
        layer(torch.randn(6, 3))[0][-1].sum().backward()
    assert watched.flow["gru"].hidden.shape == (1, 1, 1, 6, 5) and watched.receipt("gru").agrees


def test_a_second_backward_pass_over_the_same_graph_gives_its_own_totals():
    layer = nn.LSTM(3, 5, batch_first=True)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(4, 6, 3))
        output[:, -1].sum().backward(retain_graph=True)
        first = watched.flow["lstm"].hidden.copy()
        (2 * output[:, -1]).sum().backward()
    assert watched.flow["lstm"].hidden == pytest.approx(2 * first, rel=1e-5)


def test_a_receipt_after_the_optimizer_step_is_refused():
    layer = nn.LSTM(3, 5, batch_first=True)
    optimizer = torch.optim.SGD(layer.parameters(), 0.1)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(4, 6, 3))
        output[:, -1].sum().backward()
    optimizer.step()
    with pytest.raises(RuntimeError, match="before optimizer.step"):
        watched.receipt("lstm")


def test_frozen_weights_keep_no_gradient_and_inputs_still_get_theirs():
    layer = nn.LSTM(3, 5, batch_first=True).requires_grad_(False)
    inputs = torch.randn(4, 6, 3, requires_grad=True)
    with core.watch(layer) as watched:
        output, _ = layer(inputs)
        output[:, -1].sum().backward()
    assert layer.weight_hh_l0.grad is None and inputs.grad[:, 0].any()
    assert watched.flow["lstm"].hidden.any()


def test_the_forward_method_is_given_back_even_after_an_error():
    model = nn.Sequential(nn.LSTM(3, 5))
    with pytest.raises(RuntimeError), core.watch(model):
        model(torch.randn(2, 2, 99))
    assert "forward" not in vars(model[0])


def test_gradients_reach_every_layer_of_a_larger_model_under_its_path():
    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = nn.GRU(3, 5, batch_first=True), nn.LSTM(5, 4, batch_first=True)

        def forward(self, inputs):
            return self.decoder(self.encoder(inputs)[0])[0]

    model = nn.ModuleDict({"body": Tagger()})
    with core.watch(model) as watched:
        model["body"](torch.randn(2, 6, 3))[:, -1].sum().backward()
    assert watched.names == ("body.encoder", "body.decoder")
    assert watched.flow["body.encoder"].hidden.all() and watched.flow["body.decoder"].cell.all()


def test_bad_calls_say_rule_value_and_remedy():
    with pytest.raises(ValueError, match="got Linear without any"):
        core.watch(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="got -1"):
        core.watch(nn.LSTM(2, 2), examples=-1)
    with core.watch(nn.LSTM(2, 2)) as watched:
        pass
    with pytest.raises(LookupError, match="did not run"):
        watched.flow["lstm"]
    with pytest.raises(KeyError, match="watched are lstm"):
        watched.flow["encoder"]
    layer = nn.LSTM(2, 2)
    with core.watch(layer) as watched:
        layer(torch.randn(3, 1, 2))
    with pytest.raises(LookupError, match="loss.backward"):
        watched.flow["lstm"]


@pytest.mark.parametrize("scale", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "projected lstm", "gru"])
def test_small_values_lose_no_digit_and_the_receipt_looks_at_every_tensor(kind, scale):
    torch.manual_seed(0)
    layer = LAYERS[kind](num_layers=2, bias=False, batch_first=True)
    inputs = scale * torch.randn(4, 7, 3)
    hidden, cell = reference_gradients(layer, inputs, LOSSES["last output"])
    with core.watch(layer, examples=None) as watched:
        layer(inputs)[0][:, -1].sin().sum().backward()
    name = watched.names[0]
    flow, receipt = watched.flow[name], watched.receipt(name)
    assert relative_difference(flow.hidden, hidden) < 2e-6
    assert cell is None or relative_difference(flow.cell, cell) < 2e-6
    assert receipt.agrees and all(tensor.difference < 2e-6 for tensor in receipt.tensors)
    weights = [name for name, _ in layer.named_parameters()]
    assert [tensor.name for tensor in receipt.tensors if not tensor.name.startswith("∂")] == weights


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_half_precision_is_held_to_what_half_precision_gives(kind, dtype):
    torch.manual_seed(0)
    layer = LAYERS[kind](batch_first=True).to(dtype)
    with core.watch(layer) as watched:
        layer(torch.randn(4, 7, 3).to(dtype))[0].float().square().sum().backward()
    receipt = watched.receipt(watched.names[0])
    assert receipt.agrees and max(tensor.plain for tensor in receipt.tensors) > 1e-4
    assert watched.gates[watched.names[0]].hidden.dtype == "float32"


def test_nan_in_one_direction_alone_is_a_disagreement_where_the_slow_way_has_none():
    layer = nn.GRU(3, 5, bidirectional=True)
    with core.watch(layer) as watched:
        layer(torch.randn(6, 4, 3))[0].sum().backward()
    assert watched.receipt("gru").agrees
    watched.calls("gru")[0].taps[1].hidden[2, 0, 0] = np.nan
    receipt = watched.receipt("gru")
    assert not receipt.agrees and np.isnan(receipt.hidden)


def test_a_gradient_that_is_nan_is_shown_where_it_is():
    for make in (nn.GRU, nn.LSTM, nn.RNN):
        layer = make(3, 5)
        with core.watch(layer) as watched:
            (layer(torch.randn(6, 4, 3))[0][3, 1] * torch.nan).sum().backward()
        hidden = watched.flow[watched.names[0]].hidden[0, 0]
        assert np.isnan(hidden[1, :4]).all() and not np.isnan(hidden[:, 4:]).any() and not hidden[0].any()


def test_what_oneDNN_keeps_otherwise_is_replayed_and_said(monkeypatch):
    layer, inputs = nn.LSTM(3, 5), torch.randn(6, 4, 3)
    hidden, cell = reference_gradients(layer, inputs.transpose(0, 1), LOSSES["outputs"])

    def watched_flow():
        with core.watch(layer, examples=None) as watched:
            layer(inputs)[0].square().sum().backward()
        return watched.flow["lstm"], watched.gates["lstm"]

    read, gates = watched_flow()
    monkeypatch.setattr(workspaces, "PAGE", 2048)
    replayed, other = watched_flow()
    assert read.note is None and "laid out otherwise" in replayed.note
    for flow in (read, replayed):
        assert relative_difference(flow.hidden, hidden) < 1e-6 and relative_difference(flow.cell, cell) < 1e-6
        assert relative_difference(flow.cell_carousel + flow.cell_through_gates, cell) < 1e-6
    assert relative_difference(gates.forget, other.forget) < 1e-6 and other.forget.dtype == "float32"


def test_numbers_in_other_places_of_a_known_layout_are_noticed(monkeypatch):
    monkeypatch.setattr(workspaces, "_proven", set())
    torch.manual_seed(0)
    layer, inputs = nn.LSTM(3, 5), torch.randn(6, 4, 3)
    of = workspaces.Layout.of.__func__
    moved = classmethod(lambda cls, *sizes: replace(found := of(cls, *sizes), into_cell=found.into_hidden))
    monkeypatch.setattr(workspaces.Layout, "of", moved)
    hidden, cell = reference_gradients(layer, inputs.transpose(0, 1), LOSSES["outputs"])
    with core.watch(layer, examples=None) as watched:
        layer(inputs)[0].square().sum().backward()
    flow = watched.flow["lstm"]
    assert "where they are looked for" in flow.note and relative_difference(flow.cell, cell) < 1e-6


def test_a_gradient_of_a_gradient_is_told():
    layer, inputs = nn.GRU(3, 5), torch.randn(6, 4, 3, requires_grad=True)
    with core.watch(layer) as watched:
        loss = layer(inputs)[0].square().sum()
        (slope,) = torch.autograd.grad(loss, inputs, create_graph=True)
        assert watched.flow["gru"].note is None
        (loss + slope.square().sum()).backward()
    assert "gradient of a gradient" in watched.flow["gru"].note
    with pytest.raises(RuntimeError, match="receipt goes back once"):
        watched.receipt("gru")


def test_reading_a_record_changes_no_later_one_of_a_gradient_of_a_gradient():
    torch.manual_seed(0)
    layer, inputs = nn.LSTM(2, 3), torch.randn(6, 4, 2, requires_grad=True)

    def flow(reads):
        with core.watch(layer) as watched:
            output, _ = layer(inputs)
            for value in (output.sum(), output[-1].sum()):
                (slope,) = torch.autograd.grad(value, inputs, create_graph=True)
                slope.square().sum().backward(retain_graph=True)
                if reads:
                    assert watched.flow["lstm"].note
            return watched.flow["lstm"].hidden

    np.testing.assert_array_equal(flow(False), flow(True))


def test_float16_under_autocast_of_bfloat16_has_its_record():
    layer = nn.LSTM(2, 3).half()
    with core.watch(layer) as watched, torch.autocast("cpu", torch.bfloat16):
        layer(torch.randn(5, 4, 2).half())[0].float().sum().backward()
    assert watched.flow["lstm"].hidden.any() and watched.gates["lstm"].hidden.any()


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU])
def test_weights_that_change_past_torchs_count_are_named(make):
    torch.manual_seed(0)
    layer = make(2, 4)
    with core.watch(layer) as watched:
        layer(torch.randn(5, 3, 2))[0].square().sum().backward()
    name = watched.names[0]
    assert watched.receipt(name).agrees
    for parameter in layer.parameters():
        parameter.data.add_(parameter.grad, alpha=-0.01)
    with pytest.raises(RuntimeError, match="past torch's count"):
        watched.receipt(name)


def test_an_explicit_cell_with_a_projection_has_its_paths_and_receipt():
    torch.manual_seed(0)
    cell = LSTMCell(3, 5, proj_size=2)
    with core.watch(cell, examples=None) as watched:
        state, kept = cell.initial_state(4), []
        for current in torch.randn(6, 4, 3):
            state = cell(current, state)
            state[1].retain_grad()
            kept.append(state[1])
        state[0].square().sum().backward()
    flow = watched.flow["lstmcell"]
    assert relative_difference(flow.cell[0, 0], torch.stack([part.grad for part in kept], dim=1)) < 1e-6
    assert relative_difference(flow.cell_carousel + flow.cell_through_gates, flow.cell) < 1e-6
    assert not flow.cell_carousel[..., -1, :].round(7).any() and watched.receipt("lstmcell").agrees


def test_a_scripted_model_is_told_what_it_is():
    with pytest.raises(ValueError, match="RecursiveScriptModule, a scripted model"):
        core.watch(torch.jit.script(nn.LSTM(2, 3)))
