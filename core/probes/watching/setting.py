"""Where a call's taps are set: the graph of its results is read down to the nodes of every timestep.

Axes: L layers, D directions, N batch, T timesteps, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from ..fused.tap import FusedTap
from .chain_tap import ChainTap, gates_of, saved_arrays
from .chains import read_chain
from .facts import Facts
from .graph import Unreadable, last_nodes, origin, saved_values_are_packed
from .observed import ObservedCall
from .ran import Ran
from .replay_tap import Replay, ReplayTap
from .step_tap import StepTap
from .taps import Arrays, Frame, Tap, as_array

FUSED = "MkldnnRnnLayerBackward0"
LAYER_OUTPUTS = {"StackBackward0", "CatBackward0", FUSED}
MOST_NODES_TO_A_MASK = 64
FAILURES = (Unreadable, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What the reading of another graph than the expected one ends in."""
PACKED = (
    "values that torch saves for the backward pass are packed away here, as by checkpointing, and reading them would "
    "run the model again"
)


def set_taps(observed: ObservedCall, ran: Ran) -> None:
    """Give a call its taps; what cannot be read is replayed, and its note says why."""
    facts = observed.facts
    if ran.is_cell:
        observed.taps = [_step_tap(facts, ran)]
    else:
        facts.masks = None if ran.dropout else []
        observed.taps = _layer_taps(observed, ran)
    if facts.has_graph and not (len(observed.taps) == 1 and isinstance(observed.taps[0], FusedTap)):
        observed.hear_results(ran)


def _layer_taps(observed: ObservedCall, ran: Ran) -> list[Tap]:
    facts = observed.facts
    if facts.has_graph:
        try:
            return list(_graph_taps(observed, ran))
        except FAILURES as error:
            facts.note = f"the layer was run again apart, since {_reason(error)}"
    replay = Replay(facts)
    return [ReplayTap(replay, index) for index in range(ran.layers * ran.directions)]


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    return f"torch's graph is not as expected ({type(error).__name__}: {error})."


def _graph_taps(observed: ObservedCall, ran: Ran) -> Iterator[Tap]:
    """A tap for each layer and direction. Errors: FAILURES."""
    facts, firsts = observed.facts, []
    replay = Replay(facts)
    for index, last in enumerate(last_nodes(ran.finals[0])):
        if last.name() == FUSED:
            firsts.append((last, last))
            yield _fused_tap(observed, last, ReplayTap(replay, index))
        else:
            tap, first = _chain_tap(facts, ran, last, ReplayTap(replay, index))
            firsts.append(first)
            yield tap
    if ran.dropout and not saved_values_are_packed():
        facts.masks = _masks(firsts[:: ran.directions])


def _chain_tap(facts: Facts, ran: Ran, last: Any, replayed: ReplayTap) -> tuple[ChainTap, tuple[Any, Any]]:
    """The tap, and the nodes of the first h and of the last that the direction scans."""
    index, frame = replayed.index, replayed.frame
    is_known = index // ran.directions == ran.layers - 1 and ran.kind != "lstm" and ran.output is not None
    wants = facts.shapes.examples > 0 and not saved_values_are_packed()
    is_enough = is_known and ran.kind.startswith("rnn")
    chain = read_chain(ran.kind, last, facts.shapes.steps, wants and not is_enough, not is_known)
    tap = ChainTap(ran.kind, chain, replayed, facts.projection(index))
    if is_known:
        tap.know_states(_top_states(facts, ran, index % ran.directions, frame))
    return tap, (chain.hidden[0], chain.hidden[-1])


def _top_states(facts: Facts, ran: Ran, direction: int, frame: Frame) -> np.ndarray:
    """The last layer's h of the watched examples, shape (T, E, P): its output."""
    assert ran.output is not None  # of a layer
    outputs = facts.shapes.time_first(ran.output.detach()).chunk(ran.directions, -1)[direction]
    return frame.copied(as_array(outputs))


def _fused_tap(observed: ObservedCall, node: Any, replayed: ReplayTap) -> FusedTap:
    facts = observed.facts
    if saved_values_are_packed():
        raise Unreadable(PACKED + ".")

    def fall_back(reason: str) -> Tap:
        facts.note = f"the layer was run again apart, since {reason}."
        return replayed

    tap = FusedTap(node, replayed.frame, fall_back)
    is_alone = facts.shapes.layers * facts.shapes.directions == 1

    def went_back(into: Any, outside: tuple[Tensor | None, ...]) -> None:
        if is_alone:  # then what reaches the kernel is what reaches the layer
            observed.hear_all(outside)
        tap.went_back(outside)

    node.register_hook(went_back)
    return tap


def _masks(layers: list[tuple[Any, Any]]) -> list[Tensor] | None:
    """The dropout masks between layers, given the first and last node of each one's forward direction."""
    pairs = zip(layers, layers[1:], strict=False)
    masks = [_mask(first, last_below._sequence_nr()) for (_, last_below), (first, _) in pairs]
    return None if any(mask is None for mask in masks) else [mask.detach() for mask in masks if mask is not None]


def _mask(first: Any, oldest: int) -> Tensor | None:
    """What the output of the layer below was multiplied by, on the way to this layer's first timestep."""
    front = [first]
    for _ in range(MOST_NODES_TO_A_MASK):
        if not front:
            return None
        node = front.pop(0)
        below = [before for before, _ in node.next_functions if before is not None]
        if node.name() == "MulBackward0" and node is not first and below and below[0].name() in LAYER_OUTPUTS:
            return node._saved_other
        front += [before for before in below if before._sequence_nr() > oldest and before.next_functions]
    return None


def _step_tap(facts: Facts, ran: Ran) -> StepTap:
    frame = facts.shapes.frame(0)
    return StepTap(frame, facts.outside, _step_gates(facts, ran, frame), ran.finals[0].shape[-1])


def _step_gates(facts: Facts, ran: Ran, frame: Frame) -> Callable[[], Arrays]:
    """How to get a step's gates when they are asked for: from its graph, by a replay, or its state alone."""
    if not ran.flat_weights and ran.kind == "state":
        state = facts.finals[0]
        return lambda: {"hidden": frame.pick(as_array(state.get()).reshape(1, frame.batch, -1))}
    values = _step_values(ran, frame)
    replay = Replay(facts)
    if values is not None:
        return lambda: gates_of(ran.kind, saved_arrays(values, frame)) or replay.gates[0]
    return lambda: replay.gates[0]


def _step_values(ran: Ran, frame: Frame) -> dict[str, list[Tensor]] | None:
    """What the nodes of a step saved, apart from its graph; None where that is not to be had."""
    found = origin(ran.finals[0])
    if found is None or saved_values_are_packed():
        return None
    try:
        values = read_chain(ran.kind, found[0], 1, with_values=True).values
    except FAILURES:  # one of our explicit cells, which writes its equations otherwise
        return None
    return {name: [frame.few(value.detach())] for name, (value,) in values.items()} or None
