"""Calls of one layer, put together into records: time in the sequence's order, examples in the user's.

Axes: L layers, D directions, N batch, E watched examples, T timesteps, H hidden units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..recordings.records import GateTrace, GradientFlow
from .watching.observed import ObservedCall
from .watching.sequences import current
from .watching.taps import as_array

CELL_FIELDS = ("cell", "cell_carousel", "cell_through_gates")
GATE_FIELDS = ("input", "forget", "candidate", "output", "cell", "reset", "update", "new", "hidden")


def gradient_flow(calls: Sequence[ObservedCall]) -> GradientFlow:
    """Total gradients of a sequence of calls as one record; zero where the last pass did not come.

    Errors: LookupError if no backward pass reached any; RuntimeError where a replay is needed and not possible.
    """
    reached = current(calls)
    if not any(reached):
        raise LookupError(_unreached(calls))
    pairs = list(zip(calls, reached, strict=True))
    first = next(call for call, here in pairs if here)
    hidden = _in_time([_of_call(call, "hidden", here, of_all=True) for call, here in pairs])
    has_cell = first.facts.kind == "lstm" and first.facts.shapes.examples > 0 and first.taps[0].cell is not None
    cell = {
        name: _in_time([_of_call(call, name, here, of_all=False) for call, here in pairs])
        for name in (CELL_FIELDS if has_cell else ())
        if getattr(first.taps[0], name) is not None
    }
    return GradientFlow(
        first.facts.kind.split("_")[0],
        hidden,
        _lengths(calls, hidden.shape[2]),
        direct=None if first.facts.shapes.is_cell else _in_time([_direct(call, here) for call, here in pairs])[0, 0],
        cuts=_cuts(calls),
        note=_note(calls),
        **cell,
    )


def gate_trace(calls: Sequence[ObservedCall]) -> GateTrace:
    """Gates and states of a sequence of calls as one record. Errors: RuntimeError where they cannot be computed."""
    names = [name for name in GATE_FIELDS if name in calls[0].taps[0].gates]
    gates = {name: _in_time([_gates_of_call(call, name) for call in calls]) for name in names}
    lengths = _lengths(calls, gates["hidden"].shape[2])
    return GateTrace(kind=calls[0].facts.kind.split("_")[0], lengths=lengths, note=_note(calls), **gates)


def _of_call(call: ObservedCall, name: str, is_reached: bool, of_all: bool) -> np.ndarray:
    """One field of each tap as one array (L, D, N or E, T, H), a view where it can be; zeros where no pass came."""
    if not is_reached:
        return np.zeros((1, 1, 0, call.facts.shapes.steps, 1), np.float32)
    found = _stacked(call, [getattr(tap, name) for tap in call.taps])
    order = call.facts.shapes.order
    return found if order is None or not of_all else found[:, :, order.cpu().numpy()]


def _gates_of_call(call: ObservedCall, name: str) -> np.ndarray:
    return _stacked(call, [tap.gates[name] for tap in call.taps])


def _stacked(call: ObservedCall, rows: Sequence[np.ndarray]) -> np.ndarray:
    if len(rows) == 1:
        return rows[0].swapaxes(0, 1)[None, None]  # (T, N, H) -> (L, D, N, T, H)
    shapes = call.facts.shapes
    stacked = np.stack(rows).swapaxes(1, 2)
    return stacked.reshape(shapes.layers, shapes.directions, *stacked.shape[1:])


def _direct(call: ObservedCall, is_reached: bool) -> np.ndarray:
    """∂L/∂output_t from outside, shape (1, 1, N, T, D·P); zeros where a call's output was not used at all."""
    facts = call.facts
    if not is_reached or "output" not in facts.outside:
        width = facts.shapes.directions * call.taps[0].hidden.shape[2] if is_reached else 1
        return np.zeros((1, 1, facts.shapes.batch if is_reached else 0, facts.shapes.steps, width), np.float32)
    found = as_array(facts.shapes.output_gradient(facts.outside["output"], facts.origins["output"]))
    order = facts.shapes.order
    return (found if order is None else found[:, order.cpu().numpy()]).swapaxes(0, 1)[None, None]


def _in_time(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Side by side in time; a part with fewer examples, layers or units than another is filled up with zeros."""
    if len(parts) == 1 and parts[0].shape[2]:
        return parts[0]
    widest = np.max([part.shape for part in parts], axis=0)
    dtype = np.result_type(*parts)
    room = np.zeros((*widest[:3], sum(part.shape[3] for part in parts), widest[4]), dtype)
    start = 0
    for part in parts:
        layers, directions, examples, steps, size = part.shape
        room[:layers, :directions, :examples, start : start + steps, :size] = part if examples else 0
        start += steps
    return room


def _lengths(calls: Sequence[ObservedCall], examples: int) -> np.ndarray:
    """Valid timesteps of each of the first examples, in the user's order."""
    if len(calls) == 1 and calls[0].facts.shapes.packed is None:
        return np.full(examples, calls[0].facts.shapes.steps)
    total = np.zeros(examples, np.int64)
    for call in calls:
        shapes = call.facts.shapes
        here = shapes.lengths()
        ordered = (here if shapes.order is None else here[shapes.order.cpu().numpy()])[:examples]
        total[: len(ordered)] += ordered
    return total


def _cuts(calls: Sequence[ObservedCall]) -> np.ndarray | None:
    """Timesteps that began with a state of which only the values came over; None without any."""
    if not any(call.is_cut for call in calls):
        return None
    starts = np.cumsum([0, *(call.facts.shapes.steps for call in calls)])[:-1]
    return starts[[call.is_cut for call in calls]]


def _note(calls: Sequence[ObservedCall]) -> str | None:
    return next((call.facts.note for call in calls if call.facts.note is not None), None)


def _unreached(calls: Sequence[ObservedCall]) -> str:
    """Why there is no gradient, in words."""
    if not any(call.facts.has_graph for call in calls):
        return (
            "flow needs a gradient, but the layer ran where torch keeps no graph: under torch.no_grad or "
            "inference_mode, or with all its weights frozen and an input that needs no gradient."
        )
    return (
        "flow needs the gradient of this layer's states, but no backward pass reached it; "
        "call loss.backward() on a loss that depends on the layer."
    )
