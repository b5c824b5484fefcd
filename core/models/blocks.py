"""The parameters of a sequence model by what they do: one block per weight or bias, gate, layer and direction.

Blocks follow each other in the flattened vector of `model.parameters()`, of which each is one contiguous slice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .config import ModelConfig
from .sequence_model import SequenceModel

GATES = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "new")}
"""Names of a cell's gates in torch's order, which is that of the rows; other cells have none."""
WEIGHTS = ("W_ih", "W_hh", "b_ih", "b_hh")
"""Of each layer and direction, in torch's order."""


@dataclass(frozen=True)
class Block:
    """A slice of the flattened parameters."""

    name: str
    """For people, e.g. "W_hh forget · layer 2 · reverse"."""
    start: int
    stop: int


def parameter_blocks(model: SequenceModel) -> tuple[Block, ...]:
    """Every block of the model; together they tile the flattened vector of its parameters."""
    stack = model.recurrent
    gates = GATES.get(stack.mode.lower(), ("",))
    names = _names(gates, stack.num_layers, stack.bidirectional, any(True for _ in model.embedding.parameters()))
    blocks, start = [], 0
    for name, size in zip(names, _sizes(model, len(gates)), strict=True):
        blocks.append(Block(name, start, start + size))
        start += size
    return tuple(blocks)


def block_names(config: ModelConfig, has_tokens: bool) -> tuple[str, ...]:
    """The blocks' names without the model: `has_tokens` says whether the task's input is tokens, which are embedded."""
    return tuple(_names(GATES.get(config.cell, ("",)), config.layers, config.bidirectional, has_tokens))


def _names(gates: tuple[str, ...], layers: int, is_bidirectional: bool, has_embedding: bool) -> Iterator[str]:
    if has_embedding:
        yield "embedding"
    for place in _places(layers, is_bidirectional):
        for weight in WEIGHTS:
            for gate in gates:
                yield " · ".join(part for part in (f"{weight} {gate}".rstrip(), *place) if part)
    yield from ("readout W", "readout b")


def _places(layers: int, is_bidirectional: bool) -> Iterator[tuple[str, str]]:
    """Layer and direction of each of the stack's cells; nothing where there is but one."""
    for layer in range(1, layers + 1):
        for direction in ("forward", "reverse") if is_bidirectional else ("",):
            yield f"layer {layer}" if layers > 1 else "", direction


def _sizes(model: SequenceModel, gates: int) -> Iterator[int]:
    """Numbers in each block; the gates' rows of a recurrent weight lie one after the other."""
    for path, parameter in model.named_parameters():
        rows = gates if path.startswith("recurrent.") else 1
        yield from [parameter.numel() // rows] * rows
