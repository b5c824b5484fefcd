"""A watch leaves no trace: in copies, modules, torch's tables of hooks, errors, other tools, memory.

Axes: N batch, T timesteps, H hidden units.
"""

import copy
import gc
import io
import pickle
import weakref
from contextlib import ExitStack, nullcontext

import pytest
import torch
from drawn_trainings import bits
from outcomes import assert_the_same, every_layer, net_and_inputs, outcome
from torch import nn
from torch.nn.modules import module as torch_modules

import core


def torchs_tables():
    """Torch's global tables of hooks, by name."""
    return {name: dict(table) for name, table in vars(torch_modules).items() if is_table_of_hooks(name, table)}


def is_table_of_hooks(name, table):
    return name.startswith("_global_") and isinstance(table, dict)


def has_hooks(model):
    return any(table for module in model.modules() for name, table in vars(module).items() if "hooks" in name)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "save": lambda model: saved_and_loaded(model),
}


def saved_and_loaded(model):
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("how", COPIES)
@every_layer
def test_a_copy_made_inside_the_block_trains_alone_and_is_not_watched(kind, how):
    net, inputs = net_and_inputs(kind)
    before = {name: bits(value) for name, value in net.state_dict().items()}
    with core.watch(net) as watched:
        net(inputs).sum().backward()
        twin = COPIES[how](net)
        flow = watched.flow["rnn"].hidden.copy()
        twin.zero_grad()
        twin(inputs).square().sum().backward()
        torch.optim.SGD(twin.parameters(), 0.1).step()
        assert (watched.flow["rnn"].hidden == flow).all() and len(watched.calls("rnn")) == 1
    assert {name: bits(value) for name, value in net.state_dict().items()} == before
    assert all(bits(value) != before[name] for name, value in twin.state_dict().items())
    assert not has_hooks(twin)


@every_layer
def test_a_pickle_made_inside_the_block_holds_nothing_of_the_watch(kind):
    net, inputs = net_and_inputs(kind)
    plain = pickle.dumps(net)
    with core.watch(net):
        net(inputs)
        assert pickle.dumps(net) == plain
    assert pickle.dumps(net) == plain


@every_layer
def test_a_watched_layer_holds_what_it_held(kind):
    net, inputs = net_and_inputs(kind)
    before = [dict(vars(module)) for module in net.modules()]
    with core.watch(net):
        net(inputs).sum().backward()
        assert [dict(vars(module)) for module in net.modules()] == before
        assert not has_hooks(net)
    assert [dict(vars(module)) for module in net.modules()] == before


class Stop(Exception):
    pass


