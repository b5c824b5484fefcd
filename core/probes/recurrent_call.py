"""One call of a recurrent layer, read from the arguments of torch's fused functions and run through taps.

`nn.RNN`, `nn.LSTM`, `nn.GRU` and their cells all end in one function (`torch.lstm`, `torch.gru_cell`, …). While a
watched layer runs, a `TorchFunctionMode` answers that function with tapped scans, so subclasses, packing and wrappers
work unchanged.

Axes: L layers, D directions, N batch, T timesteps first, I input, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ..models.recurrent import linear_rnn
from .fused_tap import OUTSIDE, FusedTap, tapped_lstm
from .gradient_tap import Tap, TappedLayer
from .scans import Weights

SEQUENCE_KINDS = {
    torch.lstm: "lstm",
    torch.gru: "gru",
    torch.rnn_tanh: "rnn_tanh",
    torch.rnn_relu: "rnn_relu",
    linear_rnn: "rnn_identity",
}
CELL_KINDS = {
    torch.lstm_cell: "lstm",
    torch.gru_cell: "gru",
    torch.rnn_tanh_cell: "rnn_tanh",
    torch.rnn_relu_cell: "rnn_relu",
}
KINDS = {**SEQUENCE_KINDS, **CELL_KINDS}

AnyTap = Tap | FusedTap


@dataclass
class RecurrentCall:
    """What went into a layer, what came out, and the taps that were set in it."""

    kind: str
    layers: int
    directions: int
    lengths: Tensor
    """Valid timesteps of each example, shape (N,)."""
    inputs: Tensor
    """Shape (T, N, I), detached."""
    hidden: Tensor
    """Initial states, shape (L·D, N, P)."""
    cell: Tensor | None
    """LSTM: initial cell states, shape (L·D, N, H)."""
    weights: list[Weights]
    """By layer, then direction."""
    is_cell: bool = False
    ends_early: bool = False
    """Whether some example has fewer timesteps than the longest; else `lengths` need not be looked at."""
    attached: bool = True
    """Whether the initial state carries a gradient back, so that the call may go on in an earlier call's time."""
    taps: list[AnyTap] = field(default_factory=list)
    """By layer, then direction."""
    masks: list[Tensor] = field(default_factory=list)
    """Dropout masks between the layers, already divided by 1 − p, each (T, N, D·P)."""
    versions: list[int] = field(default_factory=list)
    """In-place versions of the weights when the call ran."""
    outputs: Tensor | None = None
    """Shape (T, N, D·P)."""
    final_states: tuple[Tensor, ...] = ()
    """h_n (L·D, N, P), and c_n (L·D, N, H) of an LSTM."""
    from_outside: dict[str, Tensor] = field(default_factory=dict)
    """Gradients that reached "output", "hidden" and "cell" (final states) from outside the layer."""
    order: Tensor | None = None
    """Packed input: the place in this call of each example as the user counts them, shape (N,)."""

    def changed_weights(self) -> bool:
        """True if a weight was changed in place since the call."""
        return self.versions != [tensor._version for weights in self.weights for tensor in _tensors(weights)]


def _tensors(weights: Weights) -> list[Tensor]:
    every = (weights.input, weights.hidden, weights.bias_input, weights.bias_hidden, weights.projection)
    return [tensor for tensor in every if tensor is not None]


def split_weights(flat: Sequence[Tensor], has_biases: bool, count: int) -> list[Weights]:
    """Torch's flat list of parameters as one `Weights` per layer and direction (`count` of them)."""
    width = len(flat) // count
    biases = 2 if has_biases else 0
    chunks = [flat[index * width : (index + 1) * width] for index in range(count)]
    return [
        Weights(*chunk[:2], *(chunk[2:4] if has_biases else (None, None)), *chunk[2 + biases :]) for chunk in chunks
    ]


