"""Calls of one layer, put together into records: time in the sequence's order, examples in the user's.

Axes: L layers, D directions, N batch, E watched examples, T timesteps, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

import numpy as np
import torch
from torch import Tensor

from ..recordings.records import GateTrace, GradientFlow
from .recurrent_call import AnyTap, RecurrentCall, reversed_in_time

Pick = Callable[[AnyTap], Tensor | np.ndarray | None]
GATE_FIELDS = ("input", "forget", "candidate", "output", "cell", "reset", "update", "new", "hidden")


def gradient_flow(calls: Sequence[RecurrentCall]) -> GradientFlow:
    """Total gradients of consecutive calls as one record. Errors: LookupError if no backward pass reached them."""
    if any(tap.hidden is None for call in calls for tap in call.taps):
        raise LookupError(
            "flow needs the gradient of this layer's states, but no backward pass reached it; "
            "call loss.backward() inside the with block, on a loss that depends on the layer."
        )
    first = calls[0]
    cell = {name: _watched(calls, attrgetter(name)) for name in _cell_fields(first)}
    hidden = _in_time([_arranged(call, attrgetter("hidden"), slice(None), _order(call)) for call in calls], 3)
    return GradientFlow(first.kind.split("_")[0], hidden, _lengths(calls, None), direct=_direct(calls), **cell)


def gate_trace(calls: Sequence[RecurrentCall]) -> GateTrace:
    """Gates and states of consecutive calls as one record."""
    first = calls[0]
    names = [name for name in GATE_FIELDS if name in first.taps[0].gates]
    gates = {name: _watched(calls, partial(_gate, name)) for name in names}
    return GateTrace(kind=first.kind.split("_")[0], lengths=_lengths(calls, first.taps[0].examples), **gates)


def _gate(name: str, tap: AnyTap) -> Tensor | np.ndarray:
    return tap.gates[name]


def _cell_fields(call: RecurrentCall) -> tuple[str, ...]:
    return ("cell", "cell_carousel", "cell_through_gates") if call.kind == "lstm" else ()


def _order(call: RecurrentCall) -> Tensor | slice:
    return slice(None) if call.order is None else call.order


def _lengths(calls: Sequence[RecurrentCall], examples: Tensor | slice | None) -> np.ndarray:
    if not any(call.ends_early for call in calls):
        count = len(calls[0].lengths if examples is None else calls[0].lengths[examples])
        return np.full(count, sum(len(call.inputs) for call in calls))
    total = torch.stack([call.lengths for call in calls]).sum(0)
    return total[_order(calls[0]) if examples is None else examples].cpu().numpy()


def _watched(calls: Sequence[RecurrentCall], pick: Pick) -> np.ndarray:
    """What the taps kept of the watched examples, shape (L, D, E, T, H)."""
    return _in_time([_arranged(call, pick, call.taps[0].examples, slice(None)) for call in calls], 3)


def _in_time(parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis)


def _arranged(call: RecurrentCall, pick: Pick, examples: Tensor | slice, order: Tensor | slice) -> np.ndarray:
    """One tensor of some examples per tap, (T, N, H), as one array (L, D, N, T, H), in `order` and the sequence's time.

    Of one tap whose examples all run to the end, it is the tensor itself, looked at otherwise.
    """
    if len(call.taps) == 1 and not call.ends_early and isinstance(order, slice):
        only = pick(call.taps[0])
        assert only is not None
        return _array(only).swapaxes(0, 1)[None, None]
    rows, lengths = [], call.lengths[examples]
    for index, tap in enumerate(call.taps):
        value = pick(tap)
        assert value is not None
        turned = reversed_in_time(torch.as_tensor(value), lengths) if index % call.directions == 1 else value
        rows.append(_array(turned).swapaxes(0, 1))  # (T, N, H) -> (N, T, H)
    stacked = np.stack(rows) if len(rows) > 1 or call.ends_early else rows[0][None]
    if call.ends_early:
        _clear_past_end(stacked, lengths.cpu().numpy())
    if not isinstance(order, slice):
        stacked = stacked[:, order.cpu().numpy()]
    return stacked.reshape(call.layers, call.directions, *stacked.shape[1:])


def _array(value: Tensor | np.ndarray) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else value.cpu().numpy()


def _clear_past_end(stacked: np.ndarray, lengths: np.ndarray) -> None:
    """Zero where a packed sequence has ended, in place; stacked of shape (L·D, N, T, H)."""
    stacked[:, np.arange(stacked.shape[2]) >= lengths[:, None]] = 0


def _direct(calls: Sequence[RecurrentCall]) -> np.ndarray | None:
    """∂L/∂output_t from outside, shape (N, T, D·P); zero where a call's output was not used at all."""
    if any(call.is_cell or call.outputs is None for call in calls):
        return None
    parts = []
    for call in calls:
        assert call.outputs is not None
        part = call.from_outside.get("output")
        part = torch.zeros_like(call.outputs) if part is None else part
        ordered = part if call.order is None else part[:, call.order]
        parts.append(ordered.transpose(0, 1).cpu().numpy())
    return _in_time(parts, 1)
