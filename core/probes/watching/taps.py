"""Taps: what was seen of one layer in one direction in one call, filled by hooks in torch's own passes.

Axes: T timesteps by their place in the sequence, N batch as the kernel sorts it, E watched examples as the user counts
them, H hidden units, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Arrays = dict[str, np.ndarray]
LARGE = 4096
"""Numbers in a timestep's states from which on it is cheaper to pick the watched examples before anything else."""


class Tap(Protocol):
    """What a call keeps of each layer and direction."""

    @property
    def gates(self) -> Arrays:
        """Gates and states of the watched examples by their names in `GateTrace`, each (T, E, H)."""

    @property
    def hidden(self) -> np.ndarray:
        """∂L/∂h_t of the last backward pass, shape (T, N, P)."""

    @property
    def cell(self) -> np.ndarray | None:
        """LSTM: ∂L/∂c_t, shape (T, E, H)."""

    @property
    def cell_carousel(self) -> np.ndarray | None:
        """Its part along the carousel, and from outside at the end."""

    @property
    def cell_through_gates(self) -> np.ndarray | None:
        """Its part through h_t."""

    def begin(self) -> None:
        """Forget the last backward pass: another one has reached the call."""

    def be_careful(self, enter: Callable[[], None]) -> None:
        """From now on, call `enter` before anything is heard."""


@dataclass(frozen=True)
class Frame:
    """How what comes step by step, as a direction scans, is put in its place."""

    steps: int
    batch: int
    some: Tensor | slice
    """The watched examples, in the kernel's batch."""
    is_reversed: bool = False
    batch_sizes: tuple[int, ...] | None = None
    """Packed and unequal: how many examples have each timestep; None: all of them."""

    def of_all(self, scanned: Sequence[Tensor | None]) -> np.ndarray:
        """(T, N, H) from what the first steps of the scan gave, (N, H) each or fewer examples; zero where none did."""
        scanned = _filled(scanned)
        if len(scanned) == self.steps and self.batch_sizes is None:
            in_sequence = reversed(scanned) if self.is_reversed else scanned
            return as_array(torch.stack(list(in_sequence)))
        rows = max(len(step) for step in scanned)
        room = np.zeros((self.steps, rows, scanned[0].shape[-1]), as_array(scanned[0][:0]).dtype)
        for number, step in enumerate(scanned):
            room[self.steps - 1 - number if self.is_reversed else number, : len(step)] = as_array(step)
        return room

    def of_some(self, scanned: Sequence[Tensor | None]) -> np.ndarray:
        """The same of the watched examples alone, (T, E, H)."""
        scanned = _filled(scanned)
        if self._is_cheaper_first(scanned[0]):
            scanned = [step[self.some] for step in scanned]
        found = self.of_all(scanned)
        if found.shape[1] < self.batch:  # they are alone already
            return found
        return self.pick(found)

    def pick(self, values: np.ndarray) -> np.ndarray:
        """The watched examples of (T, N, H), a copy; not one where they are all."""
        if isinstance(self.some, slice):
            return values if self.some.stop == self.batch else values[:, self.some].copy()
        return values[:, self.some.cpu().numpy()]

    def copied(self, values: np.ndarray) -> np.ndarray:
        """The same, always a copy."""
        picked = self.pick(values)
        return picked.copy() if picked is values else picked

    def few(self, step: Tensor) -> Tensor:
        """One timestep's states of the watched examples alone where they are many, else as they are."""
        return step[self.some].clone() if self._is_cheaper_first(step) else step

    def keeping(self, heard: list[Tensor | None]) -> Callable[[Tensor | None], None]:
        """A hook that keeps what it hears of the watched examples, or of all where that is cheaper and no larger."""

        def keep(gradient: Tensor | None) -> None:
            heard.append(None if gradient is None else self.few(gradient))

        return keep

    def last_scanned(self) -> np.ndarray:
        """At which timestep each watched example's scan ends, shape (E,)."""
        if self.is_reversed or self.batch_sizes is None:
            last = np.full(self.batch, 0 if self.is_reversed else self.steps - 1)
        else:
            last = (np.array(self.batch_sizes)[:, None] > np.arange(self.batch)).sum(0) - 1
        return last[self.some if isinstance(self.some, slice) else self.some.cpu().numpy()]

    def _is_cheaper_first(self, step: Tensor) -> bool:
        if not isinstance(self.some, slice) or self.batch_sizes is not None:
            return False
        return len(step) == self.batch > self.some.stop and step.numel() > LARGE


def _filled(scanned: Sequence[Tensor | None]) -> list[Tensor]:
    """What torch left out, as it does where a node's gradient is zero throughout, as zeros."""
    like = next((step for step in scanned if step is not None), None)
    if like is None:
        raise LookupError("a backward pass came here, but brought no gradient.")
    return [torch.zeros_like(like) if step is None else step for step in scanned]


def carousel(forget: np.ndarray, cell: np.ndarray, through_gates: np.ndarray, frame: Frame) -> np.ndarray:
    """f_{t+1} ⊙ ∂L/∂c_{t+1}, and what came from outside where a scan ends; each of shape (T, E, H)."""
    passed, found = forget * cell, np.zeros_like(cell)
    if frame.is_reversed:
        found[1:] = passed[:-1]
    else:
        found[:-1] = passed[1:]
    ends, rows = frame.last_scanned(), np.arange(cell.shape[1])
    found[ends, rows] = cell[ends, rows] - through_gates[ends, rows]
    return found


def as_array(value: Tensor) -> np.ndarray:
    """A tensor as NumPy has it: detached, on the CPU, float32 where NumPy has no such type."""
    value = value.detach()
    return (value if value.dtype in (torch.float32, torch.float64) else value.float()).cpu().numpy()
