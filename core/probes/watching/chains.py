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
    """Whether to read what a GRU's states follow from."""
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
        with_states: Whether to read with them what a GRU's states follow from.

    Errors: Unreadable where the graph is another one.
    """
    chain, node = Chain(with_values, with_states), last
    walk, hidden_names = WALKS[kind]
    for step in range(steps, 0, -1):
        while node is not None and (name := node.name()) in BETWEEN_STEPS:
            node = node.next_functions[0][0]
        if node is None:
            raise Unreadable(f"torch's graph ends {step} timesteps before the sequence begins.")
        if name not in hidden_names:
            raise Unreadable(f"torch's graph is not as expected at h: {name} stands for {' or '.join(hidden_names)}.")
        chain.hidden.append(node)
        node = walk(node, chain)
    for nodes in (chain.hidden, chain.cell, chain.exposed, *chain.values.values()):
        nodes.reverse()
    return chain


def _rnn_walk(hidden: Any, chain: Chain) -> Any:
    if chain.with_values:
        chain.values["hidden"].append(hidden._saved_result)
    return _left_factor(hidden.next_functions[0][0].next_functions[0][0])


def _linear_walk(hidden: Any, chain: Chain) -> Any:
    return hidden.next_functions[1][0]


def _gru_walk(hidden: Any, chain: Chain) -> Any:
    (kept, _), (new, _) = hidden.next_functions
    (difference, _), (update, _) = kept.next_functions
    if chain.with_values:
        reset = new.next_functions[0][0].next_functions[1][0].next_functions[1][0]
        values = chain.values
        values["reset"].append(reset._saved_result)
        values["update"].append(update._saved_result)
        values["new"].append(new._saved_result)
        if chain.with_states:
            chain.save("h − n", kept._saved_self)
    return None if difference is None else difference.next_functions[0][0]


def _lstm_walk(hidden: Any, chain: Chain) -> Any:
    if hidden.name() == "MmBackward0":
        hidden = through(hidden.next_functions[0][0], COPIES)
        chain.exposed.append(hidden)
    (output, _), (squashed, _) = hidden.next_functions
    cell = squashed.next_functions[0][0]
    chain.cell.append(cell)
    if chain.with_values:
        _save_lstm(chain, output, squashed, cell)
    return _left_factor(output.next_functions[0][0].next_functions[0][0].next_functions[0][0])


def _save_lstm(chain: Chain, output: Any, squashed: Any, cell: Any) -> None:
    (kept, _), (written, _) = cell.next_functions
    (input, _), (candidate, _) = written.next_functions
    values = chain.values
    values["input"].append(input._saved_result)
    values["forget"].append(kept.next_functions[0][0]._saved_result)
    values["candidate"].append(candidate._saved_result)
    values["output"].append(output._saved_result)
    values["squashed"].append(squashed._saved_result)
    chain.save("c before", kept._saved_other)


def _left_factor(product: Any) -> Any:
    """Of a product with or without a bias: the node of h_{t-1}."""
    if product is None:
        return None
    name = expect(product, ("AddmmBackward0", "MmBackward0"), "at W_hh h").name()
    return product.next_functions[1 if name == "AddmmBackward0" else 0][0]


WALKS: dict[str, tuple[Callable[[Any, Chain], Any], tuple[str, ...]]] = {
    "rnn_tanh": (_rnn_walk, ("TanhBackward0",)),
    "rnn_relu": (_rnn_walk, ("ReluBackward0",)),
    "rnn_identity": (_linear_walk, ("AddmmBackward0",)),
    "gru": (_gru_walk, ("AddBackward0",)),
    "lstm": (_lstm_walk, ("MulBackward0", "MmBackward0")),
}
"""How to get from one h to the one before, and what makes an h."""
