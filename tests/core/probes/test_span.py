"""How far back the gradient goes over many calls, against autograd through the same calls; its proof; long runs.

Axes: N batch, T timesteps.
"""

import numpy as np
import pytest
import torch
from torch import nn
from unrolled import relative_difference

import core
from core.recordings.span import DETACHED, JOINED, NEW

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}
N, T = 4, 12


def each(state, change):
    return tuple(change(part) for part in state) if isinstance(state, tuple) else change(state)


class Policy(nn.Module):
    """A recurrent policy that is run a step at a time, with states reset where an episode ends."""

    def __init__(self, kind, window=None, forgets=False, layers=1):
        super().__init__()
        self.rnn, self.head = KINDS[kind](3, 6, layers), nn.Linear(6, 2)
        self.window, self.forgets = window, forgets

    def loss(self, inputs, ends):
        state, outputs = None, []
        for step, current in enumerate(inputs.unbind(1)):
            if state is not None:
                going_on = (~ends[:, step]).float().view(1, -1, 1)
                state = each(state, lambda part, by=going_on: part * by)
                if self.window and step % self.window == 0:
                    state = each(state, torch.Tensor.detach)
            output, state = self.rnn(current.unsqueeze(0), None if self.forgets else state)
            outputs.append(self.head(output[0]))
        return torch.stack(outputs).square().mean()


def batch():
    torch.manual_seed(0)
    ends = torch.zeros(N, T, dtype=torch.bool)
    ends[1, 9], ends[2, 3], ends[2, 7] = True, True, True
    return torch.randn(N, T, 3), ends


def spanned(policy, with_proof=False):
    inputs, ends = batch()
    with core.watch(policy) as watched:
        policy.loss(inputs, ends).backward()
    return watched.span("rnn", again=(lambda: policy.loss(inputs, ends)) if with_proof else None)


@pytest.mark.parametrize("kind", KINDS)
def test_episodes_end_the_gradient_of_their_example_alone(kind):
    torch.manual_seed(1)
    span = spanned(Policy(kind))
    assert span.back.tolist() == [12, 3, 5, 12] and span.longest.tolist() == [12, 9, 5, 12]
    assert span.cuts == () and np.argwhere(span.resets).tolist() == [[1, 9], [2, 3], [2, 7]]
    assert [start.how for start in span.starts] == [NEW] + [JOINED] * 11
    assert "12 timestep(s)" in str(span) and "2 example(s) are reset" in str(span)


