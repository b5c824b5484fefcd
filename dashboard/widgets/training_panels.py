"""The panels of what training does: clipping, remedies, and the weights block by block."""

from __future__ import annotations

import plotly.graph_objects as go

from core.models.blocks import block_names
from core.training.config import TrainingConfig
from core.training.remedies import remedies
from dashboard.asked import question
from dashboard.figures.clipping import FLOOR, clipping_figure
from dashboard.figures.weights import blocks_figure
from dashboard.widgets.gradient_page import GradientPage
from dashboard.widgets.gradient_panels import (
    curves_panel,
    gradient_curves,
    learning_panels,
    panel_height,
    strokes_of,
    whole_run,
)
from dashboard.widgets.live_figures import Panel, Source

NORM_DECADES = (-3, 3)
GRADIENT_DECADES, UPDATE_DECADES = (-8, 1), (-8, 0)
ROW, MOST_HEIGHT = 19, 1000
"""Pixels of a block's row, and of all."""


def clipping_panels(page: GradientPage) -> list[Panel]:
    """Norms over the run, their histogram, loss and accuracy; before training the histogram of first batches alone."""
    config, models = page.config, tuple(range(len(page.config.models)))
    name = "run-norms" if page.run else "first-norms"
    histogram = Panel(
        name,
        go.Figure(),
        "asked",
        "How large gradients are" + (" in this run" if page.run else " before training"),
        alt="Histogram of the gradient's norm before clipping, log axis, with the threshold and the suggested range.",
        span=1 if page.run else 2,
        height=panel_height(config),
        question=question(name, config, models),
    )
    return [_norms_panel(config), histogram, *learning_panels(config, page.task)] if page.run else [histogram]


def _norms_panel(config: TrainingConfig) -> Panel:
    are_clipped = [config.clip != "none" and model.clipped for model in config.models]
    labels = [model.label for model in config.models]
    lines = list(zip(labels, strokes_of(config), are_clipped, strict=True))
    kinds = {True: ("gradient_norm", "clipped_norm"), False: ("gradient_norm",)}
    threshold = config.max_norm if config.clip == "norm" else None
    return Panel(
        "norms",
        whole_run(clipping_figure(lines, threshold, NORM_DECADES), config),
        "scalars",
        "Gradient of all weights, before and after clipping",
        alt=f"Norm of the gradient against training step before and after clipping, log scale: {', '.join(labels)}.",
        sources=tuple(
            Source(f"{name}/{kind}")
            for name, is_clipped in zip(config.names, are_clipped, strict=True)
            for kind in kinds[is_clipped]
        ),
        height=panel_height(config),
        floor=FLOOR,
    )


def remedies_panels(page: GradientPage) -> list[Panel]:
    """What each remedy would change before training; of a run, its curves and accuracy too."""
    patient = page.config.models[page.patient].label
    prognosis = [
        Panel(
            name,
            go.Figure(),
            "asked",
            f"{patient}, before training: {title}",
            alt=f"One row a remedy: {title} of {patient} without and with it.",
            height=110 + 42 * len(remedies(page.config, page.patient)),
            question=question(name, page.config, (page.patient,), page.layer, page.direction),
        )
        for name, title in (
            ("remedies", "share of ∂L/∂h (LSTM: ∂L/∂c) kept per step, loss at the end"),
            ("horizons", "how far back the last loss reaches"),
        )
    ]
    if page.run is None:
        return prognosis
    curves = gradient_curves(page.config, page.flows, page.layer, page.direction)
    _, accuracy = learning_panels(page.config, page.task)
    return [*prognosis, curves_panel(page.config, curves, page.layer, page.direction), accuracy]


def weights_panels(page: GradientPage) -> list[Panel]:
    """Of a run, gradient and update of each block over training; at the step shown, how both are spread."""
    panels = []
    for model in range(len(page.config.models)):
        panels += [*(_block_panels(page, model) if page.run else []), *_histogram_panels(page, model)]
    return panels


def _block_panels(page: GradientPage, model: int) -> list[Panel]:
    name, label = page.config.names[model], page.config.models[model].label
    blocks = _blocks(page, model)
    return [
        Panel(
            f"{kind}-{model}",
            whole_run(blocks_figure(blocks, decades, unit), page.config),
            "blocks",
            f"{label}: {title}",
            alt=f"Heatmap by training step and block of weights of {label}: {title}, log colours.",
            sources=(Source(f"{name}/{kind}"),),
            height=_blocks_height(blocks),
            floor=10.0 ** decades[0],
        )
        for kind, unit, title, decades in (
            ("block_gradients", "norm", "gradient norm of each block, before clipping", GRADIENT_DECADES),
            ("block_updates", "ratio", "how far each step moves a block, ‖Δθ‖/‖θ‖", UPDATE_DECADES),
        )
    ]


def _histogram_panels(page: GradientPage, model: int) -> list[Panel]:
    label = page.config.models[model].label
    return [
        Panel(
            f"{name}-{model}",
            go.Figure(),
            "asked",
            f"{label}: {title}",
            alt=f"One histogram a block of weights of {label}: {title}.",
            height=_blocks_height(_blocks(page, model)),
            question=question(name, page.config, (model,)),
        )
        for name, title in (("gradients", "size of gradient entries"), ("weights", "weights"))
    ]


def _blocks(page: GradientPage, model: int) -> tuple[str, ...]:
    return block_names(page.config.models[model], has_tokens=page.task.vocabulary_size is not None)


def _blocks_height(blocks: tuple[str, ...]) -> int:
    return min(90 + ROW * len(blocks), MOST_HEIGHT)
