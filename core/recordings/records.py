"""Records: what probes and training hand out, as frozen dataclasses of NumPy arrays.

Axes: L layers, D directions, N batch, E watched examples (the first E of the batch), T timesteps, H hidden units,
P parameters, B blocks of parameters (one per weight or bias, gate, layer and direction, in the order of the vector).
A direction's timestep is the position in the sequence, also for the reverse direction. `[layer, direction]` picks one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class GradientFlow:
    """Total gradient of a scalar loss with respect to each hidden (and cell) state of a recurrent layer.

    `hidden` holds c_t fixed, as the derivative with respect to h_t does; `cell` is the derivative with respect to c_t,
    through the carousel and through h_t. Past a sequence's length every gradient is zero. Unit: loss per unit of state.
    """

    kind: str
    """"rnn", "lstm", "gru", or "state" of a recurrence of the user's own."""
    hidden: np.ndarray
    """∂L/∂h_t, shape (L, D, N, T, H)."""
    lengths: np.ndarray
    """Valid timesteps of each example, shape (N,), int64."""
    cell: np.ndarray | None = None
    """LSTM: ∂L/∂c_t of the watched examples, shape (L, D, E, T, H)."""
    cell_carousel: np.ndarray | None = None
    """LSTM: the part of ∂L/∂c_t that came back along the carousel, f_{t+1} ⊙ ∂L/∂c_{t+1} (and ∂L/∂c_n at the end)."""
    cell_through_gates: np.ndarray | None = None
    """LSTM: the part of ∂L/∂c_t that came through h_t; `cell_carousel + cell_through_gates == cell`."""
    direct: np.ndarray | None = None
    """What reached the layer's output from outside, shape (N, T, D·H): all that `output.retain_grad()` can show."""
    cuts: np.ndarray | None = None
    """Timesteps, from 0, that began with a state of which only the values came over, as after `detach()`; int64."""
    note: str | None = None
    """Why the numbers were found by running the layer again, not read from torch's own pass; None: they were read."""

    def norms(self) -> np.ndarray:
        """‖∂L/∂h_t‖₂ over batch and units, shape (L, D, T)."""
        return np.sqrt(np.square(self.hidden, dtype=np.float64).sum(axis=(2, 4)))

    def cell_norms(self) -> np.ndarray:
        """‖∂L/∂c_t‖₂ over watched examples and units, shape (L, D, T). Errors: ValueError where there is no cell."""
        if self.cell is None:
            raise ValueError(f"cell_norms needs an LSTM's flow, got kind {self.kind!r}; use norms() for ∂L/∂h_t.")
        return np.sqrt(np.square(self.cell, dtype=np.float64).sum(axis=(2, 4)))


@dataclass(frozen=True)
class GateTrace:
    """Gate activations and states of the watched examples, each of shape (L, D, E, T, H); gates in [0, 1].

    LSTM: input, forget, candidate, output, cell, hidden. GRU: reset, update, new, hidden. RNN: hidden. Others are None.
    With `proj_size`, hidden has the projection's width.
    """

    kind: str
    hidden: np.ndarray
    lengths: np.ndarray
    """Valid timesteps of each watched example, shape (E,), int64."""
    input: np.ndarray | None = None
    forget: np.ndarray | None = None
    candidate: np.ndarray | None = None
    output: np.ndarray | None = None
    cell: np.ndarray | None = None
    reset: np.ndarray | None = None
    update: np.ndarray | None = None
    new: np.ndarray | None = None
    note: str | None = None
    """As `GradientFlow.note`."""

    def first(self, examples: int) -> GateTrace:
        """The same of the first examples alone."""
        named: dict[str, Any] = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        cut = {name: value[:, :, :examples] for name, value in named.items() if name != "lengths"}
        return replace(self, lengths=self.lengths[:examples], **cut)


