"""The panels of the gradient-flow view: one set before training, one that follows a run.

Axes: L layers, D directions, T timesteps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.recordings.records import GradientFlow
from core.tasks.task import Task
from core.training.config import TrainingConfig
from dashboard.figures.gradient_flow import (
    FLOOR,
    Curve,
    gradient_curves_figure,
    gradient_heatmap_figure,
    learning_figure,
    naive_figure,
    norm_range,
)
from dashboard.theme import DIRECTION_DASHES, LAYER_COLORS, SECOND_PATH_DASH, Stroke, model_strokes
from dashboard.widgets.live_figures import Panel, Source

FIXED_STEPS = 1000
LAYERS = "layers-"
"""How the panels of every layer begin; the model's position follows."""


def gradient_curves(config: TrainingConfig, flows: Sequence[GradientFlow], layer: int, direction: int) -> list[Curve]:
    """‖∂L/∂h_t‖ of each model, then ‖∂L/∂c_t‖ of the LSTMs, dotted."""
    strokes = strokes_of(config)
    curves = [
        Curve(f"{model.label}: ∂L/∂h", stroke, flow.norms()[layer, direction])
        for model, stroke, flow in zip(config.models, strokes, flows, strict=True)
    ]
    return curves + [
        Curve(f"{model.label}: ∂L/∂c", Stroke(stroke.color, SECOND_PATH_DASH), flow.cell_norms()[layer, direction])
        for model, stroke, flow in zip(config.models, strokes, flows, strict=True)
        if flow.cell is not None
    ]


def strokes_of(config: TrainingConfig) -> list[Stroke]:
    """One stroke a model, in order."""
    return model_strokes([model.cell for model in config.models])


def initial_panels(config: TrainingConfig, flows: Sequence[GradientFlow], layer: int, direction: int) -> list[Panel]:
    """The curves at initialisation, and the naive plot of the first model beside its true one."""
    curves = gradient_curves(config, flows, layer, direction)
    return [curves_panel(config, curves, layer, direction), naive_panel(config, flows, layer, direction)]


def first_look_panel(config: TrainingConfig, flows: Sequence[GradientFlow]) -> Panel:
    """‖∂L/∂h_t‖ alone, one line a model."""
    return curves_panel(config, gradient_curves(config, flows, 0, 0)[: len(flows)], 0, 0)


def live_panels(
    config: TrainingConfig, flows: Sequence[GradientFlow], task: Task, layer: int, direction: int
) -> list[Panel]:
    """Curves, loss, one heatmap a model on one colour scale, and accuracy."""
    curves = gradient_curves(config, flows, layer, direction)
    decades = norm_range(curves)
    loss, accuracy = learning_panels(config, task)
    heatmaps = [
        Panel(
            f"heat-{index}",
            whole_run(gradient_heatmap_figure(decades, config.task.length), config),
            "heatmap",
            f"{model.label}: ‖∂L/∂h‖ over training",
            alt=f"Heatmap of the gradient norm of {model.label} by training step and timestep.",
            sources=(Source(f"{name}/hidden_norms", layer, direction),),
            floor=FLOOR,
        )
        for index, (name, model) in enumerate(zip(config.names, config.models, strict=True))
    ]
    return [
        curves_panel(config, curves, layer, direction),
        loss,
        *heatmaps,
        accuracy,
        naive_panel(config, flows, layer, direction),
    ]


def learning_panels(config: TrainingConfig, task: Task) -> tuple[Panel, Panel]:
    """Loss and accuracy by training step, with the chance line."""
    labels, strokes = [model.label for model in config.models], strokes_of(config)
    unit = "squared error" if task.is_regression else "nats"
    loss = learning_figure(labels, strokes, f"loss, {unit}", task.chance.loss, is_share=False)
    accuracy = learning_figure(labels, strokes, "share right", task.chance.accuracy, is_share=True)
    return _scalar_panel("loss", "Loss", loss, config), _scalar_panel("accuracy", "Accuracy", accuracy, config)


