"""One call of a recurrent layer: what went in, what came out, and what was seen of the gradient.

Axes: L layers, D directions, N batch, T timesteps first, I input, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .scans import Weights
from .watching.taps import Tap


@dataclass
class RecurrentCall:
    """What went into a layer, what came out, and the taps that were set in it."""

    kind: str
    layers: int
    directions: int
    lengths: Tensor
    """Valid timesteps of each example, shape (N,)."""
    inputs: Tensor
    """Shape (T, N, I), detached."""
    hidden: Tensor
    """Initial states, shape (L·D, N, P)."""
    cell: Tensor | None
    """LSTM: initial cell states, shape (L·D, N, H)."""
    weights: list[Weights]
    """By layer, then direction."""
    is_cell: bool = False
    ends_early: bool = False
    """Whether some example has fewer timesteps than the longest; else `lengths` need not be looked at."""
    taps: Sequence[Tap] = ()
    """By layer, then direction."""
    masks: list[Tensor] = field(default_factory=list)
    """Dropout masks between the layers, already divided by 1 − p, each (T, N, D·P)."""
    versions: list[int] = field(default_factory=list)
    """In-place versions of the weights when the call ran."""
    from_outside: dict[str, Tensor] = field(default_factory=dict)
    """Gradients that reached "output" (T, N, D·P), "hidden" and "cell" (final states, as the initial ones)."""
    order: Tensor | None = None
    """Packed input: the place in this call of each example as the user counts them, shape (N,)."""

    number: int = 0
    """Its place among the calls of its layer."""
    starts_from: int | None = None
    """The number of the call from whose final state this one starts, through whatever lies between; None: of none."""
    is_cut: bool = False
    """Whether only values came from there, and no gradient goes back."""
    is_reached: bool = True
    """Whether a backward pass came here."""
    obstacle: str | None = None
    """Why it cannot be run again apart, in one sentence; None: it can."""

    def changed_weights(self) -> bool:
        """True if a weight was changed in place since the call."""
        weights = (tensor for row in self.weights for tensor in vars(row).values() if tensor is not None)
        return self.versions != [version(tensor) for tensor in weights]


def version(tensor: Tensor) -> int:
    """How often a tensor was changed in place; -1 where torch does not count, as in inference mode."""
    try:
        return tensor._version
    except RuntimeError:  # in inference mode torch does not count
        return -1


def split_weights(flat: Sequence[Tensor], has_biases: bool, count: int) -> list[Weights]:
    """Torch's flat list of parameters as one `Weights` per layer and direction (`count` of them)."""
    width = len(flat) // count
    biases = 2 if has_biases else 0
    chunks = [flat[index * width : (index + 1) * width] for index in range(count)]
    return [
        Weights(*chunk[:2], *(chunk[2:4] if has_biases else (None, None)), *chunk[2 + biases :]) for chunk in chunks
    ]


def reversed_in_time(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Each example's valid part backwards, padding left where it is; sequence of shape (T, N, …)."""
    steps = sequence.shape[0]
    if bool((lengths == steps).all()):
        return sequence.flip(0)
    time = torch.arange(steps, device=sequence.device).unsqueeze(1)
    index = torch.where(time < lengths, lengths - 1 - time, time)  # (T, N)
    return sequence.gather(0, index.view(*index.shape, *[1] * (sequence.dim() - 2)).expand_as(sequence))
