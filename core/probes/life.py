"""The life of a state: how large it is at every timestep, in runs far longer than any that was trained.

Axes: L layers, D directions, N batch, T timesteps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..recordings.span import StateLife
from .timeline import gate_trace
from .watching.observed import ObservedCall
from .watching.taps import as_array


def state_life(name: str, sequences: Sequence[Sequence[ObservedCall]]) -> StateLife:
    """Of everything that a layer ran in a watched block, sequence after sequence.

    Calls of one timestep, as in streaming, are measured over all examples; longer ones over the watched examples.
    """
    hidden, cells, starts, step = [], [], [], 0
    for row in sequences:
        starts.append(step)
        for place, call in enumerate(row):
            if place and _is_reset(call):
                starts.append(step)
            largest = _largest(call)
            hidden.append(largest[0])
            cells += largest[1:]
            step += call.facts.shapes.steps
    joined = np.concatenate(hidden, axis=2)
    return StateLife(name, joined, np.concatenate(cells, axis=2) if cells else None, tuple(starts))


def _is_reset(call: ObservedCall) -> bool:
    """Whether every example of a call starts from zero."""
    return bool(call.facts.initial) and not any(bool(state.get().any()) for state in call.facts.initial)


def _largest(call: ObservedCall) -> list[np.ndarray]:
    """Largest |h|, and of an LSTM |c|, each of shape (L, D, T)."""
    shapes = call.facts.shapes
    if shapes.steps == 1:
        finals = [as_array(shapes.states(final.get())) for final in call.facts.finals]
        rows = [np.abs(final).max(axis=(1, 2), initial=0) for final in finals]
        return [row.reshape(shapes.layers, shapes.directions, 1) for row in rows]
    if shapes.batch and not shapes.examples:
        raise LookupError("no example is watched, so no state is known; pass examples=1 or more to core.watch.")
    trace = gate_trace([call])
    states = [values for values in (trace.hidden, trace.cell) if values is not None]
    return [np.abs(values).max(axis=(2, 4), initial=0) for values in states]
