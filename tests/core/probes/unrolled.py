"""Recurrent layers and losses to try probes on, and gradients the slow way: an unrolled float64 loop and autograd.

Axes: L layers, D directions, N batch, T timesteps, P units of the hidden state.
"""

import copy

import torch
from torch import nn

import core
from core.models.explicit import explicit_cells
from core.models.recurrent import LinearRNN
from core.models.unroll import unroll_stack

LAYERS = {
    "rnn": lambda **options: nn.RNN(3, 5, **options),
    "relu": lambda **options: nn.RNN(3, 5, nonlinearity="relu", **options),
    "linear": lambda **options: LinearRNN(3, 5, **options),
    "lstm": lambda **options: nn.LSTM(3, 5, **options),
    "projected lstm": lambda **options: nn.LSTM(3, 5, proj_size=2, **options),
    "gru": lambda **options: nn.GRU(3, 5, **options),
}
LOSSES = {
    "outputs": lambda output, states: output.square().sum(),
    "last output": lambda output, states: output[:, -1].sin().sum(),
    "final states": lambda output, states: sum(state.cos().sum() for state in states),
    "both": lambda output, states: output[:, 1].square().sum() + sum(state.sin().sum() for state in states),
}


def as_tuple(states):
    return states if isinstance(states, tuple) else (states,)


def relative_difference(ours, reference):
    """max |a − b| / max |b|."""
    ours, reference = torch.as_tensor(ours).double(), torch.as_tensor(reference).double()
    assert ours.shape == reference.shape
    return float((ours - reference).abs().max() / reference.abs().max().clamp_min(1e-300))


def reference_gradients(layer, inputs, loss):
    """Totals from an unrolled float64 loop: ∂L/∂h (L, D, N, T, P), and ∂L/∂c or None; inputs of shape (N, T, I)."""
    cells = explicit_cells(copy.deepcopy(layer).double())
    outputs, states = unroll_stack(cells, inputs.double())
    is_lstm = isinstance(layer, nn.LSTM)
    ends = [[row[-1] if d == 0 else row[0] for d, row in enumerate(directions)] for directions in states]
    flat_ends = [state for row in ends for state in row]
    finals = tuple(torch.stack(part) for part in zip(*flat_ends, strict=True)) if is_lstm else (torch.stack(flat_ends),)
    value = loss(outputs, finals)

    def totals(pick):
        rows = [
            [
                torch.autograd.grad(value, [pick(state) for state in row], retain_graph=True, materialize_grads=True)
                for row in directions
            ]
            for directions in states
        ]
        return torch.stack([torch.stack([torch.stack(row, dim=1) for row in directions]) for directions in rows])

    hidden = totals(lambda state: state[0] if is_lstm else state)
    return hidden, totals(lambda state: state[1]) if is_lstm else None


def watched_call(layer, inputs, loss):
    """The tap's call and flow, after the backward pass of loss(output, states); inputs (N, T, I) or packed."""
    with core.watch(layer, examples=None) as watched:
        output, states = layer(inputs)
        loss(output, as_tuple(states)).backward()
    return watched.calls(watched.names[0])[-1], watched.flow[watched.names[0]]


def packed_sequences(*lengths):
    sequences = [torch.randn(length, 3, dtype=torch.float64) for length in lengths]
    return nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)


def packed_loss(output, states):
    return output.data.square().sum() + sum(state.sin().sum() for state in as_tuple(states))
