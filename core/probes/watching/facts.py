"""What is kept of a call at once: what went in, what came out, and what its backward pass brought from outside.

Nothing kept holds the graph: tensors are detached, nodes are left to torch.

Axes: L layers, D directions, N batch, T timesteps, I input, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..recurrent_call import RecurrentCall, split_weights, version
from ..scans import Weights
from .graph import Origin
from .ran import Ran
from .shapes import Shapes
from .taps import Tap

SMALL = 2**16
"""Numbers up to which states and inputs are copied, so that code that changes them in place later loses nothing."""


class Kept:
    """A tensor as it was: a copy if it is small, else the memory itself and how often it had been changed."""

    __slots__ = ("_tensor", "_version", "_what")

    def __init__(self, tensor: Tensor, what: str, may_copy: bool = True) -> None:
        """Keep it, apart from its graph; torch.no_grad must be on."""
        self._what, is_copied = what, may_copy and tensor.numel() <= SMALL
        self._tensor = tensor.clone() if is_copied else tensor.detach()
        self._version = None if is_copied else version(tensor)

    @property
    def is_intact(self) -> bool:
        """Whether nobody has written to it since."""
        return self._version is None or version(self._tensor) == self._version

    def zeros(self) -> Tensor:
        """Zeros like it."""
        return torch.zeros_like(self._tensor)

    def get(self) -> Tensor:
        """The tensor, as it is now."""
        return self._tensor

    def obstacle(self) -> str | None:
        """Why nothing can be computed from it again; None: it can."""
        if self.is_intact:
            return None
        return (
            f"the {self._what} of this call was written to in place since it ran, so nothing can be computed from it "
            "again; ask before that, or give the model a copy."
        )


class Facts:
    """One call without its taps."""

    def __init__(self, ran: Ran, examples: int | None) -> None:
        self.kind, self.shapes = ran.kind, Shapes.of(ran, examples)
        self.has_graph = any(final.grad_fn is not None for final in ran.finals)
        self.inputs = Kept(ran.inputs, "input", may_copy=not self.has_graph)
        self.initial = [Kept(state, "initial state") for state in ran.initial]
        self.finals = [Kept(state, "final state") for state in ran.finals]
        self._flat, self._has_biases = _apart(ran.flat_weights), ran.has_biases
        self._versions = [version(weight) for weight in self._flat]
        self.is_derived = False
        """Whether a pass built a graph of its own: then a later one goes through the gradient of a gradient too."""
        self.note: str | None = None
        """Why numbers are not read from torch's graph, in one sentence; None: they are."""
        self.autocast = ran.autocast
        self.masks: list[Tensor] | None = []
        """Dropout masks between layers, as the kernel has them; None: not known."""
        self.origins: dict[str, Origin] = {}
        self.outside: dict[str, Tensor] = {}
        """What reached "output", "hidden" and "cell" (final states) in the last backward pass, as torch has it."""

    def call(self, taps: Sequence[Tap] = ()) -> RecurrentCall:
        """The call as probes take it."""
        shapes, hidden = self.shapes, self._state(0)
        return RecurrentCall(
            kind=self.kind,
            layers=shapes.layers,
            directions=shapes.directions,
            lengths=torch.from_numpy(shapes.lengths()).to(hidden.device),
            inputs=shapes.time_first(self.inputs.get()),
            hidden=hidden,
            cell=self._state(1) if self.kind == "lstm" else None,
            weights=self.weights(),
            is_cell=shapes.is_cell,
            ends_early=shapes.ends_early,
            taps=taps,
            masks=[shapes.time_first(mask, is_time_first=True) for mask in self.masks or ()],
            versions=self._versions,
            from_outside=self.from_outside(),
            order=shapes.order,
            obstacle=self._obstacle(),
        )

    def weights(self) -> list[Weights]:
        """By layer, then direction; empty where the arithmetic is not torch's."""
        count = self.shapes.layers * self.shapes.directions
        return split_weights(self._flat, self._has_biases, count) if self._flat else []

    def projection(self, index: int) -> Tensor | None:
        """W_hr of one layer and direction."""
        width = len(self._flat) // (self.shapes.layers * self.shapes.directions)
        return self._flat[(index + 1) * width - 1] if width - 2 * self._has_biases == 3 else None

    def from_outside(self) -> dict[str, Tensor]:
        """What reached "output", shape (T, N, D·P), and "hidden" and "cell", shape (L·D, N, P), from outside."""
        found = {}
        for name, value in self.outside.items():
            is_output = name == "output"
            found[name] = (
                self.shapes.output_gradient(value, self.origins[name]) if is_output else self.shapes.states(value)
            )
        return found

    def _state(self, index: int) -> Tensor:
        """Initial h (0) or c (1), shape (L·D, N, P); zeros where none was given."""
        if self.initial:
            return self.shapes.states(self.initial[index].get())
        return self.shapes.states(self.finals[index].zeros())

    def _obstacle(self) -> str | None:
        if not self._flat:
            return (
                "this module's arithmetic is its own, so it cannot be run again apart; its states and their gradients "
                "are all that is seen of it."
            )
        if self.masks is None:
            return (
                "the dropout mask between this stack's layers could not be seen, so it cannot be run again apart; "
                "set dropout to 0, or watch a pass with grad and without checkpointing, save_on_cpu or other hooks on "
                "saved tensors."
            )
        return next(filter(None, (kept.obstacle() for kept in (self.inputs, *self.initial))), None)


def _apart(weights: Sequence[Tensor]) -> list[Tensor]:
    """Weights that lead back to no graph: parameters as they are, what was computed detached."""
    return [weight if weight.grad_fn is None else weight.detach() for weight in weights]
