"""The tap against the bare fused step, and against a hand-written cell loop with `retain_grad`; one thread, one run.

Run: pytest -m benchmark -s tests/benchmarks/test_gradient_tap.py
"""

import time

import pytest
import torch
from torch import nn

import core

SIZES = [(50, 32, 2, 32), (100, 32, 2, 64), (100, 32, 64, 256)]
ROUNDS = 15


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


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("steps, batch, features, size", SIZES)
def test_cost_of_a_watched_training_step(kind, steps, batch, features, size):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = getattr(nn, kind)(features, size, batch_first=True)
    cell = getattr(nn, f"{kind}Cell")(features, size)
    inputs = torch.randn(batch, steps, features)
    name = kind.lower()

    def fused():
        layer.zero_grad()
        output, _ = layer(inputs)
        output[:, -1].square().sum().backward()

    def watched():
        layer.zero_grad()
        with core.watch(layer, examples=8) as seen:
            output, _ = layer(inputs)
            output[:, -1].square().sum().backward()
        return seen.flow[name], seen.gates[name]

    def by_hand():
        cell.zero_grad()
        loop_step(cell, inputs)

    bare, tapped, loop = quartile_times([fused, watched, by_hand])
    flow, gates = watched()
    assert flow.hidden.shape == (1, 1, batch, steps, size) and gates.hidden.shape == (1, 1, 8, steps, size)
    print(
        f"\n{kind} T={steps} N={batch} I={features} H={size}: watched / bare fused = {tapped / bare:.2f}; "
        f"hand-written loop / watched = {loop / tapped:.2f} (bare {bare * 1e3:.2f} ms)"
    )