@dataclass(frozen=True)
class TensorCheck:
    """One tensor of a receipt: how far from an unrolled float64 loop it is, and how far its precision alone takes it.

    Differences are max |a − b| / max |b| over this tensor's entries; b is the float64 loop. NaN where the two are not
    NaN and Inf in the same places.
    """

    name: str
    """What it is, e.g. "∂L/∂h, layer 1, reverse" or "weight_hh_l0"."""
    difference: float
    """Of what was watched."""
    plain: float
    """Of the same loop in the precision of the layer: no number of that precision can be asked to be closer."""
    floor: float = 1e-5
    """Differences up to it count as rounding whatever the loop gives."""

    @property
    def agrees(self) -> bool:
        """True if the difference is rounding: at most the floor, or four times what the plain loop has."""
        return self.difference <= max(self.floor, 4 * self.plain)

    def __str__(self) -> str:
        mark = "" if self.agrees else "NO, "
        plain = f"that loop in the layer's own precision by {self.plain:.1e}"
        return f"{mark}{self.name}: off by {self.difference:.1e}; {plain}"


@dataclass(frozen=True)
class Receipt:
    """The tap's numbers beside the same numbers found the slow way: an unrolled float64 loop and finite differences.

    `hidden`, `cell` and `parameters` are the largest of the tensors' differences; each has a maximum of its own to be
    compared with, so that no small tensor hides behind a large one.
    """

    hidden: float
    """Relative difference of ∂L/∂h_t."""
    cell: float | None
    """Relative difference of ∂L/∂c_t; None without a cell."""
    parameters: float
    """Relative difference of the parameter gradients that torch's own layer has, from the same inputs."""
    finite_difference: float
    """Relative difference of the directional derivative at `finite_difference_step` against central differences."""
    finite_difference_step: int
    reference_norms: np.ndarray
    """‖∂L/∂h_t‖₂ found the slow way in float64, shape (L, D, T): shows values that float32 rounds to zero."""
    tensors: tuple[TensorCheck, ...] = ()
    """One by one."""

    @property
    def agrees(self) -> bool:
        """True if every tensor agrees (finite differences: within 1e-3)."""
        return all(tensor.agrees for tensor in self.tensors) and self.finite_difference <= 1e-3

    def __str__(self) -> str:
        verdict = "agrees" if self.agrees else "does NOT agree"
        rows = [f"  {tensor}" for tensor in self.tensors]
        at = f"  central differences at timestep {self.finite_difference_step + 1}"
        step = f"{at}: {self.finite_difference:.1e}"
        head = f"receipt: {verdict} with an unrolled float64 loop"
        return "\n".join([head, *rows, step])


@dataclass(frozen=True)
class ModelStep:
    """What one model did in one training step. NaN and Inf are kept as they came."""

    name: str
    """The model's name within its run, e.g. "lstm"; prefixes its records on disk."""
    loss: float
    """Mean loss over the batch: nats (classification) or squared error (regression)."""
    accuracy: float
    """Share of right answers in [0, 1]."""
    gradient_norm: float
    """L2 norm of the gradient over all parameters, before clipping."""
    clipped_norm: float
    """The same after clipping."""
    update_ratio: float
    """‖Δθ‖₂ / ‖θ‖₂ over all parameters in this step."""
    hidden_norms: np.ndarray
    """‖∂L/∂h_t‖₂, shape (L, D, T), float32."""
    block_gradients: np.ndarray
    """L2 norm of the gradient of each block of parameters, before clipping, shape (B,), float32."""
    block_updates: np.ndarray
    """‖Δθ‖₂ / ‖θ‖₂ of each block in this step, shape (B,), float32; Inf for a block that was all zero till now."""
    cell_norms: np.ndarray | None = None
    """LSTM: ‖∂L/∂c_t‖₂, shape (L, D, T), float32."""
    gates: GateTrace | None = None
    """A snapshot of gates and states, at some steps only."""
    parameters: np.ndarray | None = None
    """Those with which the gradient was computed, so before this step's update, shape (P,), float32; at some steps."""


@dataclass(frozen=True)
class TrainingStep:
    """One optimizer update of every model of a run, on the same batch. Step 0 is measured before any update."""

    step: int
    models: tuple[ModelStep, ...]
