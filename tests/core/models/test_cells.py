import itertools

import pytest
import torch
from torch import nn

from core.models.cells import GRUCell, LSTMCell, RNNCell
from core.models.explicit import explicit_cells, load_cells
from core.models.recurrent import LinearRNN
from core.models.unroll import hidden_of, unroll, unroll_stack

torch.set_num_threads(1)
N, T, WIDTH, H = 3, 5, 4, 6
STACKS = {
    "tanh": nn.RNN,
    "relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "identity": LinearRNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "projected lstm": lambda *sizes, **options: nn.LSTM(*sizes, proj_size=2, **options),
}
EVERY_STACK = list(itertools.product(STACKS, (1, 3), (False, True), (True, False)))


def stack(kind, layers, bidirectional, bias=True, dtype=torch.float64):
    torch.manual_seed(3)
    return STACKS[kind](
        WIDTH, H, num_layers=layers, bidirectional=bidirectional, bias=bias, batch_first=True, dtype=dtype
    )


def initial_states(layer):
    """A random hx for the fused layer, and the same by [layer][direction]."""
    directions = 2 if layer.bidirectional else 1
    count = layer.num_layers * directions
    hidden = torch.randn(count, N, layer.proj_size or H, dtype=torch.float64)
    cell = torch.randn(count, N, H, dtype=torch.float64)
    is_lstm = layer.mode == "LSTM"
    flat = [(h, c) if is_lstm else h for h, c in zip(hidden, cell, strict=True)]
    nested = [flat[at : at + directions] for at in range(0, count, directions)]
    return ((hidden, cell) if is_lstm else hidden), nested


def last_states(states):
    """The states after the last step taken: the last timestep forwards, the first backwards."""
    return [run[0] if direction else run[-1] for layer in states for direction, run in enumerate(layer)]


