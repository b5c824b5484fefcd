"""Torch's own layer run again on one call: the parameter gradients that the training got from it.

Axes: L layers, D directions, N batch, T timesteps first, I input, P units of h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ..models.recurrent import LinearRNN
from .recurrent_call import RecurrentCall, reversed_in_time
from .scans import Weights
from .unrolled import PARAMETERS, torchs_name


@dataclass(frozen=True)
class OwnRun:
    """What torch's own layer gives, run again in the precision of the call, with dropout as the call drew it."""

    hidden: Tensor
    """Final states h_n, shape (L·D, N, P)."""
    gradients: dict[str, Tensor]
    """∂L/∂W of each parameter by torch's name for it."""


def own_run(call: RecurrentCall, autocast: torch.dtype | None) -> OwnRun:
    """Run a call again by torch's own layer; `autocast` is the precision that it had under autocast."""
    layers = [_layer(call.kind, weights) for weights in call.weights]
    with torch.enable_grad(), torch.autocast(call.hidden.device.type, dtype=autocast, enabled=autocast is not None):
        output, finals = _forward(call, layers)
        loss = _surrogate(call, output, finals)
    named = {
        torchs_name(call, index, name.removesuffix("_l0")): value
        for index, layer in enumerate(layers)
        for name, value in layer.named_parameters()
    }
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True, materialize_grads=True)
    return OwnRun(finals[0].detach(), dict(zip(named, found, strict=True)))


def _layer(kind: str, weights: Weights) -> nn.RNNBase:
    """One layer in one direction of torch's own, with these weights."""
    rows, features = weights.input.shape
    gates = {"lstm": 4, "gru": 3}.get(kind, 1)
    options = {"bias": weights.bias_input is not None, "device": weights.input.device, "dtype": weights.input.dtype}
    if weights.projection is not None:
        options["proj_size"] = len(weights.projection)
    if kind == "rnn_relu":
        options["nonlinearity"] = "relu"
    make = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_identity": LinearRNN}.get(kind, nn.RNN)
    with torch.random.fork_rng(devices=[]):  # a layer draws its parameters when it is made
        layer = make(features, rows // gates, **options)
    with torch.no_grad():
        for ours, theirs in PARAMETERS.items():
            if (value := getattr(weights, ours)) is not None:
                getattr(layer, f"{theirs}_l0").copy_(value)
    return layer


def _forward(call: RecurrentCall, layers: Sequence[nn.RNNBase]) -> tuple[Tensor, list[Tensor]]:
    """The last layer's outputs (T, N, D·P), and h_n and, of an LSTM, c_n, each (L·D, N, P)."""
    inputs = call.inputs
    finals: list[tuple[Tensor, ...]] = []
    for depth in range(call.layers):
        if depth and call.masks:
            inputs = inputs * call.masks[depth - 1]
        parts = []
        for direction in range(call.directions):
            index = depth * call.directions + direction
            output, states = _run(call, layers[index], index, inputs)
            finals.append(states)
            parts.append(output)
        inputs = torch.cat(parts, dim=-1)
    return inputs, [torch.cat(rows) for rows in zip(*finals, strict=True)]


def _surrogate(call: RecurrentCall, output: Tensor, finals: Sequence[Tensor]) -> Tensor:
    """Σ output ⊙ ∂L/∂output + Σ state_n ⊙ ∂L/∂state_n: its gradients are the loss's own."""
    named = {"output": output, **dict(zip(("hidden", "cell"), finals, strict=False))}
    terms = [(named[name] * value).sum() for name, value in call.from_outside.items()]
    return torch.stack([term.float() if term.dtype != torch.float64 else term for term in terms]).sum()


def _run(call: RecurrentCall, layer: nn.RNNBase, index: int, inputs: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs (T, N, P) in the sequence's order, and final states, each (1, N, P)."""
    is_reversed = index % call.directions == 1
    steps = reversed_in_time(inputs, call.lengths) if is_reversed else inputs
    hidden = call.hidden[index : index + 1].contiguous()
    state = hidden if call.cell is None else (hidden, call.cell[index : index + 1].contiguous())
    if call.ends_early:
        packed, finals = layer(pack_padded_sequence(steps, call.lengths.cpu()), state)
        output = pad_packed_sequence(packed, total_length=len(steps))[0]
    else:
        output, finals = layer(steps, state)
    turned = reversed_in_time(output, call.lengths) if is_reversed else output
    return turned, finals if isinstance(finals, tuple) else (finals,)
