"""The panels that say why a gradient is as it is; each is asked for and computed in a worker."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go

from core.models.blocks import GATES
from core.models.config import ModelConfig
from core.training.config import TrainingConfig
from dashboard.asked import question
from dashboard.widgets.gradient_page import GradientPage
from dashboard.widgets.live_figures import Panel

COSTS = {"paths": 1, "jacobians": 2, "circle": 0}
"""Of a computation, as a rough ratio, for each gate of the cell."""
PRODUCT = (
    "paths",
    "the product taken apart",
    "Gradient norm at each timestep beside what each factor alone would leave, log scale, for {}.",
)
JACOBIANS = (
    "jacobians",
    "Jacobians of a step and of all steps",
    "Singular values of each step's Jacobian and of their products against timestep, log scale, for {}.",
)
CIRCLE = (
    "circle",
    "eigenvalues of the recurrent weights",
    "Eigenvalues of the recurrent weights of {} in the complex plane, with the unit circle, ρ and σ_max.",
)
HEIGHT, MATRIX_HEIGHT = 430, 330


def why_panels(page: GradientPage) -> list[Panel]:
    """Three pictures a model; two models stand side by side, other numbers one below the other."""
    models = range(len(page.config.models))
    kinds = [
        (name, title, alt, axis) for (name, title, alt), axis in ((PRODUCT, "x"), (JACOBIANS, "x"), (CIRCLE, None))
    ]
    order = (
        [(kind, model) for kind in kinds for model in models]
        if len(models) == 2
        else [(kind, model) for model in models for kind in kinds]
    )
    return [_panel(page, kind, model) for kind, model in order]


def _panel(page: GradientPage, kind: tuple, model: int) -> Panel:
    name, title, alt, axis = kind
    label, gates = page.config.models[model].label, GATES.get(page.config.models[model].cell, ("",))
    return Panel(
        f"{name}-{model}",
        go.Figure(),
        "asked",
        f"{label}: {title}",
        alt=alt.format(label),
        height=HEIGHT,
        time_axis=None if kind == CIRCLE else "x",
        question=question(name, page.config, (model,), page.layer, page.direction, page.example),
        cost=COSTS[name] * len(gates),
    )


def reach_panels(page: GradientPage, losses: int) -> list[Panel]:
    """The matrix of all models above each other, if there are several losses, and the typical reach of one."""
    models = tuple(range(len(page.config.models)))
    labels = ", ".join(model.label for model in page.config.models)
    asked = (page.config, models, page.layer, page.direction, page.example)
    matrix = Panel(
        "reach",
        go.Figure(),
        "asked",
        "Which loss reaches which state",
        alt=f"Matrix of the gradient of every timestep's loss at every timestep's state, log colours, for {labels}.",
        height=60 + MATRIX_HEIGHT * len(models),
        time_axis="x",
        question=question("reach", *asked),
    )
    profile = Panel(
        "profile",
        go.Figure(),
        "asked",
        "How much is left so many steps back",
        alt=f"Median share of a loss's gradient left against steps back, log scale, one line a model: {labels}.",
        height=HEIGHT,
        question=question("profile", *asked),
    )
    return [matrix, profile] if losses > 1 else [profile]


def powers_config(page: GradientPage) -> TrainingConfig:
    """Two models on the same orthogonal weights × ρ, without an activation and with tanh; one loss, at the end."""
    linear = ModelConfig("linear_rnn", page.config.models[0].hidden_size, initialization="orthogonal", gain=page.radius)
    task = replace(page.config.task, loss_at="last")
    return replace(page.config, task=task, models=(linear, replace(linear, cell="rnn")))


def powers_panels(page: GradientPage) -> list[Panel]:
    """The gradient beside the powers of ρ, and the eigenvalues of the weights."""
    config = powers_config(page)
    powers = Panel(
        "powers",
        go.Figure(),
        "asked",
        f"Gradient through {config.models[0].hidden_size} units on orthogonal weights × {page.radius:g}",
        alt="Gradient norm against timestep without an activation, on the powers of ρ, and with tanh, log scale.",
        height=HEIGHT,
        time_axis="x",
        question=question("powers", config, (0, 1)),
    )
    name, title, alt = CIRCLE
    circle = Panel(
        "powers-circle",
        go.Figure(),
        "asked",
        f"{config.models[0].label}: {title}",
        alt=alt.format(config.models[0].label),
        height=HEIGHT,
        question=question(name, config, (0,)),
    )
    return [powers, circle]
