"""A recurrent call run again in float64, forward layer by layer and backward from the top.

The tap tells what reached each state in the precision of the training; the replay tells it where nothing underflows,
and keeps what the other probes build on: each scan, and what enters each state from outside the recurrence.

Axes: T timesteps first, N batch, P units of the hidden state, H hidden units, D directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .lstm_scan import LSTMScan
from .recurrent_call import RecurrentCall, reversed_in_time
from .scanning import make_scan
from .scans import Adjoint, Scan, Weights


@dataclass(frozen=True)
class Scanned:
    """One layer in one direction, run forward again. Time runs as it scans."""

    kind: str
    """As the call's: "lstm", "gru", "rnn_tanh", "rnn_relu" or "rnn_identity"."""
    weights: Weights
    scan: Scan
    lengths: Tensor
    """Valid timesteps of each example, shape (N,)."""
    is_reversed: bool

    def turned(self, values: Tensor) -> Tensor:
        """From the order of the scan to the sequence's, or back; values of shape (T, N, …)."""
        return reversed_in_time(values, self.lengths) if self.is_reversed else values

    def valid(self) -> Tensor:
        """Whether a timestep is one of its example's, shape (T, N), the same in both orders."""
        time = torch.arange(len(self.scan.outputs), device=self.lengths.device)
        return time.unsqueeze(1) < self.lengths


@dataclass(frozen=True)
class Replayed(Scanned):
    """The same with its way back."""

    outside: Tensor
    """What reaches h_t from outside the layers: their output's gradient (last layer), h_n's; shape (T, N, P)."""
    outside_cell: Tensor | None
    """LSTM: what reaches c_t from outside, that of c_n; shape (T, N, H)."""
    external: Tensor
    """What reaches h_t from outside the recurrence: `outside`, and what the layer above sends; shape (T, N, P)."""
    adjoint: Adjoint
    """Total gradients."""


def scanned(call: RecurrentCall) -> list[Scanned]:
    """Run a call forward again, by layer, then direction.

    Errors: ValueError for a step of a cell; RuntimeError if a weight was changed in place since the call.
    """
    if call.is_cell:
        raise ValueError(
            "this probe needs a whole sequence in one call, got one step of a cell; "
            "run the sequence through nn.RNN, nn.LSTM or nn.GRU."
        )
    return run_again(call)


def run_again(call: RecurrentCall) -> list[Scanned]:
    """As `scanned`, also one step of a cell."""
    _check_weights(call)
    found: list[Scanned] = []
    inputs = call.inputs.double()
    for layer in range(call.layers):
        inputs = dropped(call, layer, inputs)
        row = [_scanned_direction(call, layer * call.directions + d, inputs) for d in range(call.directions)]
        inputs = torch.cat([one.turned(one.scan.outputs) for one in row], dim=-1)  # D x (T, N, P) -> (T, N, D·P)
        found += row
    return found


def replay(call: RecurrentCall) -> list[Replayed]:
    """Run a call forward and backward again, by layer, then direction.

    Errors: as `scanned`; LookupError if no backward pass reached the call.
    """
    if not call.from_outside:
        raise LookupError(
            "replay needs the gradient that reached this layer, but no backward pass did; "
            "call loss.backward() inside the with block, on a loss that depends on the layer."
        )
    if call.is_cell:
        scanned(call)  # which says what is wrong
    return replay_any(call)


def replay_any(call: RecurrentCall) -> list[Replayed]:
    """As `replay`, also one step of a cell, and where nothing came from outside."""
    forward = run_again(call)
    found: list[list[Replayed]] = []
    from_above: Tensor | None = None
    for layer in reversed(range(call.layers)):
        places = range(layer * call.directions, (layer + 1) * call.directions)
        row = [_replayed(call, index, forward[index], from_above) for index in places]
        found.append(row)
        if layer:
            into_inputs = [one.turned(one.adjoint.input_preactivation @ one.weights.input) for one in row]
            from_above = dropped(call, layer, torch.stack(into_inputs).sum(0))
    return [one for row in reversed(found) for one in row]


def with_outside(call: RecurrentCall) -> RecurrentCall:
    """The call with what reached c from outside alone; at a step of an LSTM what came by way of h was heard too."""
    if not call.is_cell or "cell" not in call.from_outside:
        return call
    (one,) = run_again(call)
    total, exposed = call.from_outside["cell"].double(), call.from_outside.get("hidden")
    if exposed is not None:
        projection = one.weights.projection
        exposed = exposed.double() if projection is None else exposed.double() @ projection
        assert isinstance(one.scan, LSTMScan)  # it has a cell
        total = total - exposed * one.scan.exposure(slice(None))
    return replace(call, from_outside={**call.from_outside, "cell": total})


