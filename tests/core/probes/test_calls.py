"""Many calls of one layer in a pass: which go on in time, which stand apart, and what each pass brought.

Axes: N batch, T timesteps.
"""

import gc
import weakref

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from unrolled import as_tuple, relative_difference

import core

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


def layer_and_inputs(kind, **options):
    torch.manual_seed(0)
    return KINDS[kind](3, 5, batch_first=True, **options), torch.randn(4, 6, 3)


def each(state, change):
    """A state with `change` made to h, and to c."""
    return tuple(change(part) for part in state) if isinstance(state, tuple) else change(state)


def whole(layer, inputs, loss=lambda output: output[:, -1].sin().sum()):
    """The flow of one call over all timesteps."""
    with core.watch(layer, examples=None) as watched:
        loss(layer(inputs)[0]).backward()
    return watched.flow[watched.names[0]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "between",
    [
        lambda part: part,
        lambda part: part * torch.ones(1, 4, 1),
        lambda part: part.clone() + 0,
        lambda part: part[:, torch.arange(4)],
        lambda part: nn.functional.dropout(part, 0.0),
    ],
)
def test_calls_go_on_in_time_through_whatever_lies_between(kind, between):
    layer, inputs = layer_and_inputs(kind, num_layers=2)
    expected = whole(layer, inputs)
    with core.watch(layer, examples=None) as watched:
        state, outputs = None, []
        for current in inputs.split(1, dim=1):
            output, state = layer(current, None if state is None else each(state, between))
            outputs.append(output)
        outputs[-1][:, -1].sin().sum().backward()
    flow = watched.flow[kind]
    assert relative_difference(flow.hidden, expected.hidden) < 1e-5 and flow.cuts is None
    calls = watched.calls(kind)
    assert [call.starts_from for call in calls] == [None, 0, 1, 2, 3, 4] and not any(call.is_cut for call in calls)
    assert watched.receipt(kind).agrees


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_called_for_two_inputs_has_two_records(kind):
    layer, inputs = layer_and_inputs(kind)
    with core.watch(layer, examples=None) as watched:
        (layer(inputs)[0].sin().sum() + 2 * layer(inputs.flip(0))[0].sin().sum()).backward()
    expected = whole(layer, inputs, lambda output: output.sin().sum()).hidden
    assert relative_difference(watched.flow[kind].hidden, expected) < 1e-6
    assert relative_difference(watched.flow[kind, 1].hidden, 2 * expected[:, :, ::-1].copy()) < 1e-6
    assert watched.receipt((kind, 1)).agrees and len(watched.calls(kind)) == 2
    with pytest.raises(LookupError, match=r"has 2 sequence\(s\)"):
        watched.flow[kind, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_two_sequences_whose_calls_alternate_are_kept_apart(kind):
    layer, inputs = layer_and_inputs(kind)
    with core.watch(layer, examples=None) as watched:
        states, outputs = [None, None], []
        for current in inputs.split(2, dim=1):
            for place, turned in enumerate((current, current.flip(0))):
                output, states[place] = layer(turned, states[place])
                outputs.append(output)
        (outputs[-2][:, -1].sin().sum() + outputs[-1][:, -1].sin().sum()).backward()
    expected = whole(layer, inputs).hidden
    assert relative_difference(watched.flow[kind].hidden, expected) < 1e-5
    assert relative_difference(watched.flow[kind, 1].hidden, expected[:, :, ::-1].copy()) < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_windows_with_a_detached_state_are_one_record_with_its_cuts(kind):
    layer, inputs = layer_and_inputs(kind)
    with core.watch(layer, examples=None) as watched:
        state = None
        for current in inputs.split(2, dim=1):
            output, state = layer(current, state)
            output.sin().sum().backward()
            state = each(state, torch.Tensor.detach)
    flow = watched.flow[kind]
    assert flow.hidden.shape == (1, 1, 4, 6, 5) and flow.cuts.tolist() == [2, 4]
    state = None
    for start in (0, 2, 4):
        with core.watch(layer) as alone:
            output, state = layer(inputs[:, start : start + 2], state)
            output.sin().sum().backward()
        assert relative_difference(flow.hidden[..., start : start + 2, :], alone.flow[kind].hidden) < 1e-6
        state = each(state, torch.Tensor.detach)


def test_of_two_backward_passes_the_last_counts_everywhere():
    layer, inputs = layer_and_inputs("gru")
    with core.watch(layer) as watched:
        first, state = layer(inputs[:, :3])
        second, _ = layer(inputs[:, 3:], state)
        second.sum().backward(retain_graph=True)
        assert watched.flow["gru"].hidden[..., 3:, :].any()
        first.sum().backward()
    hidden = watched.flow["gru"].hidden
    assert hidden[..., :3, :].all() and not hidden[..., 3:, :].any()
    assert watched.receipt("gru").agrees


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_pass_through_the_final_state_alone_leaves_nothing_of_the_first(kind):
    layer, inputs = layer_and_inputs(kind)
    with core.watch(layer) as watched:
        output, state = layer(inputs)
        output.square().sum().backward(retain_graph=True)
        as_tuple(state)[0].sum().backward()
    assert not watched.flow[kind].direct.any() and watched.receipt(kind).agrees


def test_after_a_backward_pass_a_fresh_call_begins_another_record():
    layer, inputs = layer_and_inputs("gru")
    with core.watch(layer) as watched:
        for batch in (inputs[:, :2], inputs):
            layer(batch)[0].sum().backward()
    assert watched.flow["gru"].hidden.shape[3] == 6 and len(watched.calls("gru")) == 1


def test_a_fresh_call_beside_one_that_goes_on_keeps_both():
    layer, inputs = layer_and_inputs("gru")
    with core.watch(layer) as watched:
        _, state = layer(inputs)
        state.sum().backward()
        for _ in range(2):
            output, state = layer(inputs, state.detach())
            layer(inputs)  # as a memory that is written to meanwhile
            output.sum().backward()
            assert watched.flow["gru"].hidden[..., -6:, :].all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_without_grad_before_the_pass_hides_nothing(kind):
    layer, inputs = layer_and_inputs(kind)
    with core.watch(layer) as watched:
        with torch.no_grad():
            layer(inputs)
        layer(inputs)[0].sum().backward()
    assert watched.flow[kind].hidden.all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use_reentrant", [True, False])
def test_a_checkpoint_is_one_call(kind, use_reentrant):
    layer, inputs = layer_and_inputs(kind)
    expected = whole(layer, inputs)
    with core.watch(layer) as watched:
        output = checkpoint(lambda x: layer(x)[0], inputs.clone().requires_grad_(), use_reentrant=use_reentrant)
        output[:, -1].sin().sum().backward()
    assert relative_difference(watched.flow[kind].hidden, expected.hidden) < 1e-5
    assert len(watched.calls(kind)) == 1 and watched.receipt(kind).agrees


def test_checkpointed_windows_go_on_in_time():
    layer, inputs = layer_and_inputs("gru")
    expected = whole(layer, inputs)
    with core.watch(layer) as watched:
        state = torch.zeros(1, 4, 5)
        for current in inputs.clone().requires_grad_().split(2, dim=1):
            output, state = checkpoint(layer, current, state, use_reentrant=True)
        output[:, -1].sin().sum().backward()
    assert relative_difference(watched.flow["gru"].hidden, expected.hidden) < 1e-5
    assert watched.flow["gru"].cuts is None and watched.span("gru").back.tolist() == [6] * 4


def test_streaming_under_inference_mode_is_one_record():
    layer, inputs = layer_and_inputs("lstm")
    with core.watch(layer, examples=None) as watched, torch.inference_mode():
        state = None
        for current in inputs.split(1, dim=1):
            _, state = layer(current, state)
        expected = layer(inputs)[0]
    assert relative_difference(watched.gates["lstm"].hidden[0, 0], expected) < 1e-6


class Packing(nn.GRU):
    """Packs by itself, as people do."""

    def forward(self, inputs, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        output, state = super().forward(packed)
        return nn.utils.rnn.pad_packed_sequence(output, batch_first=True)[0], state


def test_a_subclass_that_packs_by_itself_and_a_packed_keyword_give_the_same_record():
    torch.manual_seed(0)
    packing, plain, lengths = Packing(3, 5, batch_first=True), nn.GRU(3, 5, batch_first=True), torch.tensor([2, 6, 4])
    plain.load_state_dict(packing.state_dict())
    inputs = torch.randn(3, 6, 3)
    with core.watch(packing, examples=2) as watched:
        packing(inputs, lengths)[0].sin().sum().backward()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    with core.watch(plain, examples=2) as other:
        nn.utils.rnn.pad_packed_sequence(plain(input=packed)[0])[0].sin().sum().backward()
    for records, others in ((watched.flow, other.flow), (watched.gates, other.gates)):
        assert relative_difference(records["packing"].hidden, others["gru"].hidden) == 0
        assert records["packing"].lengths.tolist() == others["gru"].lengths.tolist()
    assert watched.receipt("packing").agrees


def test_an_input_buffer_that_is_written_to_again_is_named():
    layer, buffer = nn.GRU(3, 5), torch.randn(40, 64, 30).repeat(1, 1, 2)[..., :3].contiguous()
    with core.watch(layer) as watched:
        layer(buffer)[0].sum().backward()
    buffer.zero_()
    with pytest.raises(RuntimeError, match="the input of this call was written to in place"):
        watched.receipt("gru")


def test_a_frozen_encoder_is_told_from_a_loss_that_does_not_reach_it():
    layer = nn.GRU(3, 5).requires_grad_(False)
    with core.watch(layer) as watched:
        layer(torch.randn(6, 4, 3))
    with pytest.raises(LookupError, match="all its weights frozen"):
        watched.flow["gru"]
    with pytest.raises(ValueError, match="a whole number"):
        core.watch(layer, examples=2.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_is_let_go_of_although_the_record_is_kept(kind):
    layer, inputs = layer_and_inputs(kind)
    gc.disable()
    try:
        with core.watch(layer) as watched:
            output = layer(inputs)[0]
            held = weakref.ref(output)
            output.sum().backward()
        del output
        assert held() is None and watched.flow[kind].hidden.all()
        tap = weakref.ref(watched.calls(kind)[0].taps[0])
        del watched
        assert tap() is None
    finally:
        gc.enable()