class Stopping(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.rnn, self.error = nn.GRU(2, 3), error

    def forward(self, inputs):
        self.rnn(inputs)
        raise self.error


def test_an_exception_in_a_forward_pass_is_the_very_same_and_the_watch_goes_on():
    error = Stop("now")
    model = Stopping(error)
    with core.watch(model) as watched:
        with pytest.raises(Stop) as caught:
            model(torch.randn(4, 1, 2))
        model.rnn(torch.randn(4, 1, 2))[0].sum().backward()
    assert caught.value is error and not has_hooks(model)
    assert watched.flow["rnn"].hidden.any()


@pytest.mark.parametrize(
    "make", [nn.GRU, nn.LSTM, type("Own", (nn.GRU,), {"forward": lambda self, x: nn.GRU.forward(self, x)})]
)
@pytest.mark.parametrize("raises", [False, True])
def test_torchs_own_tables_of_hooks_are_after_the_block_what_they_were(make, raises):
    layer, before = make(2, 3), torchs_tables()
    with pytest.raises(RuntimeError) if raises else nullcontext(), core.watch(layer), core.watch(layer):
        layer(torch.randn(4, 1, 99 if raises else 2))
    assert torchs_tables() == before


@every_layer
@pytest.mark.parametrize("wrong", ["features", "axes", "dtype", "state"])
def test_what_torch_says_of_a_wrong_input_is_what_it_said(kind, wrong):
    net, inputs = net_and_inputs(kind)
    state = torch.zeros(7, 4, 3) if wrong == "state" else None
    given = {"features": inputs[..., :1], "axes": inputs[0, 0], "dtype": inputs.long()}.get(wrong, inputs)
    run = lambda: net.rnn(given, state)  # noqa: E731
    assert isinstance(outcome(run)[0], tuple)
    assert_the_same(net, run)


@every_layer
@pytest.mark.parametrize("leave", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_a_watch_inside_a_watch_may_be_left_in_any_order(kind, leave):
    net, inputs = net_and_inputs(kind)

    def run():
        return torch.autograd.grad(net(inputs).square().sum(), list(net.parameters()))

    plain = outcome(run)
    watches = [core.watch(part) for part in (net, net.rnn, net)]
    for watch in watches:
        watch.__enter__()
    for index in leave:
        assert outcome(run) == plain
        watches[index].__exit__(None, None, None)
        assert watches[index].flow[watches[index].names[0]].hidden.any()
    assert outcome(run) == plain


def test_functional_gradients_and_batched_calls_are_what_they_were():
    net, inputs = net_and_inputs("gru")
    parameters = dict(net.named_parameters())

    def loss(values, one):
        return torch.func.functional_call(net, values, (one,)).square().sum()

    def gradients():
        return list(torch.func.grad(loss)(parameters, inputs).values())

    def batched():
        return torch.func.vmap(lambda one: net(one.unsqueeze(0)))(inputs)

    def per_example():
        each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, inputs.unsqueeze(1))
        return list(each.values())

    for run in (gradients, batched, per_example, lambda: torch.func.jvp(net, (inputs,), (inputs,))):
        assert_the_same(net, run)


@pytest.mark.parametrize("kind", ["gru", "rnn", "lstm"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_and_a_scripted_model_compute_what_they_did(kind):
    net, inputs = net_and_inputs(kind)
    makers = {
        "trace": lambda: torch.jit.trace(net, (inputs,)),
        "script": lambda: torch.jit.script(net),
    }
    for make in makers.values():
        plain = make()
        assert_the_same(net, lambda: make()(inputs))  # noqa: B023
        assert_the_same(net, lambda: gradients(plain))  # noqa: B023
        with core.watch(net):
            made = make()
        assert str(made.graph) == str(plain.graph) or made.code == plain.code

    def gradients(module):
        return torch.autograd.grad(module(inputs).square().sum(), list(net.parameters()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gru", "rnn", "lstm"])
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("when", ["inside", "before"])
def test_a_compiled_model_trains_as_without_watch(kind, backend, when):
    net, inputs = net_and_inputs(kind)

    def compiled():
        torch._dynamo.reset()
        return torch.compile(net, backend=backend)

    def run(model):
        return outcome(lambda: torch.autograd.grad(model(inputs).square().sum(), list(net.parameters())))

    plain, model = run(compiled()), compiled()
    if when == "before":
        assert run(model) == plain
    with core.watch(net):
        assert run(model) == plain
    assert run(model) == plain


def base_of(output):
    return output if output._base is None else output._base


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@every_layer
@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("look", [nullcontext, core.watch])
def test_no_cycle_keeps_a_graph_alive_once_all_names_are_gone(no_collector, kind, reads, look):
    net, inputs = net_and_inputs(kind)
    with look(net) if look is core.watch else look() as watched:
        output, states = net.rnn(inputs)
        alive = weakref.ref(base_of(output)), weakref.ref(output)
        loss = output.square().sum()
        loss.backward()
        if reads and watched is not None:
            assert watched.flow["rnn"].hidden.any() and watched.gates["rnn"].hidden.any()
    assert all(one() is not None for one in alive)
    del output, states, loss, watched
    assert all(one() is None for one in alive)


@every_layer
@pytest.mark.parametrize("goes_back", [False, True])
def test_one_block_around_many_passes_keeps_no_graph_of_an_earlier_pass(no_collector, kind, goes_back):
    net, inputs = net_and_inputs(kind)
    alive = []
    with ExitStack() as stack:
        if goes_back:
            stack.enter_context(core.watch(net))
        for _ in range(4):
            output, _ = net.rnn(inputs)
            alive.append(weakref.ref(base_of(output)))
            output.square().sum().backward()
    del output, _
    assert sum(one() is not None for one in alive) <= 1
