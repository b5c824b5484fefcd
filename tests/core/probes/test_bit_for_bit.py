"""A watched training is the unwatched one, bit for bit: losses, outputs, weights, gradients, random numbers, errors."""

import copy
import io
import pickle
from contextlib import contextmanager, nullcontext

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.modules import module as hooks
from trainings import BEHIND, KINDS, PASSES, Setting, bits, read_all, train

import core

SETTINGS = st.builds(
    Setting,
    kind=st.sampled_from(sorted(KINDS)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    bias=st.booleans(),
    projection=st.sampled_from([0, 0, 2]),
    dropout=st.sampled_from([0.0, 0.5]),
    packed=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.float32, torch.float64, torch.bfloat16, torch.float16]),
    autocast=st.booleans(),
    behind=st.sampled_from(BEHIND),
    passes=st.sampled_from(PASSES),
    learned_state=st.booleans(),
    frozen=st.sampled_from([False, False, False, True]),
)


@contextmanager
def watched_and_read(model):
    with core.watch(model, examples=2) as watched:
        yield
    read_all(watched)


def check(setting, look=watched_and_read, steps=20):
    plain, watched = train(setting, steps=steps), train(setting, look, steps)
    for number, (one, other) in enumerate(zip(watched.bits(), plain.bits(), strict=True)):
        assert one == other, (setting, number, watched.error, plain.error)


@settings(max_examples=120, derandomize=True)
@given(SETTINGS)
def test_a_watched_training_is_the_unwatched_one(setting):
    check(setting)


@pytest.mark.slow
@settings(max_examples=800)
@given(SETTINGS)
def test_many_watched_trainings_are_the_unwatched_ones(setting):
    check(setting)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passes", PASSES)
