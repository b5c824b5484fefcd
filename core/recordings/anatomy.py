"""Records of why a gradient vanishes or explodes: the product of Jacobians taken apart, one layer and direction each.

All numbers are float64, so that nothing underflows that float32 would lose, but for `GradientPaths.hidden_in_pass`.
Time is the position in the sequence.

Axes: T timesteps, H hidden units, S units of the state (H; LSTM: 2H, h then c), G gates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GradientPaths:
    """The total gradient at each timestep beside the parts that make it up; norms over all examples and units.

    Where a record says "alone", the same gradients enter from outside, and the rest of the recurrence is left out.
    Unit: loss per unit of state.
    """

    kind: str
    """"rnn", "lstm" or "gru"."""
    hidden: np.ndarray
    """‖∂L/∂h_t‖, shape (T,)."""
    direct: np.ndarray
    """Norm of what reaches h_t from outside the recurrence, shape (T,)."""
    keep: np.ndarray
    """Mean over examples and units of what a step keeps by itself: φ′(a_t) (RNN), f_t (LSTM), z_t (GRU); shape (T,)."""
    cell: np.ndarray | None = None
    """LSTM: ‖∂L/∂c_t‖, shape (T,)."""
    weights_alone: np.ndarray | None = None
    """RNN: with φ′ = 1 everywhere, so powers of W_hhᵀ alone; shape (T,)."""
    slopes_alone: np.ndarray | None = None
    """RNN: with W_hh = identity, so products of φ′(a_t) alone; shape (T,)."""
    bound: np.ndarray | None = None
    """RNN: b_t = ‖direct_t‖ + γ σ_max(W_hh) b_{t+1} of each example, over all of them; no gradient is above it.

    γ = 1 is the greatest φ′ of tanh, relu and the identity (Pascanu et al., 2013).
    """
    carousel: np.ndarray | None = None
    """LSTM: the part of ∂L/∂c_t that took the cell state alone, products of f. GRU: of ∂L/∂h_t, products of z."""
    through_gates: np.ndarray | None = None
    """LSTM, GRU: the part that went through gates and W_hh at least once. As vectors, the two parts add up."""
    closure: float | None = None
    """LSTM, GRU: max |carousel + through_gates − total| / max |total|, over all entries."""
    hidden_in_pass: np.ndarray | None = None
    """‖∂L/∂h_t‖ as the pass met it, in its own precision, shape (T,): float32 may hold 0 where `hidden` has a number.

    None of some examples of a call, which keep no gradient of their own.
    """


@dataclass(frozen=True)
class RecurrentSpectrum:
    """Eigenvalues and singular values of the recurrent weights, per gate."""

    kind: str
    gates: tuple[str, ...]
    """Names in torch's order; ("hidden",) for an RNN."""
    eigenvalues: np.ndarray
    """Of each gate's block of W_hh, shape (G, H), complex128, largest modulus first."""
    singular_values: np.ndarray
    """Shape (G, H), largest first."""

    @property
    def spectral_radii(self) -> np.ndarray:
        """ρ of each block, shape (G,)."""
        return np.abs(self.eigenvalues).max(axis=1)

    @property
    def spectral_norms(self) -> np.ndarray:
        """σ_max of each block, shape (G,)."""
        return self.singular_values.max(axis=1)


@dataclass(frozen=True)
class JacobianSpectrum:
    """Singular values of the steps' Jacobians and of their products, for one example. s is h, or (h, c) of an LSTM."""

    kind: str
    example: int
    steps: np.ndarray
    """Of ∂s_t/∂s_{t−1} for t = 2…T, shape (T−1, S), largest first. Reverse direction: ∂s_t/∂s_{t+1} for t = 1…T−1."""
    products: np.ndarray
    """Of ∂s_T/∂s_t for t = 1…T−1, shape (T−1, S), largest first. Reverse direction: of ∂s_1/∂s_t for t = 2…T."""
    resolved: np.ndarray
    """Shape (T−1,): singular values of the products below this are rounding, ε · S · σ_max; some count as zero."""


@dataclass(frozen=True)
class LossReach:
    """Which loss reaches how far: the gradient of each step's loss at each step's state, over the examples measured."""

    kind: str
    norms: np.ndarray
    """‖∂L_t/∂h_k‖, shape (T, T): row t is the loss, column k the state. Zero where no path leads from k to t."""
    examples: int
    """How many examples, from the first, the norms are over."""
    closure: float
    """max |Σ_t ∂L_t/∂h_k − ∂L/∂h_k| / max |∂L/∂h_k| over all entries: the rows add up to the total gradient."""


@dataclass(frozen=True)
class ReachOfText:
    """Which loss of one example reaches how far, with what there is to read at each timestep."""

    reach: LossReach
    """Over this example alone."""
    tokens: tuple[str, ...]
    """What the model reads at each timestep, as it is printed; T of them."""
    losses: np.ndarray
    """The loss of each timestep's answer: nats, or squared error; shape (T,), NaN where no loss counts."""


@dataclass(frozen=True)
class BlockHistograms:
    """Distribution of the weights and of their gradients in each block of parameters, at one training step."""

    blocks: tuple[str, ...]
    edges: np.ndarray
    """Bin edges of the weights, shape (blocks, bins + 1)."""
    counts: np.ndarray
    """Finite weights in each bin, shape (blocks, bins), int64."""
    gradient_edges: np.ndarray
    """Bin edges of log₁₀ |gradient|, shape (bins + 1,), the same for all blocks."""
    gradient_counts: np.ndarray
    """Finite gradients that are not zero in each bin, shape (blocks, bins), int64."""
    zeros: np.ndarray
    """Gradients that are exactly zero, shape (blocks,), int64."""
    not_finite: np.ndarray
    """Gradients that are NaN or Inf, shape (blocks,), int64."""
