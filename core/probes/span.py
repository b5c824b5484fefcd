"""How far back a gradient goes over all calls of a layer: where it is cut or reset, and what share arrives.

The share is found by going back through every step once more in float64, from the last timestep's gradient alone, and
from call to call as the states were handed on: as they were, or set to zero, example by example.

Axes: L layers, D directions, N batch, T timesteps over all calls, P units of h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..recordings.span import DETACHED, JOINED, NEW, Span, Start
from .lstm_scan import LSTMScan
from .norms import norms
from .recurrent_call import RecurrentCall
from .replay import Replayed, replay_any, with_outside
from .timeline import gradient_flow
from .watching.observed import ObservedCall

Outside = dict[str, Tensor]
"""What enters a call at its end: "hidden" and "cell", each (L·D, N, P)."""


def gradient_span(name: str, sequences: Sequence[Sequence[ObservedCall]], direction: int = 0) -> Span:
    """The span over all sequences of calls of a layer in one pass, one after the other.

    Args:
        name: The layer's.
        sequences: Its calls, each sequence joined in time.
        direction: 0 forward; 1 for the span of a bidirectional layer's reverse direction, within each call.

    Errors: LookupError if no backward pass reached the layer; ValueError for a direction that it does not have.
    """
    calls = sorted((call for row in sequences for call in row), key=lambda call: call.number)
    if not 0 <= direction < calls[0].facts.shapes.directions:
        raise ValueError(f"direction must be 0 or, of a bidirectional layer, 1, got {direction!r}; choose one it has.")
    starts = _starts(calls)
    sizes = _sizes(sequences, calls, direction)
    share, note = _share(calls, starts, direction)
    return Span(name, sizes, _valid(calls, len(sizes)), starts, share, note)


def _starts(calls: Sequence[ObservedCall]) -> tuple[Start, ...]:
    by_number = {call.number: call for call in calls}
    found, step = [], 0
    for call in calls:
        before = None if call.before is None else by_number.get(call.before)
        how = NEW if before is None else DETACHED if call.is_cut else JOINED
        resets = np.zeros(call.facts.shapes.batch, bool) if before is None else _resets(call)
        found.append(Start(step, how, resets))
        step += call.facts.shapes.steps
    return tuple(found)


def _resets(call: ObservedCall) -> np.ndarray:
    """Which examples, as the user counts them, start from zero in every state, shape (N,)."""
    shapes = call.facts.shapes
    zero = [_rows_are_zero(state.get(), shapes.batch) for state in call.facts.initial]
    return np.logical_and.reduce(zero) if zero else np.zeros(shapes.batch, bool)


def _rows_are_zero(state: Tensor, batch: int) -> np.ndarray:
    wide = state.reshape(-1, batch, state.shape[-1])  # (L·D, N, P), of a cell (1, N, P)
    return (wide == 0).all(dim=-1).all(dim=0).cpu().numpy()


def _sizes(sequences: Sequence[Sequence[ObservedCall]], calls: Sequence[ObservedCall], direction: int) -> np.ndarray:
    """‖∂L/∂h_t‖ over layers and units, shape (N, T), the calls in order."""
    parts: dict[int, np.ndarray] = {}
    for row in sequences:
        hidden = gradient_flow(row).hidden[:, direction].astype(np.float64)  # (L, N, T, P)
        sizes = np.sqrt(np.square(hidden).sum(axis=(0, 3)))
        ends = np.cumsum([call.facts.shapes.steps for call in row])
        parts |= {call.number: part for call, part in zip(row, np.split(sizes, ends[:-1], axis=1), strict=True)}
    examples = max(len(part) for part in parts.values())
    return np.concatenate([_filled(parts[call.number], examples) for call in calls], axis=1)


def _valid(calls: Sequence[ObservedCall], examples: int) -> np.ndarray:
    """Which timesteps each example has, as the user counts them, shape (N, T), bool."""
    parts = []
    for call in calls:
        shapes = call.facts.shapes
        lengths = shapes.lengths() if shapes.order is None else shapes.lengths()[shapes.order.cpu().numpy()]
        lengths = np.pad(lengths, (0, examples - len(lengths)))
        parts.append(np.arange(shapes.steps) < lengths[:, None])
    return np.concatenate(parts, axis=1)


def _filled(sizes: np.ndarray, examples: int) -> np.ndarray:
    return np.pad(sizes, ((0, examples - len(sizes)), (0, 0)))


def _share(
    calls: Sequence[ObservedCall], starts: Sequence[Start], direction: int
) -> tuple[np.ndarray | None, str | None]:
    """Of what enters at the last timestep, how much arrives at each, shape (N, T); or why that is not known."""
    last = calls[-1].call
    if (obstacle := last.obstacle) is not None or last.changed_weights():
        return None, obstacle or "the weights have changed since; ask before optimizer.step()."
    if direction == 1:
        return None, "it is told of the forward direction alone."
    total = sum(call.facts.shapes.steps for call in calls)
    found = np.zeros((max(call.facts.shapes.batch for call in calls), total))
    entering, end = _at_the_end(with_outside(last)), total
    for place in range(len(calls) - 1, -1, -1):
        call = calls[place].call
        ran = replay_any(replace(call, from_outside=entering))
        arrived = _in_users_order(call, _arrived(ran, call.directions))
        found[: len(arrived), end - arrived.shape[1] : end] = arrived
        end -= arrived.shape[1]
        if place == 0 or starts[place].how != JOINED or calls[place].before != calls[place - 1].number:
            break
        handed = _handed_on(calls[place], calls[place - 1], _initial(ran))
        if handed is None:
            found[:, :end] = np.nan
            break
        entering = handed
    own = found[:, -1:].copy()
    return np.divide(found, own, out=np.full_like(found, np.nan), where=own > 0), None


def _at_the_end(call: RecurrentCall) -> Outside:
    """What reached the last timestep's states of the last call: its own output, and final states."""
    found = {name: value.double() for name, value in call.from_outside.items() if name != "output"}
    output = call.from_outside.get("output")
    hidden = found.get("hidden", torch.zeros_like(call.hidden, dtype=torch.float64)).clone()
    if output is not None:
        rows = torch.arange(output.shape[1])
        ends = output[call.lengths.cpu() - 1, rows].double()  # (N, D·P)
        top = slice((call.layers - 1) * call.directions, call.layers * call.directions)
        hidden[top] += torch.stack(ends.chunk(call.directions, dim=-1))
    return {**found, "hidden": hidden}


