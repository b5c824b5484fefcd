"""What the views ask of core, kept for the next script run. Keys are configs, or run and step.

Axes: L layers, D directions, T timesteps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.analysis.outcome import Outcome, outcome
from core.recordings.records import GradientFlow, Receipt
from core.recordings.storage import RecordingError
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.task import Task
from core.training.config import TrainingConfig
from core.training.initial import initial_flows, initial_receipts
from dashboard.readers import readers_of
from dashboard.server import runs_root, texts_root


@dataclass(frozen=True)
class Series:
    """One model's norms over time at one training step."""

    label: str
    symbol: str
    """∂L/∂h or ∂L/∂c."""
    norms: np.ndarray
    """Shape (L, D, T)."""


@st.cache_resource(max_entries=64, show_spinner=False)
def task_of(config: TaskConfig) -> Task:
    """The task. Errors: TextError."""
    return make_task(config, texts_root())


@st.cache_resource(max_entries=8, show_spinner=False)  # at a server's limits one is 150 MB
def flows_at_start(config: TrainingConfig) -> tuple[GradientFlow, ...]:
    """Gradient flow of each model before training. Errors: TextError."""
    return initial_flows(config, texts_root())


@st.cache_resource(max_entries=32, show_spinner="Unrolling in float64 …")
def receipts_at_start(config: TrainingConfig) -> tuple[Receipt, ...]:
    """The same gradients the slow way."""
    return initial_receipts(config, texts_root())


def loss_steps(config: TaskConfig) -> int:
    """How many timesteps of a sequence have a loss. Errors: TextError."""
    task = task_of(config)
    return int(task.batch(np.random.default_rng(0), 1).mask.sum())


def series_at_start(config: TrainingConfig, flows: Sequence[GradientFlow]) -> list[Series]:
    """Norms before training: ∂L/∂h of every model, and ∂L/∂c of an LSTM after it."""
    found = []
    for model, flow in zip(config.models, flows, strict=True):
        found.append(Series(model.label, "∂L/∂h", flow.norms()))
        if flow.cell is not None:
            found.append(Series(model.label, "∂L/∂c", flow.cell_norms()))
    return found


def series_of_run(run_id: str, config: TrainingConfig, step: int | None) -> tuple[int, list[Series]] | None:
    """Norms of a run at a step, or its newest; None before its first row. Errors: RecordingError."""
    found: list[Series] = []
    with readers_of(runs_root()).reading(run_id) as recording:
        if recording.last_step < 0:
            return None
        at = recording.last_step if step is None else min(step, recording.last_step)
        for name, model in zip(config.names, config.models, strict=True):
            for symbol, array in (("∂L/∂h", "hidden_norms"), ("∂L/∂c", "cell_norms")):
                if array == "cell_norms" and model.cell != "lstm":
                    continue
                norms = recording.record(f"{name}/{array}", at)
                assert isinstance(norms, np.ndarray)
                found.append(Series(model.label, symbol, norms))
    return at, found


def outcomes_of_run(run_id: str) -> list[tuple[str, Outcome]]:
    """How each model of a run stands, with its label; none before the first row. Errors: RecordingError."""
    with readers_of(runs_root()).reading(run_id) as recording:
        try:
            config = TrainingConfig.from_dict(recording.header.config)
        except ValueError as error:
            raise RecordingError(str(error)) from None
        if recording.last_step < 0:
            return []
        table = recording.scalars([f"{name}/{kind}" for name in config.names for kind in ("accuracy", "loss")])
    return [
        (model.label, outcome(table[f"{name}/accuracy"].to_numpy(), table[f"{name}/loss"].to_numpy()))
        for name, model in zip(config.names, config.models, strict=True)
    ]