@pytest.mark.parametrize(("kind", "layers", "bidirectional", "bias"), EVERY_STACK)
def test_an_unrolled_stack_agrees_with_torch(kind, layers, bidirectional, bias):
    layer = stack(kind, layers, bidirectional, bias)
    inputs = torch.randn(N, T, WIDTH, dtype=torch.float64)
    hx, nested = initial_states(layer)
    expected, final = layer(inputs, hx)
    outputs, states = unroll_stack(explicit_cells(layer), inputs, nested)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    finals = last_states(states)
    hidden = torch.stack([hidden_of(state) for state in finals])
    torch.testing.assert_close(hidden, final[0] if layer.mode == "LSTM" else final, rtol=0, atol=1e-12)
    if layer.mode == "LSTM":
        torch.testing.assert_close(torch.stack([cell for _, cell in finals]), final[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", STACKS)
def test_states_start_at_zero_unless_given(kind):
    layer = stack(kind, 2, True)
    inputs = torch.randn(N, T, WIDTH, dtype=torch.float64)
    torch.testing.assert_close(unroll_stack(explicit_cells(layer), inputs)[0], layer(inputs)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["tanh", "relu", "lstm", "gru"])
def test_a_cell_agrees_with_torchs_cell(kind):
    options = {"dtype": torch.float64}
    ours, theirs = {
        "tanh": (RNNCell(WIDTH, H, **options), nn.RNNCell(WIDTH, H, **options)),
        "relu": (RNNCell(WIDTH, H, "relu", **options), nn.RNNCell(WIDTH, H, nonlinearity="relu", **options)),
        "lstm": (LSTMCell(WIDTH, H, **options), nn.LSTMCell(WIDTH, H, **options)),
        "gru": (GRUCell(WIDTH, H, **options), nn.GRUCell(WIDTH, H, **options)),
    }[kind]
    ours.load_state_dict(theirs.state_dict())
    input, hidden, cell = (torch.randn(N, size, dtype=torch.float64) for size in (WIDTH, H, H))
    state = (hidden, cell) if kind == "lstm" else hidden
    torch.testing.assert_close(ours(input, state), theirs(input, state), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "layers", "bidirectional", "bias"), EVERY_STACK)
def test_weights_move_to_cells_and_back_bit_for_bit(kind, layers, bidirectional, bias):
    layer = stack(kind, layers, bidirectional, bias, torch.float32)
    other = stack(kind, layers, bidirectional, bias, torch.float32)
    other.reset_parameters()
    load_cells(other, explicit_cells(layer))
    expected, moved = layer.state_dict(), other.state_dict()
    assert list(expected) == list(moved)
    assert all(torch.equal(expected[name], moved[name]) for name in expected)


def test_cells_are_copies_of_the_layer():
    layer = stack("lstm", 1, False)
    cells = explicit_cells(layer)
    before = layer.weight_hh_l0.clone()
    with torch.no_grad():
        cells[0][0].weight_hh.zero_()
    assert torch.equal(layer.weight_hh_l0, before)


def test_loading_cells_shows_in_the_fused_forward():
    layer, inputs = stack("gru", 2, True), torch.randn(N, T, WIDTH, dtype=torch.float64)
    cells = explicit_cells(layer)
    with torch.no_grad():
        for parameter in itertools.chain.from_iterable(cell.parameters() for both in cells for cell in both):
            parameter.mul_(0.5)
    load_cells(layer, cells)
    torch.testing.assert_close(layer(inputs)[0], unroll_stack(cells, inputs)[0], rtol=0, atol=1e-12)


def test_gradients_of_an_unrolled_stack_are_those_of_the_fused_one():
    layer, inputs = stack("projected lstm", 2, True), torch.randn(N, T, WIDTH, dtype=torch.float64)
    cells = explicit_cells(layer)
    layer(inputs)[0].square().sum().backward()
    unroll_stack(cells, inputs)[0].square().sum().backward()
    for cell, names in zip(itertools.chain.from_iterable(cells), layer.all_weights, strict=True):
        for ours, theirs in zip(cell.parameters(), names, strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-11)


def test_gates_lie_between_zero_and_one_and_make_the_state():
    cell, input, hidden = LSTMCell(WIDTH, H), torch.randn(N, WIDTH) * 9, torch.randn(N, H)
    i, f, g, o = cell.gates(input, hidden)
    assert all(((gate >= 0) & (gate <= 1)).all() for gate in (i, f, o)) and (g.abs() <= 1).all()
    before = torch.randn(N, H)
    after_hidden, after = cell(input, (hidden, before))
    assert torch.equal(after, f * before + i * g) and torch.equal(after_hidden, o * torch.tanh(after))


def test_states_are_indexed_by_their_place_in_the_sequence_also_backwards():
    cell, inputs = GRUCell(WIDTH, H), torch.randn(N, T, WIDTH)
    outputs, states = unroll(cell, inputs, backwards=True)
    assert all(torch.equal(states[t], outputs[:, t]) for t in range(T))
    assert torch.equal(states[T - 1], cell(inputs[:, T - 1], cell.initial_state(N)))


def test_a_gru_with_its_update_gate_open_copies_its_state():
    cell = GRUCell(WIDTH, H)
    with torch.no_grad():
        cell.bias_ih[H : 2 * H] = 1e4
    hidden = torch.randn(N, H)
    assert torch.equal(cell(torch.randn(N, WIDTH), hidden), hidden)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: RNNCell(WIDTH, H, "sine"), "activation must be one of tanh, relu, identity, got 'sine'"),
        (lambda: unroll(GRUCell(WIDTH, H), torch.zeros(T, WIDTH)), r"\(N, T, I\) with T ≥ 1, got \(5, 4\)"),
        (lambda: unroll(GRUCell(WIDTH, H), torch.zeros(N, 0, WIDTH)), r"got \(3, 0, 4\)"),
        (
            lambda: load_cells(stack("gru", 2, False), explicit_cells(stack("gru", 1, False))),
            "2 layers and directions.*got 1 cells",
        ),
        (lambda: load_cells(stack("gru", 1, False), explicit_cells(stack("lstm", 1, False))), "got a weight of shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_only_recurrent_layers_have_cells():
    with pytest.raises(TypeError, match="got Linear; pass the recurrent layer itself"):
        explicit_cells(nn.Linear(2, 2))
