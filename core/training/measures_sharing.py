"""Shared weights: the gradient of W is the sum of the gradients of its copies, one a timestep.

Axes: T timesteps, N batch, I input features, H hidden units, G gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from ..models.explicit import explicit_cells
from ..models.sequence_model import SequenceModel
from ..models.unroll import State, hidden_of
from ..tasks.catalog import make_task
from .config import TrainingConfig
from .moment import draw
from .start import initial_model


@dataclass(frozen=True, eq=False)
class SharedGradient:
    """∂L/∂W_hh of a model of one layer, taken apart by the timestep at which the weights were used."""

    norms: np.ndarray
    """‖∂L/∂W_hh at t‖₂ of each timestep's copy, shape (T,)."""
    sums: np.ndarray
    """‖sum of the copies' gradients from t to T‖₂, shape (T,); the first is that of all."""
    whole: float
    """‖∂L/∂W_hh‖₂ as autograd gives it of the fused layer."""
    apart: dict[str, float]
    """By parameter, largest |sum of copies − autograd| beside the largest |autograd|."""


def shared_gradient(config: TrainingConfig, texts: Path | None = None) -> SharedGradient:
    """Of the run's first model on its first batch, before training, in float64.

    Errors: ValueError for a stack of several layers or directions; TextError.
    """
    one = config.models[0]
    if one.layers > 1 or one.bidirectional:
        raise ValueError(f"shared_gradient needs one layer in one direction, got {one.label}; choose such a model.")
    task = make_task(config.task, texts)
    batch = draw(task, config, 0).batch
    model = initial_model(config, 0, task).double()
    task.loss(model(_real(batch.inputs)), batch).backward()
    copies = _copies(model, batch.inputs.shape[1])
    outputs = model.readout(_unrolled(model, _real(batch.inputs), copies))
    names = list(copies[0])
    found = torch.autograd.grad(task.loss(outputs, batch), [copy[name] for name in names for copy in copies])
    steps = batch.inputs.shape[1]
    by_name = {name: torch.stack(found[i * steps : (i + 1) * steps]) for i, name in enumerate(names)}  # (T, …)
    return _account(by_name, {name: getattr(model.recurrent, f"{name}_l0").grad for name in names})


def _real(inputs: Tensor) -> Tensor:
    return inputs.double() if inputs.is_floating_point() else inputs


def _copies(model: SequenceModel, steps: int) -> list[dict[str, Tensor]]:
    """The recurrent weights once for each timestep, by name."""
    named = dict(explicit_cells(model.recurrent)[0][0].named_parameters())
    return [{name: weight.detach().clone().requires_grad_() for name, weight in named.items()} for _ in range(steps)]


def _unrolled(model: SequenceModel, inputs: Tensor, copies: list[dict[str, Tensor]]) -> Tensor:
    """Hidden states (N, T, H), each step with weights of its own."""
    cell = explicit_cells(model.recurrent)[0][0]
    embedded = model.embedding(inputs).detach()
    state: State = cell.initial_state(len(inputs))
    states = []
    for step, weights in zip(embedded.unbind(1), copies, strict=True):
        state = functional_call(cell, weights, (step, state))
        states.append(hidden_of(state))
    return torch.stack(states, dim=1)


def _account(by_name: dict[str, Tensor], whole: dict[str, Tensor]) -> SharedGradient:
    copies = by_name["weight_hh"].flatten(1)  # (T, G·H·H)
    total = whole["weight_hh"].flatten()
    sums = copies.flip(0).cumsum(0).flip(0)
    apart = {name: float((by_name[name].sum(0) - one).abs().max() / one.abs().max()) for name, one in whole.items()}
    return SharedGradient(copies.norm(dim=1).numpy(), sums.norm(dim=1).numpy(), float(total.norm()), apart)