def _arrived(ran: Sequence[Replayed], directions: int) -> Tensor:
    """What flows into each timestep's states from those that are scanned later: ‖·‖ over layers, h and c, (T, N)."""
    parts = []
    for one in ran[::directions]:
        from_above = one.external - one.outside
        parts.append(one.adjoint.hidden - from_above)
        if isinstance(one.scan, LSTMScan) and one.adjoint.cell is not None and one.adjoint.exposed is not None:
            parts.append(one.adjoint.cell - one.adjoint.exposed * one.scan.exposure(slice(None)))
    return norms(torch.cat(parts, dim=-1), -1)


def _in_users_order(call: RecurrentCall, values: Tensor) -> np.ndarray:
    """(T, N) as (N, T), examples as the user counts them."""
    ordered = values if call.order is None else values[:, call.order]
    return ordered.t().cpu().numpy()


def _initial(ran: Sequence[Replayed]) -> Outside:
    """What flows into the states before the first timestep."""
    found = {"hidden": torch.stack([one.adjoint.initial_hidden for one in ran])}
    cells = [one.adjoint.initial_cell for one in ran]
    if cells[0] is not None:
        found["cell"] = torch.stack([cell for cell in cells if cell is not None])
    return found


def _handed_on(after: ObservedCall, before: ObservedCall, entering: Outside) -> Outside | None:
    """The same at the end of the call before: all of it, or none for an example that was reset; None: neither."""
    for place, name in enumerate(entering):
        ended = before.facts.shapes.states(before.facts.finals[place].get())
        starts = after.facts.shapes.states(after.facts.initial[place].get())
        if ended.shape != starts.shape:
            return None
        same = (ended == starts).all(dim=-1).all(dim=0)
        is_zero = (starts == 0).all(dim=-1).all(dim=0)
        if not bool((same | is_zero).all()):
            return None
        entering[name] = entering[name] * (same & ~is_zero).double()[:, None]
    return entering
