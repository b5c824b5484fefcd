"""Torch's autograd graph, read: where a tensor comes from, which nodes lead to it, and what passes through a node.

Nothing is written into a graph but hooks that return nothing, and marks that only we read.

Axes: as its caller's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

Node = Any
"""A node of the graph, of which torch's type says too little."""
WRAPPINGS = frozenset({"IndexSelectBackward0", "SqueezeBackward1", "ViewBackward0"})
"""What torch's modules put around a layer's final states."""
Hook = Callable[[Tensor | None], None]
"""Told a gradient, or None where torch leaves out one that is zero."""
MARK = "unroll"
"""Under which a node's metadata says whose exit it is."""


class Unreadable(Exception):
    """Totals of a call cannot be read from the graph; its argument is one sentence that says why."""


class Origin(NamedTuple):
    """Where a tensor comes from, past views of it: that stays in the graph whatever is done to the tensor in place."""

    node_name: str
    output: int
    """Which of the node's outputs."""


def origin(tensor: Tensor) -> tuple[Node, Origin] | None:
    """What computed a tensor's memory; None without a graph, or for a leaf."""
    base = tensor._base if tensor._is_view() and tensor._base is not None else tensor
    node = base.grad_fn
    return None if node is None else (node, Origin(node.name(), base.output_nr))


def listen(node: Node, index: int, hook: Hook) -> None:
    """Have the total gradient of a node's output told to `hook`, after whatever the user's own hooks make of it."""
    node.register_prehook(lambda gradients: hook(gradients[index]))


def listen_inside(nodes: Iterable[Node], hook: Hook) -> dict[int, Hook]:
    """The same at the first output of nodes that no tensor of the user's comes from, at a fifth of the cost.

    Returns:
        Where the hook lies, under 0; it can be exchanged for another.
    """
    listener: Any = torch.empty(0)
    hooks = listener._backward_hooks = OrderedDict({0: hook})
    for node in nodes:
        node._register_hook_dict(listener)
    return hooks


def current_pass() -> int:
    """The number of the backward pass that runs in this thread, -1 if none does."""
    return torch._C._current_graph_task_id()


def saved_values_are_packed() -> bool:
    """Whether what the graph saves goes through hooks now, as under checkpointing: to read it would run them."""
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None


def through(node: Node | None, passing: frozenset[str]) -> Node | None:
    """The first node that is none of the `passing` ones, along first inputs."""
    while node is not None and node.name() in passing:
        node = node.next_functions[0][0]
    return node


def mark(node: Node, owner: tuple[int, str], number: int) -> None:
    """Mark a node as an exit of call `number` of a watch's layer."""
    node.metadata.setdefault(MARK, {})[owner] = number


def nearest_marked(starts: Iterable[Node], owner: tuple[int, str], oldest: int) -> int | None:
    """The call of a watch's layer whose exit is nearest before the given nodes; None if none leads here.

    Args:
        starts: Where to begin.
        owner: The watch and the layer.
        oldest: The lowest sequence number that an exit of its calls has: nodes before it lead to none.
    """
    front, seen = list(starts), set(starts)
    while front:
        following = []
        for node in front:
            number = node.metadata.get(MARK, {}).get(owner)
            if number is not None:
                return number
            for before, _ in node.next_functions:
                is_leaf = before is None or not before.next_functions
                if not is_leaf and before not in seen and before._sequence_nr() >= oldest:
                    seen.add(before)
                    following.append(before)
        front = following
    return None


def last_nodes(final: Node) -> list[Node]:
    """The node of the last h that each layer and direction scans, from that of h_n. Errors: Unreadable."""
    stack = expect(through(final, WRAPPINGS), ("StackBackward0",), "at the final states of a layer")
    nodes = [node for node, _ in stack.next_functions if node is not None]
    if len(nodes) < len(stack.next_functions):
        raise Unreadable("torch's graph ends at the last h of a layer.")
    return nodes


def expect(node: Any, names: tuple[str, ...], place: str) -> Any:
    """The node, if it is one of these. Errors: Unreadable."""
    if node is None or node.name() not in names:
        found = "no node" if node is None else node.name()
        raise Unreadable(
            f"torch's graph is not as expected {place}: {found} where {' or '.join(names)} was looked for."
        )
    return node
