"""Records of a gradient's anatomy whose numbers are known, made by hand."""

from __future__ import annotations

import numpy as np

from core.recordings.anatomy import BlockHistograms, GradientPaths, JacobianSpectrum, LossReach, RecurrentSpectrum


def fading(factor: float, timesteps: int = 10) -> np.ndarray:
    """factor^(T−t), shape (T,)."""
    return factor ** np.arange(timesteps - 1.0, -1, -1)


def rnn_paths(timesteps: int = 10, factor: float = 0.5) -> GradientPaths:
    direct = np.zeros(timesteps)
    direct[-1] = 1.0
    return GradientPaths(
        "rnn", fading(factor, timesteps), direct, np.full(timesteps, 0.8),
        weights_alone=fading(0.6, timesteps), slopes_alone=fading(0.8, timesteps), bound=fading(1.2, timesteps),
    )  # fmt: skip


def lstm_paths(timesteps: int = 10) -> GradientPaths:
    direct = np.zeros(timesteps)
    direct[-1] = 1.0
    return GradientPaths(
        "lstm", fading(0.7, timesteps), direct, np.full(timesteps, 0.9), cell=2 * fading(0.95, timesteps),
        carousel=fading(0.9, timesteps), through_gates=1.2 * fading(0.95, timesteps), closure=3e-16,
    )  # fmt: skip


def gru_paths(timesteps: int = 10) -> GradientPaths:
    direct = np.zeros(timesteps)
    direct[-1] = 1.0
    return GradientPaths(
        "gru", fading(0.6, timesteps), direct, np.full(timesteps, 0.5),
        carousel=fading(0.5, timesteps), through_gates=0.5 * fading(0.6, timesteps), closure=0.0,
    )  # fmt: skip


def jacobians(kind: str = "rnn", timesteps: int = 5) -> JacobianSpectrum:
    """Every step's Jacobian is diag(1.1, 0.5, 0.2)."""
    steps = np.tile([1.1, 0.5, 0.2], (timesteps - 1, 1))
    left = np.arange(timesteps - 1, 0, -1)[:, None]
    return JacobianSpectrum(kind, 0, steps, steps**left, np.full(timesteps - 1, 1e-15))


def recurrent(gates: tuple[str, ...] = ("hidden",)) -> RecurrentSpectrum:
    """Each gate has eigenvalues ±0.6 i and 0.5, and singular values 1.2, 0.6, 0.3."""
    eigenvalues = np.tile([0.6j, -0.6j, 0.5 + 0j], (len(gates), 1))
    return RecurrentSpectrum("rnn", gates, eigenvalues, np.tile([1.2, 0.6, 0.3], (len(gates), 1)))


def reach(factor: float = 0.5, timesteps: int = 6) -> LossReach:
    """Row t is (t + 1) · factor^(t−k) for k ≤ t."""
    distance = np.arange(timesteps)[:, None] - np.arange(timesteps)
    norms = np.where(distance >= 0, factor ** np.maximum(distance, 0.0), 0.0)
    return LossReach("rnn", norms * np.arange(1.0, timesteps + 1)[:, None], 8, 2e-16)


def histograms() -> BlockHistograms:
    """Two blocks of ten entries: the second has six zeros and one NaN."""
    return BlockHistograms(
        ("W_hh", "b_hh"),
        np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0]]),
        np.array([[4, 6], [10, 0]]),
        np.array([-8.0, -4.0, 0.0]),
        np.array([[0, 10], [3, 0]]),
        np.array([0, 6]),
        np.array([0, 1]),
    )
