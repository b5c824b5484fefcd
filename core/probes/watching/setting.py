"""Where a call's taps are set: the graph of its results is read down to the nodes of every timestep.

Axes: L layers, D directions, N batch, T timesteps, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from ..fused.tap import FusedTap
from .chain_tap import ChainTap, gates_of, saved_arrays
from .chains import Chain, read_chain
from .facts import Facts
from .graph import Unreadable, origin, saved_values_are_packed
from .observed import Exits, ObservedCall
from .ran import Ran
from .replay_tap import Replay, ReplayTap
from .step_tap import StepTap
from .taps import Arrays, Frame, Tap, as_array

FUSED = "MkldnnRnnLayerBackward0"
LAYER_OUTPUTS = {"StackBackward0", "CatBackward0", FUSED}
MOST_NODES_TO_A_MASK = 64
FAILURES = (Unreadable, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""What the reading of another graph than the expected one ends in."""
PACKED = (
    "values that torch saves for the backward pass are packed away here, as by checkpointing or save_on_cpu, and "
    "reading them could run the model again"
)


def set_taps(observed: ObservedCall, ran: Ran, exits: Exits | None) -> None:
    """Give a call its taps; what cannot be read is replayed, and its note says why."""
    facts = observed.facts
    if ran.is_cell:
        observed.taps = [_step_tap(facts, ran)]
    else:
        facts.masks = None if ran.dropout else []
        observed.taps = _layer_taps(observed, ran, exits)
    if exits is not None and not (len(observed.taps) == 1 and isinstance(observed.taps[0], FusedTap)):
        observed.hear_results(ran)


def _layer_taps(observed: ObservedCall, ran: Ran, exits: Exits | None) -> list[Tap]:
    facts = observed.facts
    if exits is not None:
        try:
            return _graph_taps(observed, ran, exits)
        except FAILURES as error:
            facts.note = f"the layer was run again apart, since {_reason(error)}"
    replay = Replay(facts)
    return [ReplayTap(replay, index) for index in range(ran.layers * ran.directions)]


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    return f"torch's graph is not as expected ({type(error).__name__}: {error})."


def _graph_taps(observed: ObservedCall, ran: Ran, exits: Exits) -> list[Tap]:
    """A tap for each layer and direction. Errors: FAILURES."""
    facts, lasts = observed.facts, exits.nodes
    if exits.obstacle is not None:
        raise exits.obstacle
    chains = [None if last.name() == FUSED else _chain(facts, ran, last, place) for place, last in enumerate(lasts)]
    if ran.dropout and not saved_values_are_packed():
        facts.masks = _masks(lasts[:: ran.directions], chains[:: ran.directions])
    replay = Replay(facts)
    replayed = [ReplayTap(replay, place) for place in range(len(lasts))]
    return [
        _fused_tap(observed, last, other) if chain is None else _chain_tap(facts, ran, chain, other)
        for last, chain, other in zip(lasts, chains, replayed, strict=True)
    ]


def _chain(facts: Facts, ran: Ran, last: Any, index: int) -> Chain:
    is_known = _is_known_from_output(ran, index)
    wants = facts.shapes.examples > 0 and not saved_values_are_packed()
    is_enough = is_known and ran.kind.startswith("rnn")
    return read_chain(ran.kind, last, facts.shapes.steps, wants and not is_enough, not is_known)


def _is_known_from_output(ran: Ran, index: int) -> bool:
    """Whether h is the layer's output, which is cheaper to take than what it follows from."""
    return index // ran.directions == ran.layers - 1


def _chain_tap(facts: Facts, ran: Ran, chain: Chain, replayed: ReplayTap) -> ChainTap:
    index = replayed.index
    tap = ChainTap(ran.kind, chain, replayed, facts.projection(index))
    if _is_known_from_output(ran, index):
        tap.know_states(_top_states(facts, ran, index % ran.directions, replayed.frame))
    return tap


def _top_states(facts: Facts, ran: Ran, direction: int, frame: Frame) -> np.ndarray:
    """The last layer's h of the watched examples, shape (T, E, P): its output."""
    assert ran.output is not None  # of a layer
    output = ran.output.detach()
    is_plain = ran.batch_sizes is None and output.dim() == 3
    steps = as_array(output) if is_plain else as_array(facts.shapes.time_first(output))
    if is_plain and ran.batch_first:
        steps = steps.swapaxes(0, 1)
    size = steps.shape[-1] // ran.directions
    return np.ascontiguousarray(frame.copied(steps[..., direction * size : (direction + 1) * size]))


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
        observed.enter()
        if is_alone:  # then what reaches the kernel is what reaches the layer
            observed.hear_all(outside)
        tap.went_back(outside)

    node.register_hook(went_back)
    return tap


def _masks(lasts: list[Any], chains: list[Chain | None]) -> list[Tensor] | None:
    """The dropout masks between layers, given the nodes of each one's forward direction; None if one is not found."""
    firsts = [last if chain is None else chain.hidden[0] for last, chain in zip(lasts, chains, strict=True)]
    ends = [last if chain is None else chain.hidden[-1] for last, chain in zip(lasts, chains, strict=True)]
    masks = [_mask(first, below._sequence_nr()) for below, first in zip(ends, firsts[1:], strict=False)]
    return None if any(mask is None for mask in masks) else [mask.detach() for mask in masks if mask is not None]


def _mask(first: Any, oldest: int) -> Tensor | None:
    """What the output of the layer below was multiplied by, on the way to this layer's first timestep."""
    front, seen = [first], {first}
    for node in front:  # which grows
        below = [before for before, _ in node.next_functions if before is not None and before.next_functions]
        if node.name() == "MulBackward0" and node is not first and below and below[0].name() in LAYER_OUTPUTS:
            return node._saved_other
        found = [before for before in below if before not in seen and before._sequence_nr() > oldest]
        seen.update(found)
        front += found if len(front) < MOST_NODES_TO_A_MASK else []
    return None


def _step_tap(facts: Facts, ran: Ran) -> StepTap:
    frame = facts.shapes.frame(0)
    size = ran.finals[0].numel() // max(frame.batch, 1)
    weight = facts.projection(0) if ran.flat_weights else None
    projection = None if weight is None else as_array(weight).copy()
    return StepTap(frame, facts.outside, _step_gates(facts, ran, frame), size, projection)


def _step_gates(facts: Facts, ran: Ran, frame: Frame) -> Callable[[], Arrays]:
    """How to get a step's gates when they are asked for: from its graph, by a replay, or its state alone."""
    if ran.kind == "state":
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
