"""A recurrent model unrolled over what it reads: every state, every gate, and the two sums that make each.

Axes: T timesteps, I input features, H hidden units, L layers, D directions, G gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..probes.intervention import NAMES
from .read_planes import Expected, expected_ones
from .reading import Passage, Reader, Reading, encode, read

BENT = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "new"), "rnn": ("hidden",)}
"""What each cell bends a sum into, in the order of its weights."""
MOST_STEPS = 200


@dataclass(frozen=True, eq=False)
class UnrolledPass:
    """One layer in one direction, over the whole passage."""

    inputs: np.ndarray
    """What the layer reads: embedded symbols, or the states of the layer below; shape (T, I)."""
    from_input: dict[str, np.ndarray]
    """W x_t + b of each gate of BENT, shape (T, H)."""
    from_state: dict[str, np.ndarray]
    """U h_{t−1} + b′ of the same; before a GRU's r multiplies that of its n."""
    planes: dict[str, np.ndarray]
    """Gates and states, shape (T, H), in the order in which a step computes them."""
    weight_input: np.ndarray
    """W, shape (G·H, I)."""
    weight_hidden: np.ndarray
    """U, shape (G·H, H)."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A model over one passage."""

    kind: str
    """"lstm", "gru" or "rnn"."""
    activation: str
    """What a plain RNN bends its sum with: "tanh", "relu" or "identity"."""
    tokens: tuple[str, ...]
    passes: tuple[tuple[UnrolledPass, ...], ...]
    """By layer and direction."""
    losses: np.ndarray
    """As `Reading.losses`, shape (T,)."""
    expected: tuple[Expected, ...] | None
    """As `ReadPlanes.expected`."""
    parameters: int
    """Numbers of the recurrent stack, which all timesteps share."""


def unrolled(reader: Reader, passage: Passage, texts: Path | None = None) -> Unrolled:
    """Read and take apart, in float64.

    Errors: as `read`; ValueError for a model that reads numbers, and for more than MOST_STEPS timesteps.
    """
    reading = read(reader, passage, (), texts)
    opened, stack = reading.opened, reading.opened.model.recurrent
    if not opened.symbols:
        raise ValueError("unrolled needs a model that reads tokens, got one of numbers; choose another task.")
    if len(reading.tokens) > MOST_STEPS:
        raise ValueError(f"at most {MOST_STEPS} timesteps are unrolled, got {len(reading.tokens)}; read fewer.")
    with torch.no_grad():
        embedded = opened.model.embedding(encode(opened.symbols, reading.tokens))  # (T, I)
    kind = reading.trace.kind
    return Unrolled(
        kind,
        stack.mode.removeprefix("RNN_").lower() if kind == "rnn" else "tanh",
        reading.tokens,
        tuple(_passes(stack, reading, layer, embedded) for layer in range(stack.num_layers)),
        reading.losses,
        expected_ones(reading),
        sum(weight.numel() for weight in stack.parameters()),
    )


@torch.no_grad()
def _passes(stack: nn.RNNBase, reading: Reading, layer: int, embedded: Tensor) -> tuple[UnrolledPass, ...]:
    directions = 1 + stack.bidirectional
    below = embedded
    if layer > 0:
        below = torch.tensor(np.concatenate([reading.trace.hidden[layer - 1, way, 0] for way in range(directions)], -1))
    return tuple(_pass(stack, reading, layer, way, below) for way in range(directions))


def _pass(stack: nn.RNNBase, reading: Reading, layer: int, direction: int, inputs: Tensor) -> UnrolledPass:
    weight_input, weight_hidden, bias_input, bias_hidden = stack.all_weights[
        layer * (1 + stack.bidirectional) + direction
    ]
    kind = reading.trace.kind
    hidden = torch.tensor(reading.plane("hidden", layer, direction))
    zeros = torch.zeros_like(hidden[:1])
    before = torch.cat([hidden[1:], zeros] if direction else [zeros, hidden[:-1]])
    return UnrolledPass(
        inputs.numpy(),
        _by_gate(kind, inputs @ weight_input.T + bias_input),
        _by_gate(kind, before @ weight_hidden.T + bias_hidden),
        {name: reading.plane(name, layer, direction) for name in NAMES[kind]},
        weight_input.numpy(),
        weight_hidden.numpy(),
    )


def _by_gate(kind: str, sums: Tensor) -> dict[str, np.ndarray]:
    """(T, G·H) as G x (T, H)."""
    return dict(zip(BENT[kind], (part.numpy() for part in sums.chunk(len(BENT[kind]), dim=1)), strict=True))
