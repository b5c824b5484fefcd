"""The pictures that a live figure may ask for: what a worker computes for each, and what draws it."""

from __future__ import annotations

from core.training.anatomy import histograms_at, jacobians_at, loss_reach_at, paths_at, recurrent_spectrum_at
from core.training.prognosis import initial_gradient_norms, treated_norms
from dashboard.anatomy_drawings import (
    draw_circle,
    draw_gradients,
    draw_jacobians,
    draw_paths,
    draw_powers,
    draw_profile,
    draw_reach,
    draw_weights,
)
from dashboard.asked import Analysis
from dashboard.training_drawings import draw_first_norms, draw_horizons, draw_remedies, draw_run_norms

ANALYSES = {
    analysis.name: analysis
    for analysis in (
        Analysis("paths", paths_at, draw_paths),
        Analysis("jacobians", jacobians_at, draw_jacobians),
        Analysis("circle", recurrent_spectrum_at, draw_circle),
        Analysis("reach", loss_reach_at, draw_reach),
        Analysis("profile", loss_reach_at, draw_profile),
        Analysis("first-norms", initial_gradient_norms, draw_first_norms),
        Analysis("run-norms", draw_run=draw_run_norms),
        Analysis("remedies", treated_norms, draw_remedies, is_initial=True),
        Analysis("horizons", treated_norms, draw_horizons, is_initial=True),
        Analysis("weights", histograms_at, draw_weights),
        Analysis("gradients", histograms_at, draw_gradients),
        Analysis("powers", paths_at, draw_powers),
    )
}
"""By name, as `dashboard.asked.question` takes it."""
