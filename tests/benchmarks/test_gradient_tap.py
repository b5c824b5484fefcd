"""Watched training steps against the bare ones of torch's own layers, all records read; one thread, one run.

Run: pytest -m benchmark -s tests/benchmarks/test_gradient_tap.py
"""

import time
import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import core

SIZES = [(50, 32, 2, 32), (100, 32, 2, 64), (100, 32, 64, 256)]
FORMS = {
    "2 layers, both directions": {"num_layers": 2, "bidirectional": True},
    "float64": {"dtype": torch.float64},
    "packed": {},
    "projection": {"proj_size": 16},
}
ROUNDS = 25


def loop_step(cell, inputs):
    """What people write by hand: a cell loop, each h and c kept with `retain_grad`."""
    batch, size = len(inputs), cell.hidden_size
    state = inputs.new_zeros(batch, size)
    is_lstm = isinstance(cell, nn.LSTMCell)
    state = (state, state.clone()) if is_lstm else state
    kept = []
    for current in inputs.unbind(1):
        state = cell(current, state)
        for part in state if is_lstm else (state,):
            part.retain_grad()
            kept.append(part)
    (state[0] if is_lstm else state).square().sum().backward()
    return [part.grad for part in kept]


def quartile_times(steps):
    """Lower quartile of each step's seconds, the steps taken in turn so that a busy machine slows all of them alike."""
    times = [[] for _ in steps]
    for round_number in range(ROUNDS + 2):
        for index, step in enumerate(steps):
            start = time.process_time()
            step()
            if round_number >= 2:
                times[index].append(time.process_time() - start)
    return [sorted(row)[len(row) // 4] for row in times]


def step_of(layer, run, is_watched):
    """A whole training step but the update."""

    def bare():
        layer.zero_grad()
        run(layer)

    def watched():
        layer.zero_grad()
        with core.watch(layer, examples=8) as seen:
            run(layer)
        (name,) = seen.names
        return seen.flow[name], seen.gates[name]

    return watched if is_watched else bare


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("steps, batch, features, size", SIZES)
def test_cost_of_a_watched_training_step(kind, steps, batch, features, size):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = getattr(nn, kind)(features, size, batch_first=True)
    cell = getattr(nn, f"{kind}Cell")(features, size)
    inputs = torch.randn(batch, steps, features)

    def run(layer):
        layer(inputs)[0][:, -1].square().sum().backward()

    def by_hand():
        cell.zero_grad()
        loop_step(cell, inputs)

    watched = step_of(layer, run, is_watched=True)
    bare, seen, loop = quartile_times([step_of(layer, run, is_watched=False), watched, by_hand])
    flow, gates = watched()
    assert flow.hidden.shape == (1, 1, batch, steps, size) and gates.hidden.shape == (1, 1, 8, steps, size)
    print(
        f"\n{kind} T={steps} N={batch} I={features} H={size}: watched / bare = {seen / bare:.3f}; "
        f"hand-written loop / watched = {loop / seen:.2f} (bare {bare * 1e3:.2f} ms)"
    )


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("form", FORMS)
def test_cost_of_other_forms(kind, form):
    if form == "projection" and kind != "LSTM":
        pytest.skip("only an LSTM has a projection")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    warnings.simplefilter("ignore")
    layer = getattr(nn, kind)(2, 64, **FORMS[form])
    inputs = torch.randn(100, 32, 2, dtype=FORMS[form].get("dtype"))
    if form == "packed":
        lengths = torch.linspace(33, 100, 32).long().tolist()
        inputs = pack_sequence([torch.randn(length, 2) for length in lengths], enforce_sorted=False)

    def run(layer):
        output, _ = layer(inputs)
        (output.data if form == "packed" else output).square().sum().backward()

    bare, seen = quartile_times([step_of(layer, run, is_watched) for is_watched in (False, True)])
    print(f"\n{kind} T=100 N=32 I=2 H=64, {form}: watched / bare = {seen / bare:.3f} (bare {bare * 1e3:.2f} ms)")


@pytest.mark.benchmark
def test_cost_of_thirty_new_lengths():
    """Every length is new to the process, as in real data: nothing is searched for."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = nn.LSTM(8, 64, batch_first=True)
    spent = {True: 0.0, False: 0.0}
    for is_watched, lengths in ((False, range(41, 101, 2)), (True, range(40, 100, 2))):
        for length in lengths:
            inputs = torch.randn(16, length, 8)
            step = step_of(layer, lambda layer, x=inputs: layer(x)[0][:, -1].square().sum().backward(), is_watched)
            start = time.process_time()
            step()
            spent[is_watched] += time.process_time() - start
    print(f"\n30 new lengths, LSTM H=64: watched / bare = {spent[True] / spent[False]:.2f}")


@pytest.mark.benchmark
@pytest.mark.parametrize("steps, batch, size", [(100, 64, 256), (400, 32, 128)])
def test_cost_of_the_first_call_of_a_shape(steps, batch, size):
    torch.set_num_threads(1)
    layer, inputs = nn.LSTM(8, size, batch_first=True), torch.randn(batch, steps, 8)
    step, times = step_of(layer, lambda layer: layer(inputs)[0].square().sum().backward(), is_watched=True), []
    for _ in range(5):
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    print(f"\nLSTM T={steps} N={batch} H={size}: first / later step = {times[0] / min(times[1:]):.2f}")


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_memory_beside_a_bare_step(kind):
    """What stays allocated by torch and NumPy after a watched step, beside what its records hold."""
    layer, inputs = getattr(nn, kind)(8, 256, batch_first=True), torch.randn(32, 100, 8)
    with core.watch(layer, examples=8) as seen:
        layer(inputs)[0][:, -1].square().sum().backward()
    name = kind.lower()
    flow, gates = seen.flow[name], seen.gates[name]
    arrays = [value for record in (flow, gates) for value in vars(record).values() if hasattr(value, "nbytes")]
    held = seen.calls(name)[0].taps[0]
    kept = [value for value in vars(held).values() if hasattr(value, "nbytes")]
    workspace = getattr(held, "_workspace", None)
    assert workspace is None
    records, own = (sum(array.nbytes for array in group) / 2**20 for group in (arrays, kept))
    print(f"\n{kind} T=100 N=32 H=256: records {records:.1f} MB; the tap's own arrays {own:.1f} MB")