def layer_panels(config: TrainingConfig, flows: Sequence[GradientFlow]) -> list[Panel]:
    """‖∂L/∂h_t‖ of every layer and direction, one picture a model; none where there is but one of both."""
    if config.models[0].layers == 1 and not config.models[0].bidirectional:
        return []
    return [
        Panel(
            f"{LAYERS}{index}",
            gradient_curves_figure(curves := layer_curves(flow.norms()), norm_range(curves)),
            "curves",
            f"{model.label}: every layer and direction (click a curve to look at it above)",
            alt=f"Gradient norm against timestep, log scale, one line a layer and direction of {model.label}.",
            sources=tuple(Source(f"{name}/hidden_norms", *place) for place in places_of(flow.norms())),
            height=panel_height(config),
            floor=10.0 ** norm_range(curves)[0],
        )
        for index, (name, model, flow) in enumerate(zip(config.names, config.models, flows, strict=True))
    ]


def layer_curves(norms: np.ndarray) -> list[Curve]:
    """One curve a layer and direction of norms (L, D, T)."""
    return [
        Curve(place_name(*place), Stroke(LAYER_COLORS[place[0]], DIRECTION_DASHES[place[1]]), norms[place])
        for place in places_of(norms)
    ]


def places_of(norms: np.ndarray) -> list[tuple[int, int]]:
    """Every layer and direction of norms (L, D, T)."""
    return [(layer, direction) for layer in range(norms.shape[0]) for direction in range(norms.shape[1])]


def place_name(layer: int, direction: int) -> str:
    """For people."""
    return f"layer {layer + 1}, {('forward', 'reverse')[direction]}"


def curves_panel(config: TrainingConfig, curves: list[Curve], layer: int, direction: int) -> Panel:
    """‖∂L/∂h_t‖ and ‖∂L/∂c_t‖ at the step shown."""
    hidden = [Source(f"{name}/hidden_norms", layer, direction) for name in config.names]
    cells = [
        Source(f"{name}/cell_norms", layer, direction)
        for name, model in zip(config.names, config.models, strict=True)
        if model.cell == "lstm"
    ]
    decades = norm_range(curves)
    return Panel(
        "curves",
        gradient_curves_figure(curves, decades),
        "curves",
        "Gradient that reaches each timestep",
        alt="Gradient norm against timestep, log scale, one line per model: "
        + ", ".join(c.label for c in curves)
        + ".",
        sources=tuple(hidden + cells),
        height=panel_height(config),
        floor=10.0 ** decades[0],
    )


def panel_height(config: TrainingConfig) -> int:
    """Of the larger panels, pixels: a long legend takes no room from the curves."""
    lines = len(config.models) + sum(model.cell == "lstm" for model in config.models)
    return 400 + 20 * max(0, lines - 3)


def whole_run(figure: go.Figure, config: TrainingConfig) -> go.Figure:
    """Fix the axis of training steps for a run of moderate length; a long one grows into view."""
    return figure.update_xaxes(range=[-0.5, config.steps + 0.5]) if config.steps <= FIXED_STEPS else figure


def _scalar_panel(scalar: str, title: str, figure: go.Figure, config: TrainingConfig) -> Panel:
    labels = ", ".join(model.label for model in config.models)
    return Panel(
        scalar,
        whole_run(figure, config),
        "scalars",
        f"{title} on each step's batch",
        alt=f"{title} against training step for {labels}, with the chance line.",
        sources=tuple(Source(f"{name}/{scalar}") for name in config.names),
        height=panel_height(config),
    )


def naive_panel(config: TrainingConfig, flows: Sequence[GradientFlow], layer: int, direction: int) -> Panel:
    """The trap beside the truth, for the last model."""
    flow, model, stroke = flows[-1], config.models[-1], strokes_of(config)[-1]
    assert flow.direct is not None
    width = flow.hidden.shape[-1]
    own = flow.direct[..., direction * width : (direction + 1) * width]
    direct = np.sqrt(np.square(own, dtype=np.float64).sum(axis=(0, 2)))
    total = Curve("total ∂L/∂h", stroke, flow.norms()[-1, direction])
    decades = norm_range([total])
    return Panel(
        "naive",
        naive_figure(total, direct, decades),
        "static",
        f"Before training, the usual way and the true one ({model.label})",
        alt="What output.retain_grad() shows beside the total gradient of the same model.",
        height=panel_height(config),
        floor=10.0 ** decades[0],
        time_axis="x",
    )
