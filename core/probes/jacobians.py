"""Jacobians of recurrent steps, of their products, and spectra of both and of the recurrent weights.

Axes: T timesteps first, as the direction scans, N batch, G gates, H hidden units, I inputs, P units of h,
Q parts of the state, S units of the state: P, and of an LSTM P + H, h then c.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ..recordings.anatomy import JacobianSpectrum, RecurrentSpectrum
from .recurrent_call import RecurrentCall
from .replay import of_examples, place, scanned
from .scans import Weights
from .slopes import Slopes, slopes

GATES = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "new"), "rnn": ("hidden",)}
"""By kind, in torch's order."""
GROUP = 16
"""Steps whose Jacobians are held at once, and between two turns of a product."""


def state_jacobians(factors: Slopes, weights: Weights) -> Tensor:
    """∂s_t/∂s_{t−1}, shape (…, S, S), for slopes with any leading axes, such as (T, N)."""
    through_gates = _through(factors.recurrent, weights.hidden)  # (…, Q, H, P)
    kept = torch.diag_embed(factors.kept)  # (…, Q, H, H)
    has_cell = factors.kept.shape[-2] == 2
    rows = torch.cat([through_gates, kept], dim=-1) if has_cell else through_gates + kept
    return _projected(rows, weights)


def carried_back(adjoints: Tensor, factors: Slopes, weights: Weights) -> Tensor:
    """`adjoints @ state_jacobians(…)`, shape (…, R, S) for R adjoints each, without a product with the diagonals."""
    through_gates = adjoints @ _projected(_through(factors.recurrent, weights.hidden), weights)
    hidden, *cell = _unprojected(adjoints, weights, factors.kept.shape[-2])
    kept = hidden * factors.kept[..., :1, :]  # (…, R, H) x (…, 1, H)
    if not cell:
        return through_gates + kept
    return torch.cat([through_gates, kept.addcmul_(cell[0], factors.kept[..., 1:, :])], dim=-1)


def input_jacobians(factors: Slopes, weights: Weights) -> Tensor:
    """∂s_t/∂x_t, shape (…, S, I), for slopes with any leading axes, such as (T, N)."""
    return _projected(_through(factors.pushed, weights.input), weights)


def step_jacobians(call: RecurrentCall, layer: int = 0, direction: int = 0, example: int = 0) -> Tensor:
    """∂s_t/∂s_{t−1} of one example for t = 2…T as the direction scans, shape (T−1, S, S), float64.

    A packed sequence counts as long as it is. A forward pass is enough.

    Errors: ValueError for a layer, direction or example that is not there; otherwise as `scanned`.
    """
    one = scanned(of_examples(call, [example]))[place(call, layer, direction)]
    return state_jacobians(slopes(one.scan), one.weights)[1 : int(one.lengths[0]), 0]


def jacobian_spectrum(call: RecurrentCall, layer: int = 0, direction: int = 0, example: int = 0) -> JacobianSpectrum:
    """Singular values of one example's step Jacobians and of their products. Errors: as `step_jacobians`."""
    one = scanned(of_examples(call, [example]))[place(call, layer, direction)]
    steps, products = _spectra(slopes(one.scan)[: int(one.lengths[0])], one.weights)
    resolved = products[:, 0] * np.finfo(np.float64).eps * products.shape[1]
    rows = (steps, products, resolved)
    in_time = [row[::-1].copy() for row in rows] if direction else rows
    return JacobianSpectrum(call.kind.partition("_")[0], example, *in_time)


def recurrent_spectrum(call: RecurrentCall, layer: int = 0, direction: int = 0) -> RecurrentSpectrum:
    """Eigenvalues and singular values of each gate's block of W_hh as it is now; with `proj_size`, of W_hh W_hr.

    Errors: ValueError for a layer or direction that is not there.
    """
    weights, kind = call.weights[place(call, layer, direction)], call.kind.partition("_")[0]
    recurrent = weights.hidden.detach().double()
    if weights.projection is not None:
        recurrent = recurrent @ weights.projection.detach().double()
    blocks = recurrent.unflatten(0, (len(GATES[kind]), -1))  # (G·H, H) -> (G, H, H)
    return RecurrentSpectrum(kind, GATES[kind], _eigenvalues(blocks), singular_values(blocks))