def reversed_in_time(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Each example's valid part backwards, padding left where it is; sequence of shape (T, N, …)."""
    steps = sequence.shape[0]
    if bool((lengths == steps).all()):
        return sequence.flip(0)
    time = torch.arange(steps, device=sequence.device).unsqueeze(1)
    index = torch.where(time < lengths, lengths - 1 - time, time)  # (T, N)
    return sequence.gather(0, index.view(*index.shape, *[1] * (sequence.dim() - 2)).expand_as(sequence))


class Interception(TorchFunctionMode):
    """While active, runs torch's fused recurrent functions through taps and hands each call to `keep`."""

    def __init__(
        self, keep: Callable[[RecurrentCall], None], examples: int | None, order: Tensor | None = None
    ) -> None:
        super().__init__()
        self.keep, self.examples, self.order = keep, examples, order

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Answer a fused recurrent function with taps, and every other function as torch does."""
        try:
            kind = KINDS.get(func)
        except TypeError:  # an unhashable callable is none of ours
            kind = None
        if kind is None:
            return func(*args, **(kwargs or {}))
        if func in CELL_KINDS:
            return _in_weights_precision(self._cell, kind, *args)
        packed = isinstance(args[3], list | tuple)  # (data, batch_sizes, states, weights, …), else the flag for biases
        return _in_weights_precision(self._packed if packed else self._padded, kind, *args)

    def _watched(self, batch: int) -> Tensor | slice:
        count = batch if self.examples is None else min(self.examples, batch)
        return slice(0, count) if self.order is None else self.order[:count]

    def _padded(self, kind, input, states, flat, has_biases, layers, dropout, train, bidirectional, batch_first):
        inputs = input.transpose(0, 1) if batch_first else input
        lengths = torch.full((inputs.shape[1],), inputs.shape[0], device=inputs.device)
        weights = split_weights(flat, has_biases, layers * (2 if bidirectional else 1))
        dropout = dropout if train else 0.0
        outputs, *finals = self._run(kind, inputs, lengths, states, weights, layers, dropout, ends_early=False)
        return outputs.transpose(0, 1) if batch_first else outputs, *finals

    def _packed(self, kind, data, batch_sizes, states, flat, has_biases, layers, dropout, train, bidirectional):
        inputs, lengths = torch._VF._pad_packed_sequence(data, batch_sizes, False, 0.0, len(batch_sizes))
        weights = split_weights(flat, has_biases, layers * (2 if bidirectional else 1))
        device_lengths = lengths.to(data.device)
        dropout, ends_early = dropout if train else 0.0, bool((lengths < len(inputs)).any())
        outputs, *finals = self._run(kind, inputs, device_lengths, states, weights, layers, dropout, ends_early)
        return torch._VF._pack_padded_sequence(outputs, lengths, False)[0], *finals

    def _cell(self, kind: str, input: Tensor, states: Any, *weights: Tensor | None) -> Any:
        lengths = torch.ones(len(input), dtype=torch.long, device=input.device)
        initial = [state.unsqueeze(0) for state in (states if kind == "lstm" else [states])]
        one = [Weights(*weights)]  # type: ignore[arg-type]
        _, *finals = self._run(kind, input.unsqueeze(0), lengths, initial, one, 1, 0.0, False, is_cell=True)
        finals = [final.squeeze(0) for final in finals]
        return tuple(finals) if kind == "lstm" else finals[0]

    def _run(self, kind, inputs, lengths, states, weights, layers, dropout, ends_early, is_cell=False):
        hidden, cell = states if kind == "lstm" else (states[0] if is_cell else states, None)
        directions, seen = len(weights) // layers, (inputs.detach(), hidden.detach(), cell)
        call = RecurrentCall(kind, layers, directions, lengths, *seen, weights, is_cell, ends_early)
        call.attached = hidden.requires_grad or not torch.is_grad_enabled()
        call.order = self.order
        call.cell = None if cell is None else cell.detach()
        call.versions = [tensor._version for row in weights for tensor in _tensors(row)]
        results = run_tapped(call, inputs, hidden, cell, dropout, self._watched(inputs.shape[1]))
        self.keep(call)
        return results


def _in_weights_precision(run: Callable[..., Any], kind: str, input: Tensor, *rest: Any) -> Any:
    """Run outside autocast, in the weights' own precision: gradients through time are then as exact as they can be."""
    if not torch.is_autocast_enabled(input.device.type):
        return run(kind, input, *rest)
    with torch.autocast(input.device.type, enabled=False):
        return run(kind, *map(_as_float32, (input, *rest)))


def _as_float32(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_as_float32, value))
    is_half = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
    return value.float() if is_half else value


def run_tapped(
    call: RecurrentCall, inputs: Tensor, hidden: Tensor, cell: Tensor | None, dropout: float, examples: Tensor | slice
) -> tuple[Tensor, ...]:
    """Run a stack layer by layer through taps: outputs (T, N, D·P), h_n and, for an LSTM, c_n; fills the call."""
    finals: list[tuple[Tensor, Tensor | None]] = []
    for layer in range(call.layers):
        if layer and dropout:
            call.masks.append(torch.nn.functional.dropout(torch.ones_like(inputs), dropout))
            inputs = inputs * call.masks[-1]
        parts = []
        for direction in range(call.directions):
            index = layer * call.directions + direction
            output, *final = _run_direction(call, index, direction == 1, inputs, hidden, cell, examples)
            parts.append(output)
            finals.append((final[0], final[1]))
        inputs = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]  # D x (T, N, P) -> (T, N, D·P)
    states = [_stacked([final[0] for final in finals])]
    if cell is not None:
        states.append(_stacked([final[1] for final in finals if final[1] is not None]))
    call.outputs, call.final_states = inputs.detach(), tuple(state.detach() for state in states)
    _listen(call, (inputs, *states))
    return inputs, *states


def _stacked(states: list[Tensor]) -> Tensor:
    return torch.stack(states) if len(states) > 1 else states[0].unsqueeze(0)


def _listen(call: RecurrentCall, results: tuple[Tensor, ...]) -> None:
    """Have `from_outside` filled in the backward pass."""
    only = call.taps[0] if len(call.taps) == 1 else None
    if isinstance(only, FusedTap):  # which hears of it anyway
        only.from_outside = call.from_outside
        return
    for name, tensor in zip(OUTSIDE, results, strict=False):
        if tensor.requires_grad:
            tensor.register_hook(partial(_keep_gradient, call, name))


def _keep_gradient(call: RecurrentCall, name: str, gradient: Tensor | None) -> None:
    if gradient is not None:  # autograd calls hooks with None where the loss does not use this output
        call.from_outside[name] = gradient.detach()


def _run_direction(call, index, backwards, inputs, hidden, cell, examples):
    turned = reversed_in_time(inputs, call.lengths) if backwards else inputs
    its_cell = None if cell is None else cell[index]
    tap, output, last, last_cell = _run_layer(call, call.weights[index], turned, hidden[index], its_cell, examples)
    call.taps.append(tap)
    return reversed_in_time(output, call.lengths) if backwards else output, last, last_cell


def _run_layer(call, weights, inputs, hidden, cell, examples):
    """The tap of one layer in one direction, outputs, final hidden state and cell."""
    if call.kind == "lstm" and not call.ends_early:
        found = tapped_lstm(examples, inputs, hidden, cell, weights)
        if found is not None:
            return found
    tap = Tap(call.kind, examples)
    last = call.lengths - 1 if call.ends_early else None
    return tap, *TappedLayer.apply(tap, last, inputs, hidden, cell, *vars(weights).values())
