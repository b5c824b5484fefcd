"""The gradient's anatomy: the matrix of losses against one backward pass per loss, and what a moved slider asks for.

Run: pytest -m benchmark -s tests/benchmarks/test_anatomy.py
"""

import time

import numpy as np
import pytest
import torch
from torch import nn

import core
from core.probes.jacobians import jacobian_spectrum, recurrent_spectrum, step_jacobians
from core.probes.loss_reach import loss_reach
from core.probes.paths import gradient_paths

STEPS, BATCH, EXAMPLES, SIZE = 200, 32, 8, 64
ROUNDS = 3


def seconds(run):
    """The shortest of some rounds, in CPU time, so that a busy machine counts for little."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def watched_call(kind, layers=1, bidirectional=False):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = getattr(nn, kind)(SIZE, SIZE, num_layers=layers, bidirectional=bidirectional, batch_first=True)
    inputs = torch.randn(BATCH, STEPS, SIZE)
    with core.watch(layer) as watched:
        output, _ = layer(inputs)
        output.square().sum().backward()
    return layer, inputs, watched.calls(kind.lower())[-1]


def separate_passes(layer, inputs):
    """The same matrix by one watched backward pass per loss."""
    rows = []
    for step in range(STEPS):
        with core.watch(layer) as watched:
            layer(inputs)[0][:, step].square().sum().backward()
        rows.append(watched.flow[watched.names[0]].norms()[0, 0])
    return np.stack(rows)


def plain_spectrum(jacobians):
    """Singular values of the steps and of their products, each product in full and on its own."""
    product, products = torch.eye(jacobians.shape[-1], dtype=torch.float64), []
    for jacobian in reversed(jacobians.unbind(0)):
        product = product @ jacobian
        products.append(product)
    return [torch.linalg.svdvals(matrix) for matrix in (*jacobians.unbind(0), *products)]


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_the_matrix_of_losses_against_a_backward_pass_for_each(kind):
    layer, inputs, call = watched_call(kind)
    together = seconds(lambda: loss_reach(call, examples=EXAMPLES))
    start = time.process_time()
    expected = separate_passes(layer, inputs[:EXAMPLES])
    apart = time.process_time() - start
    largest = float(np.abs(loss_reach(call, examples=EXAMPLES).norms - expected).max() / expected.max())
    assert largest < 1e-5
    print(
        f"\n{kind} T={STEPS} E={EXAMPLES} H={SIZE}: {STEPS} separate float32 passes / one float64 matrix = "
        f"{apart / together:.1f} ({together:.2f} s; largest difference {largest:.0e})"
    )


@pytest.mark.benchmark
@pytest.mark.parametrize("layers, bidirectional", [(2, False), (2, True)])
def test_the_matrix_of_the_first_layer_of_a_stack_against_that_of_the_last(layers, bidirectional):
    _, _, call = watched_call("LSTM", layers, bidirectional)
    last, first = (seconds(lambda layer=layer: loss_reach(call, layer)) for layer in (layers - 1, 0))
    print(
        f"\nLSTM {layers} layers, {'both directions' if bidirectional else 'forward'}: "
        f"first layer / last = {first / last:.1f} (first {first:.2f} s)"
    )


@pytest.mark.benchmark
def test_what_a_moved_slider_asks_for():
    total = 0.0
    for kind in ("RNN", "LSTM"):
        _, _, call = watched_call(kind)
        paths, weights, jacobians = (
            seconds(lambda probe=probe, call=call: probe(call))
            for probe in (gradient_paths, recurrent_spectrum, jacobian_spectrum)
        )
        plain = seconds(lambda call=call: plain_spectrum(step_jacobians(call)))
        total += paths + weights + jacobians
        print(
            f"\n{kind} T={STEPS} N={BATCH} H={SIZE}: plain spectra / ours = {plain / jacobians:.1f}; "
            f"paths {paths:.3f} s, W_hh {weights:.3f} s, Jacobians {jacobians:.3f} s"
        )
    print(f"\nRNN and LSTM, curves and spectra: {total:.2f} s")