def singular_values(matrices: Tensor) -> np.ndarray:
    """Of each matrix (…, R, C), largest first, shape (…, min(R, C)); NaN for a matrix that is not finite."""
    lowest, highest = matrices.flatten(-2).aminmax(dim=-1)  # either is NaN if any is
    finite = lowest.isfinite() & highest.isfinite()
    if bool(finite.all()):
        return torch.linalg.svdvals(matrices).cpu().numpy()
    found = matrices.new_full((*matrices.shape[:-2], min(matrices.shape[-2:])), torch.nan)
    found[finite] = torch.linalg.svdvals(matrices[finite])
    return found.cpu().numpy()


def _eigenvalues(blocks: Tensor) -> np.ndarray:
    """Of each block (G, H, H), largest modulus first, shape (G, H); NaN for a block that is not finite."""
    found = np.full(blocks.shape[:2], np.nan, dtype=np.complex128)
    for row, block in zip(found, blocks, strict=True):
        if bool(block.isfinite().all()):
            values = torch.linalg.eigvals(block).cpu().numpy()
            row[:] = values[np.argsort(-np.abs(values), kind="stable")]
    return found


def _spectra(factors: Slopes, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Singular values of J_t = ∂s_t/∂s_{t−1} for t = 2…T, and of J_T ⋯ J_{t+1} for t = 1…T−1, each (T−1, S).

    Each product is scaled on the way so that none underflows. After every group of steps it is turned from the left,
    which changes no singular value, so that rows which are rounding can be left out: their values count as zero.
    """
    size = state_jacobians(factors[0], weights).shape[-1]
    steps, products = np.zeros((2, len(factors.kept) - 1, size))
    rows, scale = torch.eye(size).to(factors.kept), 0.0
    for start in reversed(range(0, len(steps), GROUP)):
        group = slice(start, start + GROUP)
        jacobians = state_jacobians(factors[1:][group], weights)[:, 0]
        steps[group] = singular_values(jacobians)
        turned, scales = _products(rows, scale, jacobians)
        values = singular_values(turned)
        with np.errstate(over="ignore"):  # beyond 1e308 it is Inf
            products[group, : values.shape[1]] = values * np.exp(scales)[:, None]
        rows, scale = _without_rounding(turned[0]), scales[0]
    return steps, products


def _products(rows: Tensor, scale: float, jacobians: Tensor) -> tuple[Tensor, list[float]]:
    """Rows · J_g ⋯ J_t for every t of a group of g steps, over its largest entry, and that entry's logarithm."""
    products, scales = [], []
    for jacobian in reversed(jacobians.unbind(0)):
        rows = rows @ jacobian
        if (largest := float(rows.abs().max())) > 0:
            rows, scale = rows / largest, scale + math.log(largest)
        products.append(rows)
        scales.append(scale)
    return torch.stack(products[::-1]), scales[::-1]


def _without_rounding(product: Tensor) -> Tensor:
    """Fewer rows with the same singular values, but for those below ε · σ_max."""
    if not bool(product.isfinite().all()):
        return product
    _, values, right = torch.linalg.svd(product, full_matrices=False)
    kept = values >= values[0] * torch.finfo(values.dtype).eps
    return values[kept].unsqueeze(1) * right[kept]


def _through(factors: Tensor, weights: Tensor) -> Tensor:
    """Σ over gates of diag(factor) W: factors (…, Q, G, H) and weights (G·H, C) -> (…, Q, H, C)."""
    first, *others = zip(factors.unsqueeze(-1).unbind(-3), weights.chunk(factors.shape[-2]), strict=True)
    total = first[0] * first[1]
    for factor, block in others:
        total.addcmul_(factor, block)
    return total


def _projected(rows: Tensor, weights: Weights) -> Tensor:
    """The parts of the state below each other, h projected: (…, Q, H, C) -> (…, S, C)."""
    if weights.projection is None:
        return rows.flatten(-3, -2)
    return torch.cat([weights.projection @ rows[..., 0, :, :], rows[..., 1, :, :]], dim=-2)


def _unprojected(adjoints: Tensor, weights: Weights, parts: int) -> tuple[Tensor, ...]:
    """∂L/∂s by part, of h before its projection: (…, R, S) -> Q x (…, R, H)."""
    if weights.projection is None:
        return adjoints.chunk(parts, dim=-1)
    width = len(weights.projection)
    return adjoints[..., :width] @ weights.projection, adjoints[..., width:]