def test_every_kind_of_pass_is_as_without_watch(kind, passes):
    check(Setting(kind, layers=2, dropout=0.5, passes=passes), steps=5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", BEHIND)
def test_what_is_done_in_place_behind_the_layer_is_as_without_watch(kind, behind):
    check(Setting(kind, behind=behind, dtype=torch.float64), steps=5)


@pytest.mark.parametrize("kind", KINDS)
def test_one_block_around_a_whole_training_changes_nothing(kind):
    setting, before = Setting(kind), train(Setting(kind))
    seen = []

    def look(model):
        if not seen:
            seen.append(core.watch(model))
            seen[0].__enter__()
        return nullcontext()

    after = train(setting, look)
    seen[0].__exit__(None, None, None)
    assert after.bits() == before.bits() and seen[0].flow["rnn"].hidden.any()


@pytest.mark.parametrize("kind", ["gru", "rnn", "lstm"])
def test_a_hessian_is_as_without_watch(kind):
    torch.manual_seed(0)
    layer = KINDS[kind](2, 3).double()

    def loss(inputs):
        return layer(inputs)[0].square().sum()

    inputs = torch.randn(3, 1, 2, dtype=torch.float64)
    plain = torch.autograd.functional.hessian(loss, inputs)
    with core.watch(layer):
        watched = torch.autograd.functional.hessian(loss, inputs)
    assert bits(plain) == bits(watched) and plain.any()


def cell_training(make, look, marks=False):
    torch.manual_seed(0)
    cell, head = make(), nn.Linear(4, 1)
    optimizer, losses = torch.optim.Adam([*cell.parameters(), *head.parameters()]), []
    for _ in range(20):
        optimizer.zero_grad()
        with look(cell):
            state, outputs = None, []
            for current in torch.randn(6, 3, 2).unbind(0):
                state = cell(current, state)
                if not isinstance(cell, nn.RNNCell):
                    done = torch.rand(3) < 0.3
                    for part in state if isinstance(state, tuple) else (state,):
                        part[done] = 0
                outputs.append(state[0] if isinstance(state, tuple) else state)
            loss = head(torch.stack(outputs)).square().mean()
            loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return [*map(bits, losses), *map(bits, cell.parameters()), bits(torch.get_rng_state())]


@pytest.mark.parametrize("make", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
@pytest.mark.parametrize("bias", [True, False])
def test_cells_whose_states_are_reset_in_place_train_as_without_watch(make, bias):
    plain = cell_training(lambda: make(2, 4, bias=bias), lambda cell: nullcontext())
    assert cell_training(lambda: make(2, 4, bias=bias), watched_and_read) == plain


def test_copies_made_inside_the_block_are_models_of_their_own():
    model = nn.Sequential(nn.GRU(2, 3))
    before = dict(vars(model[0]))
    with core.watch(model) as watched:
        assert vars(model[0]) == before
        twin, pickled = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
        torch.save(model, io.BytesIO())
        with torch.no_grad():
            model[0].weight_hh_l0.zero_()
        for one in (twin, pickled):
            one[0](torch.randn(4, 1, 2))[0].sum().backward()
            assert one[0].weight_hh_l0.any() and one[0].weight_hh_l0.grad.any()
    with pytest.raises(LookupError, match="did not run"):
        watched.flow["0"]


def test_nothing_is_left_behind_not_even_after_an_error():
    layer = nn.LSTM(2, 3)
    with pytest.raises(RuntimeError), core.watch(layer):
        layer(torch.randn(4, 1, 99))
    assert not hooks._global_forward_hooks and not hooks._global_forward_pre_hooks
    assert not layer._forward_hooks and not layer._forward_pre_hooks and "forward" not in vars(layer)


def test_a_watch_inside_a_watch_sees_as_much_and_they_may_end_in_any_order():
    layer, inputs = nn.GRU(2, 3), torch.randn(4, 1, 2)
    outer, inner = core.watch(layer), core.watch(layer)
    outer.__enter__(), inner.__enter__()
    layer(inputs)[0].sum().backward()
    outer.__exit__(None, None, None)
    layer(inputs)[0].square().sum().backward()
    inner.__exit__(None, None, None)
    assert outer.flow["gru"].hidden.any() and inner.flow["gru"].hidden.any()
    assert not hooks._global_forward_hooks


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 1)

    def forward(self, inputs):
        return self.head(self.rnn(inputs)[0])


def test_a_functional_gradient_is_as_without_watch_and_the_record_says_why_it_is_empty():
    net, inputs = Net(), torch.randn(3, 4, 2)
    parameters = dict(net.named_parameters())

    def loss(values):
        return torch.func.functional_call(net, values, (inputs,)).square().sum()

    plain = torch.func.grad(loss)(parameters)
    with core.watch(net) as watched:
        found = torch.func.grad(loss)(parameters)
    assert {name: bits(value) for name, value in found.items()} == {name: bits(value) for name, value in plain.items()}
    with pytest.raises(LookupError, match="cannot be seen, because it ran inside a torch.func transform"):
        watched.flow["rnn"]


def test_tracing_and_scripting_are_as_without_watch():
    net, inputs = Net(), torch.randn(3, 4, 2)
    expected = net(inputs)
    with core.watch(net):
        traced = torch.jit.trace(net, (inputs,))
    with core.watch(net) as watched:
        scripted = torch.jit.script(net)
        found = scripted(inputs)
    assert bits(traced(inputs)) == bits(expected) == bits(found)
    with pytest.raises(LookupError, match="a scripted model"):
        watched.flow["rnn"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_model_trains_as_without_watch(backend):
    net, inputs = Net(), torch.randn(3, 4, 2)

    def gradients(look):
        torch._dynamo.reset()
        net.zero_grad()
        with look:
            torch.compile(net, backend=backend)(inputs).sum().backward()
        return [bits(parameter.grad) for parameter in net.parameters()]

    assert gradients(core.watch(net)) == gradients(nullcontext())


@pytest.mark.parametrize("kind", ["gru", "rnn", "lstm"])
def test_odd_batches_end_as_without_watch(kind):
    layer = KINDS[kind](2, 3, batch_first=True)
    with core.watch(layer) as watched:
        output, _ = layer(torch.randn(0, 4, 2))
        output.sum().backward()
        assert watched.flow[kind].hidden.shape == (1, 1, 0, 4, 3)
        with pytest.raises(RuntimeError, match="larger than 0"):
            layer(torch.randn(2, 0, 2))
    with torch.inference_mode(), core.watch(layer) as watched:
        _, state = layer(torch.randn(2, 1, 2))
        layer(torch.randn(2, 1, 2), state)
    assert watched.gates[kind].hidden.shape == (1, 1, 2, 2, 3)
    hollow = KINDS[kind](2, 3, device="meta")
    with core.watch(hollow) as watched:
        assert hollow(torch.randn(4, 1, 2, device="meta"))[0].shape == (4, 1, 3)
    with pytest.raises(LookupError, match="meta device"):
        watched.flow[kind]