def of_examples(call: RecurrentCall, examples: Sequence[int]) -> RecurrentCall:
    """The same call on some of its examples alone, as the user counts them; without its taps.

    Errors: ValueError for an example that is not there.
    """
    batch = len(call.lengths)
    if not examples or not all(0 <= example < batch for example in examples):
        raise ValueError(f"examples must be in 0…{batch - 1}, got {list(examples)}; choose some of this batch.")
    picked = torch.as_tensor(examples, device=call.lengths.device)
    picked = picked if call.order is None else call.order[picked]
    return replace(
        call,
        lengths=call.lengths[picked],
        inputs=call.inputs[:, picked],
        hidden=call.hidden[:, picked],
        cell=None if call.cell is None else call.cell[:, picked],
        masks=[mask[:, picked] for mask in call.masks],
        from_outside={name: value[:, picked] for name, value in call.from_outside.items()},
        taps=(),
        order=None,
    )


def place(call: RecurrentCall, layer: int, direction: int) -> int:
    """Where a layer and direction stand among the call's. Errors: ValueError where there is no such one."""
    for name, value, count in (("layer", layer, call.layers), ("direction", direction, call.directions)):
        if not 0 <= value < count:
            raise ValueError(f"{name} must be in 0…{count - 1}, got {value}; choose one that the call has.")
    return layer * call.directions + direction


def dropped(call: RecurrentCall, layer: int, values: Tensor) -> Tensor:
    """A layer's inputs, or their gradients, shape (T, N, …, I), through the dropout that the call drew before it."""
    if layer == 0 or not call.masks:
        return values
    mask = call.masks[layer - 1].to(values)
    return values * mask.view(*mask.shape[:2], *[1] * (values.dim() - 3), mask.shape[2])


def _check_weights(call: RecurrentCall) -> None:
    if call.obstacle is not None:
        raise RuntimeError(call.obstacle)
    if call.changed_weights():
        raise RuntimeError(
            "this probe needs the weights with which the call ran, but they have changed since; "
            "ask for it before optimizer.step()."
        )


def _scanned_direction(call: RecurrentCall, index: int, inputs: Tensor) -> Scanned:
    weights = _exact(call.weights[index])
    is_reversed = index % call.directions == 1
    turned = reversed_in_time(inputs, call.lengths) if is_reversed else inputs
    cell = None if call.cell is None else call.cell[index].double()
    scan = make_scan(call.kind, turned, call.hidden[index].double(), cell, weights)
    return Scanned(call.kind, weights, scan, call.lengths, is_reversed)


def _exact(weights: Weights) -> Weights:
    there = {name: value for name, value in vars(weights).items() if value is not None}
    return replace(weights, **{name: value.detach().double() for name, value in there.items()})


def _replayed(call: RecurrentCall, index: int, one: Scanned, from_above: Tensor | None) -> Replayed:
    """Run one direction back; `from_above` of shape (T, N, D·P), in the sequence's order, None at the top."""
    outside, outside_cell = _outside(call, index, one)
    external = outside if from_above is None else outside + _share(call, index, one, from_above)
    adjoint = one.scan.backward(external.clone(), None if outside_cell is None else outside_cell.clone())
    return Replayed(**vars(one), outside=outside, outside_cell=outside_cell, external=external, adjoint=adjoint)


def _share(call: RecurrentCall, index: int, one: Scanned, values: Tensor) -> Tensor:
    """One direction's part of what belongs to its layer's output: (T, N, D·P) -> (T, N, P), as it scans."""
    return one.turned(values.chunk(call.directions, dim=-1)[index % call.directions].double())


def _outside(call: RecurrentCall, index: int, one: Scanned) -> tuple[Tensor, Tensor | None]:
    """What reaches each h_t and c_t from outside the layers."""
    hidden = torch.zeros_like(one.scan.outputs)
    is_last_layer = index // call.directions == call.layers - 1
    if is_last_layer and (gradient := call.from_outside.get("output")) is not None:
        hidden += _share(call, index, one, gradient)
    _enter_at_end(hidden, call, "hidden", index)
    if call.cell is None:
        return hidden, None
    cell = hidden.new_zeros(len(hidden), *call.cell.shape[1:])
    _enter_at_end(cell, call, "cell", index)
    return hidden, cell


def _enter_at_end(into: Tensor, call: RecurrentCall, name: str, index: int) -> None:
    """Add what reached a final state at each example's last scanned timestep, in place."""
    if (gradient := call.from_outside.get(name)) is not None:
        into[call.lengths - 1, torch.arange(into.shape[1], device=into.device)] += gradient[index].double()