@pytest.mark.parametrize("kind", KINDS)
def test_a_detach_and_a_forgotten_state_cut_it_for_all(kind):
    torch.manual_seed(1)
    windows = spanned(Policy(kind, window=4))
    assert windows.cuts == (4, 8) and windows.back.tolist() == [4, 3, 4, 4]
    assert [windows.starts[step].how for step in (0, 4, 5)] == [NEW, DETACHED, JOINED]
    forgotten = spanned(Policy(kind, forgets=True))
    assert forgotten.cuts == tuple(range(1, T)) and forgotten.back.tolist() == [1] * N
    assert "a new initial state" in str(forgotten) and "only values are passed on (detach)" in str(windows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_the_share_is_what_autograd_sends_back_from_the_last_timestep(kind, layers):
    torch.manual_seed(1)
    policy = Policy(kind, layers=layers).double()
    inputs, ends = batch()
    inputs = inputs.double()
    states, outputs = [], []

    def remember(module, args, result):
        states.append(result[1])
        outputs.append(result[0])

    handle = policy.rnn.register_forward_hook(remember)
    loss = policy.loss(inputs, ends)
    handle.remove()
    (entering,) = torch.autograd.grad(loss, outputs[-1], retain_graph=True)
    parts = [part for state in states for part in (state if isinstance(state, tuple) else (state,))]
    found = torch.autograd.grad(outputs[-1], parts, entering, allow_unused=True, materialize_grads=True)
    width = len(parts) // T
    sizes = [
        torch.cat(found[step * width : (step + 1) * width]).square().sum(dim=(0, 2)).sqrt() for step in range(T)
    ]  # what flows into the states that a call ended with, (N,)
    expected = torch.stack(sizes, dim=1)
    with core.watch(policy) as watched:
        policy.loss(inputs, ends).backward()
    share = watched.span("rnn").share
    scale = entering[0].norm(dim=-1) if layers == 1 else None
    if scale is not None:
        assert relative_difference(share[:, :-1] * scale[:, None].numpy(), expected[:, :-1]) < 1e-6
    ratio = torch.as_tensor(share[0, 1:-1] / share[0, :-2])
    assert relative_difference(ratio, expected[0, 1:-1] / expected[0, :-2]) < 1e-6
    assert not share[1, :9].any() and share[1, 9:].all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_proof_moves_the_state_and_the_loss_moves_as_the_span_says(kind):
    torch.manual_seed(1)
    for policy in (Policy(kind), Policy(kind, window=4), Policy(kind, forgets=True)):
        span = spanned(policy, with_proof=True)
        assert span.proofs and all(proof.holds for proof in span.proofs), str(span)
        assert not policy.rnn._forward_hooks and not policy.rnn._forward_pre_hooks
        inputs, ends = batch()
        gradients = [parameter.grad.clone() for parameter in policy.parameters()]
        policy.zero_grad()
        policy.loss(inputs, ends).backward()  # nothing is left of the proof in it
        assert all(map(torch.equal, gradients, [parameter.grad for parameter in policy.parameters()]))
    windows = spanned(Policy(kind, window=4), with_proof=True)
    (cut,) = [proof for proof in windows.proofs if proof.how == DETACHED and not proof.of_resets]
    assert cut.is_moved and cut.gradient == 0 and "values go on, the gradient is cut" in str(cut)
    resets = [proof for proof in spanned(Policy(kind), with_proof=True).proofs if proof.of_resets]
    assert resets and not any(proof.is_moved for proof in resets)


def test_the_proof_of_a_cell_moves_what_a_step_starts_from():
    torch.manual_seed(0)
    cell, inputs = nn.GRUCell(3, 5), torch.randn(8, N, 3)

    def loss(window=3):
        hidden = torch.zeros(N, 5)
        for step, current in enumerate(inputs):
            hidden = cell(current, hidden.detach() if step % window == 0 else hidden)
        return hidden.square().sum()

    with core.watch(cell) as watched:
        loss().backward()
    span = watched.span("grucell", again=loss)
    assert span.cuts == (3, 6) and span.back.tolist() == [2] * N
    assert all(proof.holds for proof in span.proofs) and [proof.step for proof in span.proofs] == [6, 7]


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_over_cells_shares_as_the_layer_does(kind):
    torch.manual_seed(0)
    layer, inputs = KINDS[kind](3, 5), torch.randn(8, N, 3)
    cell = {"gru": nn.GRUCell, "lstm": nn.LSTMCell, "rnn": nn.RNNCell}[kind](3, 5)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    with core.watch(layer) as watched:
        layer(inputs)[0][-1].square().sum().backward()
    expected = watched.span(kind).share
    with core.watch(cell) as watched:
        state = None
        for current in inputs:
            state = cell(current, state)
        (state[0] if isinstance(state, tuple) else state).square().sum().backward()
    assert relative_difference(watched.span(f"{kind}cell").share, expected) < 1e-5


def test_a_proof_that_does_not_repeat_the_loss_says_so():
    layer, inputs = nn.GRU(3, 5), torch.randn(4, N, 3)
    with core.watch(layer) as watched:
        layer(inputs)[0].sum().backward()
    with pytest.raises(ValueError, match="scalar loss with its graph, got float"):
        watched.span("gru", again=lambda: 1.0)
    with pytest.raises(ValueError, match="called the layer fewer than 1 times"):
        watched.span("gru", again=lambda: layer.weight_hh_l0.sum())
    with pytest.raises(ValueError, match="direction must be 0"):
        watched.span("gru", direction=1)


def test_a_gradient_that_has_vanished_does_not_span():
    layer = nn.RNN(3, 8)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(0.05)
    with core.watch(layer) as watched:
        layer(torch.randn(80, 2, 3))[0][-1].sum().backward()
    span = watched.span("rnn")
    assert 10 < span.back.max() < 60 and span.share is not None and 0 < span.share[0, 0] < 1e-30


def test_a_shorter_packed_example_spans_its_own_timesteps_and_goes_on_in_the_next_call():
    layer = nn.GRU(3, 5, batch_first=True)
    packed = nn.utils.rnn.pack_padded_sequence(torch.randn(3, 6, 3), torch.tensor([4, 6, 2]), True, False)
    with core.watch(layer) as watched:
        _, state = layer(packed)
        layer(torch.randn(3, 5, 3), state)[0][:, -1].square().sum().backward()
    span = watched.span("gru")
    assert span.back.tolist() == span.longest.tolist() == [9, 11, 7] and span.steps == 11


def test_a_decoder_fed_its_own_output_spans_all_of_it():
    torch.manual_seed(0)
    cell, embedding, readout = nn.LSTMCell(4, 6), nn.Embedding(9, 4), nn.Linear(6, 9)
    model = nn.ModuleList([cell, embedding, readout])
    with core.watch(model) as watched:
        token, state, total = torch.zeros(3, dtype=torch.long), None, 0.0
        for _ in range(10):
            state = cell(embedding(token), state)
            logits = readout(state[0])
            token = logits.argmax(-1)
            total = total + nn.functional.cross_entropy(logits, token)
        total.backward()
    span = watched.span("0")
    assert span.back.tolist() == [10] * 3 and span.cuts == ()


def test_a_cell_that_is_never_reset_grows_and_one_that_is_does_not():
    torch.manual_seed(0)
    layer, inputs = nn.LSTM(3, 4, batch_first=True), torch.rand(2, 10, 3)
    with torch.no_grad():
        layer.bias_ih_l0[4:8] += 20  # it forgets nothing
        layer.bias_ih_l0[8:12] += 2  # and writes, always in one direction
    grown, reset = core.long_run(layer, inputs, 500), core.long_run(layer, inputs, 500, reset_every=50)
    assert grown.cell.shape == (1, 1, 500) and grown.cell.max() > 8 * reset.cell.max() and grown.growth > 0.1
    assert reset.starts == tuple(range(0, 500, 50)) and abs(reset.growth) < grown.growth / 4
    state = None
    for step in range(500):
        with torch.no_grad():
            _, state = layer(inputs[:, step % 10 : step % 10 + 1], state)
    assert grown.cell[0, 0, -1] == pytest.approx(float(state[1].abs().max()))
    assert "of 500 timesteps" in str(grown) and "begins anew 10 time(s)" in str(reset)


def test_a_long_run_says_what_it_cannot_take():
    with pytest.raises(ValueError, match="one direction"):
        core.long_run(nn.GRU(3, 4, bidirectional=True), torch.rand(2, 10, 3))
    with pytest.raises(ValueError, match=r"got \(2, 0, 3\)"):
        core.long_run(nn.GRU(3, 4), torch.rand(2, 0, 3))


def test_a_long_sequence_in_one_call_has_a_life_too():
    layer, inputs = nn.LSTM(3, 4, batch_first=True), torch.randn(2, 30, 3)
    with core.watch(layer, examples=None) as watched, torch.no_grad():
        output, _ = layer(inputs)
    life = watched.life("lstm")
    assert life.hidden[0, 0] == pytest.approx(output.abs().amax(dim=(0, 2)).numpy())
