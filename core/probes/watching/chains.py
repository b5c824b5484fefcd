"""Recurrences that torch runs one operation a node, found again in its graph: nodes of every h_t and c_t, and gates.

    rnn    h = tanh(Add(Addmm(h₋), …))
    gru    h = Add(Mul(Sub(h₋, n), z), n),  n = tanh(Add(…, Mul(…, r)))
    lstm   h = Mul(o, tanh(c)), perhaps Mm(h, W_hr);  c = Add(Mul(f, c₋), Mul(i, g));  o = σ(Split(Add(Addmm(h₋), …)))

Axes: T timesteps as the direction scans, N batch, H hidden units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from .graph import Unreadable, expect, through

COPIES = frozenset({"ToCopyBackward0"})
"""Nodes that stand between two of one step: changes of dtype, under autocast."""
BETWEEN_STEPS = COPIES | {"SliceBackward0", "CatBackward0"}
"""And between two steps: examples that end or begin, of a packed sequence."""


@dataclass
class Chain:
    """One layer in one direction; all lists are by timestep, as the direction scans, once the walk is over."""

    with_values: bool
    """Whether to read gates, which must not be while saved values are packed."""
    with_states: bool = True
    """Whether to read what h follows from, where it is not known otherwise."""
    hidden: list[Any] = field(default_factory=list)
    """The node of h_t."""
    cell: list[Any] = field(default_factory=list)
    """LSTM: of c_t."""
    exposed: list[Any] = field(default_factory=list)
    """LSTM with a projection: of o_t ⊙ tanh c_t."""
    values: dict[str, list[Tensor]] = field(default_factory=lambda: defaultdict(list))
    """What steps saved, each (N, H), by the names of `GateTrace`, and some from which states follow."""

    def save(self, name: str, value: Tensor) -> None:
        """Keep what a node saved. Errors: Unreadable if it saved nothing."""
        if value is None:
            raise Unreadable(f"torch's graph keeps no {name} where it was looked for.")
        self.values[name].append(value)


def read_chain(kind: str, last: Any, steps: int, with_values: bool, with_states: bool = True) -> Chain:
    """Walk back from the node of h_T to that of h_1.

    Args:
        kind: "rnn_tanh", "rnn_relu", "rnn_identity", "gru" or "lstm".
        last: The node of the last h that the direction scans.
        steps: T.
        with_values: Whether to read gates, which must not be while saved values are packed.
        with_states: Whether to read with them what h follows from.

    Errors: Unreadable where the graph is another one.
    """
    chain = Chain(with_values, with_states)
    walk, names = WALKS[kind]
    walk(last, steps, names, chain)
    for nodes in (chain.hidden, chain.cell, chain.exposed, *chain.values.values()):
        nodes.reverse()
    return chain


def _at_hidden(node: Any, names: frozenset[str]) -> Any:
    """The node of h at or before this one, past what may stand between two steps. Errors: Unreadable."""
    found = through(node, BETWEEN_STEPS)
    if found is None:
        raise Unreadable("torch's graph ends before the sequence begins.")
    return expect(found, tuple(names), "at h")


def _walk_rnn(node: Any, steps: int, names: frozenset[str], chain: Chain) -> None:
    nodes, states, place = chain.hidden, chain.values["hidden"] if chain.with_values else None, None
    for _ in range(steps):
        if node is None or node.name() not in names:
            node = _at_hidden(node, names)
        nodes.append(node)
        if states is not None:
            states.append(node._saved_result)
        product = node.next_functions[0][0].next_functions[0][0]
        if place is None:
            place = _left_factor(product)
        node = None if product is None else product.next_functions[place][0]


def _walk_linear(node: Any, steps: int, names: frozenset[str], chain: Chain) -> None:
    for _ in range(steps):
        node = _at_hidden(node, names)
        chain.hidden.append(node)
        node = node.next_functions[1][0]


def _walk_gru(node: Any, steps: int, names: frozenset[str], chain: Chain) -> None:
    nodes, values, with_states = chain.hidden, chain.values if chain.with_values else None, chain.with_states
    for _ in range(steps):
        if node is None or node.name() not in names:
            node = _at_hidden(node, names)
        nodes.append(node)
        (kept, _), (new, _) = node.next_functions
        (difference, _), (update, _) = kept.next_functions
        if values is not None:
            reset = new.next_functions[0][0].next_functions[1][0].next_functions[1][0]
            values["reset"].append(reset._saved_result)
            values["update"].append(update._saved_result)
            values["new"].append(new._saved_result)
            if with_states:
                chain.save("h − n", kept._saved_self)
        node = None if difference is None else difference.next_functions[0][0]


def _walk_lstm(node: Any, steps: int, names: frozenset[str], chain: Chain) -> None:
    place = None
    for _ in range(steps):
        if node is None or node.name() not in names:
            node = _at_hidden(node, names)
        chain.hidden.append(node)
        if node.name() == "MmBackward0":
            node = through(node.next_functions[0][0], COPIES)
            chain.exposed.append(node)
        (output, _), (squashed, _) = node.next_functions
        cell = squashed.next_functions[0][0]
        chain.cell.append(cell)
        if chain.with_values:
            _save_lstm(chain, output, squashed, cell)
        product = output.next_functions[0][0].next_functions[0][0].next_functions[0][0]
        if place is None:
            place = _left_factor(product)
        node = None if product is None else product.next_functions[place][0]


def _save_lstm(chain: Chain, output: Any, squashed: Any, cell: Any) -> None:
    (kept, _), (written, _) = cell.next_functions
    (input, _), (candidate, _) = written.next_functions
    values = chain.values
    values["input"].append(input._saved_result)
    values["forget"].append(kept.next_functions[0][0]._saved_result)
    values["candidate"].append(candidate._saved_result)
    values["output"].append(output._saved_result)
    if chain.with_states:
        values["squashed"].append(squashed._saved_result)
    chain.save("c before", kept._saved_other)


def _left_factor(product: Any) -> int | None:
    """Where W_hh h has the node of h, with and without a bias; None where no gradient goes to it."""
    if product is None:
        return None
    name = expect(product, ("AddmmBackward0", "MmBackward0"), "at W_hh h").name()
    return 1 if name == "AddmmBackward0" else 0


WALKS: dict[str, tuple[Callable[[Any, int, frozenset[str], Chain], None], frozenset[str]]] = {
    "rnn_tanh": (_walk_rnn, frozenset({"TanhBackward0"})),
    "rnn_relu": (_walk_rnn, frozenset({"ReluBackward0"})),
    "rnn_identity": (_walk_linear, frozenset({"AddmmBackward0"})),
    "gru": (_walk_gru, frozenset({"AddBackward0"})),
    "lstm": (_walk_lstm, frozenset({"MulBackward0", "MmBackward0"})),
}
"""How to get from the last h to the first, and what makes an h."""
