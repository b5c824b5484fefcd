"""How the axes of a call lie, and how what the user holds is turned to lie as the kernels and records have it.

Axes: L layers, D directions, N batch, E watched examples, T timesteps, I input, H hidden units, P units of h.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .graph import Origin
from .ran import Ran
from .taps import Frame


@dataclass(slots=True)
class Shapes:
    """Sizes and order of one call."""

    steps: int
    batch: int
    layers: int
    directions: int
    examples: int
    """E."""
    is_cell: bool
    batch_first: bool
    packed: Tensor | None
    """How many examples have each timestep; None where all have all."""
    order: Tensor | None
    """Packed: the place in the kernel's batch of each example as the user counts them."""
    states_in_users_order: bool

    @classmethod
    def of(cls, ran: Ran, examples: int | None) -> Shapes:
        """From a call, when `examples` are to be watched (None: all)."""
        steps, batch = _sizes(ran)
        return cls(
            steps,
            batch,
            ran.layers,
            ran.directions,
            batch if examples is None else min(examples, batch),
            ran.is_cell,
            ran.batch_first,
            ran.batch_sizes,
            ran.order,
            ran.states_in_users_order,
        )

    @property
    def ends_early(self) -> bool:
        """Whether some example is shorter than the longest."""
        return self.packed is not None and int(self.packed[-1]) < self.batch

    def frame(self, direction: int) -> Frame:
        """How a direction's steps stand in the call."""
        some = slice(0, self.examples) if self.order is None else self.order[: self.examples]
        sizes = tuple(self.packed.tolist()) if self.packed is not None and self.ends_early else None
        return Frame(self.steps, self.batch, some, direction == 1, sizes)

    def lengths(self) -> np.ndarray:
        """Valid timesteps of each example in the kernel's batch, shape (N,)."""
        if self.packed is None:
            return np.full(self.batch, self.steps)
        return (self.packed.numpy()[:, None] > np.arange(self.batch)).sum(0)

    def time_first(self, values: Tensor, is_time_first: bool = False) -> Tensor:
        """Inputs, outputs or masks as (T, N, …), from any of the forms that torch's layers take."""
        if self.is_cell:
            return values.reshape(1, self.batch, self._size(values, self.batch))
        if self.packed is not None and values.dim() == 3:  # of equal lengths, before torch packed it
            return values
        if self.packed is not None:
            return torch._VF._pad_packed_sequence(values, self.packed, False, 0.0, self.steps)[0]
        if values.dim() == 2 or self.batch == 1:
            return values.reshape(self.steps, self.batch, values.shape[-1])
        return values.transpose(0, 1) if self.batch_first and not is_time_first else values

    def output_gradient(self, gradient: Tensor, origin: Origin) -> Tensor:
        """What reached a layer's output, shape (T, N, D·P), from how torch laid it out where the output was made."""
        return self.time_first(gradient, is_time_first=not origin.node_name.startswith("Transpose"))

    @staticmethod
    def _size(values: Tensor, rows: int) -> int:
        """Units of a state, whose further axes are taken together."""
        return values.numel() // rows if rows else values.shape[-1]

    def states(self, values: Tensor) -> Tensor:
        """States or their gradients as (L·D, N, P), in the order of the kernel's batch."""
        rows = self.layers * self.directions
        values = values.reshape(rows, self.batch, self._size(values, rows * self.batch))
        if self.order is None or not self.states_in_users_order:
            return values
        return values.index_select(1, torch.argsort(self.order))


def _sizes(ran: Ran) -> tuple[int, int]:
    """T and N."""
    if ran.is_cell:
        return 1, len(ran.inputs) if ran.inputs.dim() > 1 else 1
    if ran.batch_sizes is not None:
        return len(ran.batch_sizes), int(ran.batch_sizes[0])
    if ran.inputs.dim() == 2:
        return len(ran.inputs), 1
    steps, batch = ran.inputs.shape[:2]
    return (batch, steps) if ran.batch_first else (steps, batch)
