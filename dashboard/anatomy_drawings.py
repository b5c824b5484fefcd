"""Pictures of why a gradient is as it is, drawn and read out from what a worker computed.

Each takes what was asked, one record a model, and the training step of the parameters (None: before training).
"""

from __future__ import annotations

import numpy as np

from core.analysis.reach import reach_profile
from dashboard.anatomy_readings import (
    histograms_sentence,
    jacobian_sentence,
    paths_sentence,
    powers_sentence,
    reach_sentence,
    spectrum_sentence,
    weights_sentence,
)
from dashboard.asked import Asked, Drawn, Strip
from dashboard.asked_models import labels_of, strokes_of
from dashboard.figures.gradient_flow import Curve
from dashboard.figures.jacobians import jacobian_figure, unit_circle_figure
from dashboard.figures.log_axis import SMALLEST_NORMAL, decades_of
from dashboard.figures.loss_reach import FLOOR, loss_reach_figure, reach_profile_figure
from dashboard.figures.powers import powers_figure
from dashboard.figures.product import product_figure
from dashboard.figures.weights import gradient_histograms_figure, weight_histograms_figure

MOST_DECADES = 9
"""Of a matrix's colours: more would hide differences that matter."""


def draw_paths(asked: Asked, results: list, step: int | None) -> Drawn:
    """The product taken apart; where float32 comes to its end, with what training saw."""
    (paths,), (label,), (stroke,) = results, labels_of(asked), strokes_of(asked)
    in_float32 = paths.hidden_in_pass if (paths.hidden < SMALLEST_NORMAL).any() else None
    return Drawn(product_figure(paths, stroke, in_float32), paths_sentence(label, paths, in_float32))


def draw_jacobians(asked: Asked, results: list, step: int | None) -> Drawn:
    """Singular values of steps and of products."""
    (spectrum,), (label,), (stroke,) = results, labels_of(asked), strokes_of(asked)
    is_reverse = asked.direction == 1
    return Drawn(jacobian_figure(spectrum, stroke, is_reverse), jacobian_sentence(label, spectrum, is_reverse))


def draw_circle(asked: Asked, results: list, step: int | None) -> Drawn:
    """Eigenvalues of the recurrent weights."""
    (spectrum,), (label,), (stroke,) = results, labels_of(asked), strokes_of(asked)
    return Drawn(unit_circle_figure(spectrum, stroke), spectrum_sentence(label, spectrum))


def draw_reach(asked: Asked, results: list, step: int | None) -> Drawn:
    """The matrix of every loss at every state, models above each other, over a strip of what was read."""
    labels, reaches = labels_of(asked), [result.reach for result in results]
    low, high = decades_of([reach.norms for reach in reaches], FLOOR)
    figure = loss_reach_figure(list(zip(labels, reaches, strict=True)), (max(low, high - MOST_DECADES), high))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.stack([reach.norms / reach.norms.max(axis=1, keepdims=True) for reach in reaches])
        strengths = 1 + np.log10(np.maximum(shares, 10.0**-MOST_DECADES)) / MOST_DECADES
    reading = reach_sentence(labels, [reach_profile(reach.norms) for reach in reaches], reaches)
    return Drawn(figure, reading, Strip(results[0].tokens, strengths, "The gradient of the loss at t reaches"))


def draw_profile(asked: Asked, results: list, step: int | None) -> Drawn:
    """The typical reach of a loss, one line a model."""
    profiles = [reach_profile(result.reach.norms) for result in results]
    lines = [Curve(*line) for line in zip(labels_of(asked), strokes_of(asked), profiles, strict=True)]
    losses = "; ".join(
        f"**{label}** {np.nanmean(result.losses):.3g}" for label, result in zip(labels_of(asked), results, strict=True)
    )
    return Drawn(reach_profile_figure(lines), f"Mean loss of this one example, over its timesteps: {losses}.")


def draw_weights(asked: Asked, results: list, step: int | None) -> Drawn:
    """Distributions of the weights."""
    (histograms,), (label,), (stroke,) = results, labels_of(asked), strokes_of(asked)
    return Drawn(weight_histograms_figure(histograms, stroke), weights_sentence(label, histograms))


def draw_gradients(asked: Asked, results: list, step: int | None) -> Drawn:
    """Distributions of the gradient's entries."""
    (histograms,), (label,), (stroke,) = results, labels_of(asked), strokes_of(asked)
    return Drawn(gradient_histograms_figure(histograms, stroke), histograms_sentence(label, histograms))


def draw_powers(asked: Asked, results: list, step: int | None) -> Drawn:
    """Two models: linear, and tanh over the same weights."""
    linear, with_tanh = results
    radius = asked.config.models[asked.models[0]].gain
    return Drawn(powers_figure(linear, with_tanh, radius), powers_sentence(radius, linear, with_tanh))
