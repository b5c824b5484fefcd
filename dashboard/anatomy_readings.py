"""Sentences that read out why a gradient vanishes or explodes: paths, Jacobians, spectra, reach, powers.

Axes: T timesteps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.analysis.decay import HORIZON_SHARE, decay
from core.analysis.reach import reach_horizon
from core.recordings.anatomy import BlockHistograms, GradientPaths, JacobianSpectrum, LossReach, RecurrentSpectrum
from dashboard.figures.weights import largest_weights
from dashboard.readings import number

LEVEL = 5e-4
"""A factor this near to 1 is called level."""


def percent(factor: float) -> str:
    """A share kept, e.g. "53 %" or "103 %"; NaN is said."""
    if math.isnan(factor):
        return "NaN"
    return f"{number(factor * 100)} %" if factor < 100 else f"{number(factor)} times"


def paths_sentence(label: str, paths: GradientPaths, in_float32: np.ndarray | None = None) -> str:
    """What each factor would keep by itself, and which of them decides; of several losses, what is left at step 1."""
    losses = int(np.count_nonzero(paths.direct))
    if losses > 1:
        body = (
            f"a loss enters at {losses} of {len(paths.direct)} timesteps and feeds these lines on the way, so their "
            f"slope is not what a step keeps; the section “Which loss” takes them apart. {_at_first_step(paths)}"
        )
    else:
        body = _matrix_sentence(paths) if paths.kind == "rnn" else f"{_gated_sentence(paths)} {_at_first_step(paths)}"
    return f"**{label}**: {body}{_underflow(paths.hidden, in_float32)}"


def _matrix_sentence(paths: GradientPaths) -> str:
    assert paths.slopes_alone is not None and paths.weights_alone is not None and paths.bound is not None
    kept, slopes, weights, bound = (
        decay(norms).factor for norms in (paths.hidden, paths.slopes_alone, paths.weights_alone, paths.bound)
    )
    verdict = "so it must vanish" if bound < 1 - LEVEL else "so the bound alone allows it to explode"
    return (
        f"each step back keeps **{percent(kept)}** of ∂L/∂h. The slopes φ′ alone would keep {percent(slopes)}, "
        f"W_hh alone {percent(weights)}; the bound γ·σ_max is {percent(bound)}, {verdict}."
    )


def _gated_sentence(paths: GradientPaths) -> str:
    assert paths.carousel is not None
    total, symbol, gate = (paths.hidden, "∂L/∂h", "z") if paths.cell is None else (paths.cell, "∂L/∂c", "f")
    return (
        f"each step back keeps **{percent(decay(total).factor)}** of {symbol}; the carousel alone, products of {gate} "
        f"(mean {number(float(np.mean(paths.keep)))}), would keep {percent(decay(paths.carousel).factor)}."
    )


def _at_first_step(paths: GradientPaths) -> str:
    if paths.carousel is None or paths.through_gates is None or paths.closure is None:
        assert paths.slopes_alone is not None and paths.weights_alone is not None
        return (
            f"At step 1 ∂L/∂h is {number(paths.hidden[0])}; φ′ alone would leave {number(paths.slopes_alone[0])}, "
            f"W_hh alone {number(paths.weights_alone[0])}."
        )
    total = paths.hidden if paths.cell is None else paths.cell
    carousel, gates = (_share(part[0], total[0]) for part in (paths.carousel, paths.through_gates))
    return (
        f"At step 1 the part that took the carousel is {carousel} of the whole, the part through gates and W_hh "
        f"{gates}; as vectors they add up to it within {number(paths.closure)}."
    )


def _share(part: float, whole: float) -> str:
    return percent(part / whole) if whole > 0 else "NaN"


def _underflow(exact: np.ndarray, in_float32: np.ndarray | None) -> str:
    if in_float32 is None:
        return ""
    lost = np.flatnonzero((in_float32 == 0) & (exact > 0))
    if not len(lost):
        return ""
    at = int(lost[np.argmin(exact[lost])])
    return (
        f" **Underflow**: float32 holds 0 at {len(lost)} of {len(exact)} steps; in float64 it is "
        f"{number(float(exact[at]))} at step {at + 1}."
    )


def jacobian_sentence(label: str, spectrum: JacobianSpectrum, is_reverse: bool = False) -> str:
    """What one step can do to a gradient, and what all steps together leave of any."""
    largest = spectrum.steps[:, 0]
    state, first = ("(h, c)" if spectrum.kind == "lstm" else "h"), len(spectrum.products) - 1 if is_reverse else 0
    start, end = ("the first", f"step {len(largest) + 1}") if is_reverse else ("the last", "step 1")
    left, typical = spectrum.products[first, 0], float(np.median(spectrum.products[first]))
    rounding = spectrum.resolved[first]
    middle = f"less than rounding, {number(rounding)}" if typical < rounding else number(typical)
    return (
        f"**{label}**: a step's Jacobian of {state} stretches by at most {number(float(np.median(largest)))} "
        f"(median over t; {number(float(largest.min()))} to {number(float(largest.max()))}). Of any gradient at "
        f"{start} step at most **{number(float(left))}** reaches {end}; in the median direction {middle}."
    )


def spectrum_sentence(label: str, spectrum: RecurrentSpectrum) -> str:
    """ρ and σ_max, and what they do and do not decide."""
    radii, norms = spectrum.spectral_radii, spectrum.spectral_norms
    if len(spectrum.gates) > 1:
        listed = "; ".join(
            f"{gate} {number(radius)} and {number(norm)}"
            for gate, radius, norm in zip(spectrum.gates, radii, norms, strict=True)
        )
        return f"**{label}**: ρ and σ_max of the recurrent weights by gate: {listed}. They act through the gates alone."
    radius, norm = float(radii[0]), float(norms[0])
    if norm < 1 - LEVEL:
        verdict = "below 1: with |φ′| ≤ 1 every gradient must vanish"
    else:
        verdict = "not below 1, so gradients may explode, but need not; the measured factor decides"
    trap = " ρ < 1 alone proves nothing once φ is not linear." if radius < 1 - LEVEL <= norm else ""
    return f"**{label}**: ρ(W_hh) = {number(radius)}, σ_max = **{number(norm)}**, {verdict}.{trap}"


def reach_sentence(labels: Sequence[str], profiles: Sequence[np.ndarray], reaches: Sequence[LossReach]) -> str:
    """How far a typical loss reaches, a model each; and that the rows add up."""
    told = "; ".join(f"**{label}** {_horizon(profile)}" for label, profile in zip(labels, profiles, strict=True))
    closure = max(reach.closure for reach in reaches)
    return (
        f"Going back from a typical loss, 1/{1 / HORIZON_SHARE:.0f} of its gradient is left after: {told}. The rows of "
        f"each matrix add up to the total gradient within {number(closure)}."
    )


def _horizon(profile: np.ndarray) -> str:
    horizon = reach_horizon(profile)
    if math.isnan(horizon):
        return "cannot be told"
    return f"more than {len(profile) - 1} steps" if math.isinf(horizon) else f"{horizon:.0f} steps"


def histograms_sentence(label: str, histograms: BlockHistograms) -> str:
    """Which blocks get the largest and smallest gradients, and what is zero or not a number."""
    middles = (histograms.gradient_edges[:-1] + histograms.gradient_edges[1:]) / 2
    counted = histograms.gradient_counts.sum(axis=1)
    typical = {
        name: 10.0 ** float(np.average(middles, weights=counts))
        for name, counts, count in zip(histograms.blocks, histograms.gradient_counts, counted, strict=True)
        if count
    }
    broken, zeros = int(histograms.not_finite.sum()), int(histograms.zeros.sum())
    entries = int(counted.sum()) + broken + zeros
    faults = f"{zeros} of {entries} entries are exactly zero, {broken or 'none'} NaN or Inf"
    if not typical:
        return f"**{label}**: {faults}."
    low, high = min(typical, key=typical.__getitem__), max(typical, key=typical.__getitem__)
    return (
        f"**{label}**: a typical gradient entry is largest in {high} ({number(typical[high])}) and smallest in {low} "
        f"({number(typical[low])}); {faults}."
    )


def weights_sentence(label: str, histograms: BlockHistograms) -> str:
    """In which blocks the largest weights are largest and smallest."""
    sizes = dict(zip(histograms.blocks, np.abs(largest_weights(histograms)).tolist(), strict=True))
    low, high = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    return (
        f"**{label}**: the largest weight is about {number(sizes[high])} in {high}; the block whose largest is "
        f"smallest is {low} ({number(sizes[low])})."
    )


def powers_sentence(radius: float, linear: GradientPaths, with_tanh: GradientPaths) -> str:
    """The measured factor beside ρ, and what tanh leaves of it."""
    steps = len(linear.hidden) - 1
    measured, squashed = decay(linear.hidden).factor, decay(with_tanh.hidden).factor
    error = abs(measured / radius - 1)
    end = "vanishes" if radius < 1 - LEVEL else "explodes" if radius > 1 + LEVEL else "arrives whole"
    return (
        f"Without an activation each step back keeps **{percent(measured)}**, ρ to within a relative {number(error)}; "
        f"after {steps} steps {number(radius**steps)} is left, so it {end}. tanh on the same weights keeps "
        f"**{percent(squashed)}**: its mean slope is {number(float(np.mean(with_tanh.keep)))}."
    )
