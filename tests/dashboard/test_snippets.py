"""The code that a page shows runs as it stands and gives what the page draws, up to the draw of weights and tokens."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch

from core.analysis.decay import decay
from core.models.config import CELLS, INITIALIZATIONS, ModelConfig
from core.tasks.config import TaskConfig
from core.training.anatomy import jacobians_at, loss_reach_at
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from core.training.moment import Moment
from dashboard.snippets import gradient_flow_code, jacobian_code, loss_reach_code

LENGTH, BATCH = 12, 32
MODELS = [
    *(ModelConfig(cell, 16, initialization=start, gain=0.8) for cell, start in product(CELLS, INITIALIZATIONS)),
    ModelConfig("lstm", 16, forget_bias=3.0),
    ModelConfig("lstm", 16, forget_bias=-1.0, initialization="orthogonal", gain=0.5),
    ModelConfig("rnn", 16, initialization="orthogonal", gain=2.0),
]


def shown(model: ModelConfig, seed: int) -> np.ndarray:
    """What the shown code prints: ‖∂L/∂h_t‖, shape (T,)."""
    code = gradient_flow_code(model, LENGTH, BATCH, seed)
    printed = io.StringIO()
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(printed):
        exec(compile(code, "snippet", "exec"), {})
    rows = [line.split() for line in printed.getvalue().splitlines()]
    assert [int(step) for step, _ in rows] == list(range(1, LENGTH + 1))
    return np.array([float(norm) for _, norm in rows])


@cache
def drawn(model: ModelConfig, seed: int) -> np.ndarray:
    """What the page draws."""
    config = TrainingConfig(TaskConfig("recall", length=LENGTH), (model,), batch_size=BATCH, seed=seed)
    return initial_flows(config)[0].norms()[0, 0]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_shown_code_fades_as_the_picture_does(model):
    ours = np.mean([np.log(decay(drawn(model, seed)).factor) for seed in range(4)])
    theirs = np.mean([np.log(decay(shown(model, seed)).factor) for seed in range(4)])
    assert theirs == pytest.approx(ours, abs=0.12)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_shown_code_ends_at_the_size_of_the_picture(model):
    ratio = np.mean([np.log(shown(model, seed)[-1] / drawn(model, seed)[-1]) for seed in range(4)])
    assert abs(ratio) < np.log(1.5)


def test_a_linear_orthogonal_cell_decays_exactly_by_its_gain():
    norms = shown(ModelConfig("linear_rnn", 16, initialization="orthogonal", gain=0.8), seed=0)
    np.testing.assert_allclose(norms[:-1] / norms[1:], 0.8, rtol=2e-3)


def test_the_shown_code_is_plain_pytorch_and_short():
    for model, code_of in product(MODELS, (gradient_flow_code, jacobian_code, loss_reach_code)):
        code = code_of(model, LENGTH, BATCH, 0)
        assert "core" not in code and "unroll" not in code
        assert len(code.splitlines()) <= 30
        assert max(map(len, code.splitlines())) <= 120


def printed(code: str) -> list[list[str]]:
    """What the shown code prints, in words."""
    said = io.StringIO()
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(said):
        exec(compile(code, "snippet", "exec"), {})
    return [line.split() for line in said.getvalue().splitlines()]


@pytest.mark.parametrize("model", MODELS[::3], ids=lambda model: model.name)
def test_the_shown_jacobians_are_as_large_as_the_pictures(model):
    ours, theirs = [], []
    for seed in range(3):
        rows = printed(jacobian_code(model, LENGTH, BATCH, seed))
        assert [int(row[0]) for row in rows] == list(range(LENGTH, 1, -1))
        theirs.append(np.log([[float(value) for value in row[1:]] for row in rows[::-1]]))
        config = TrainingConfig(TaskConfig("recall", length=LENGTH), (model,), batch_size=BATCH, seed=seed)
        spectrum = jacobians_at(Moment(config, 0), 0, 0, 0, None)
        ours.append(np.log(np.stack([spectrum.steps[:, 0], spectrum.products[:, 0]], axis=1)))
    steps = np.array([1, LENGTH - 1])  # which the number in the first row has gone
    difference = (np.mean(theirs, axis=0) - np.mean(ours, axis=0))[0] / steps
    assert np.abs(difference).max() < 0.12


@pytest.mark.parametrize("model", MODELS[::3], ids=lambda model: model.name)
def test_the_shown_matrix_of_losses_fades_as_the_picture_does(model):
    theirs = np.log([_last_row(printed(loss_reach_code(model, LENGTH, BATCH, seed)))[0] for seed in range(3)]).mean()
    task = TaskConfig("recall", length=LENGTH, loss_at="all")
    configs = [TrainingConfig(task, (model,), batch_size=BATCH, seed=seed) for seed in range(3)]
    reaches = [loss_reach_at(Moment(config, 0), 0, 0, 0, None).reach.norms for config in configs]
    ours = np.log([norms[-1, 0] / norms[-1, -1] for norms in reaches]).mean()
    assert abs(theirs - ours) / (LENGTH - 1) < 0.15


def _last_row(rows: list[list[str]]) -> np.ndarray:
    assert [len(row) for row in rows] == list(range(2, LENGTH + 2))
    return np.array([float(share) for share in rows[-1][1:]])


def test_a_linear_orthogonal_cell_has_jacobians_of_its_gain_and_losses_that_fade_by_it():
    model = ModelConfig("linear_rnn", 16, initialization="orthogonal", gain=0.8)
    values = np.array([[float(value) for value in row[1:]] for row in printed(jacobian_code(model, LENGTH, 4, 0))])
    np.testing.assert_allclose(values[:, 0], 0.8, rtol=2e-3)
    np.testing.assert_allclose(values[:, 1], 0.8 ** np.arange(1, LENGTH), rtol=2e-3)
    shares = _last_row(printed(loss_reach_code(model, LENGTH, 4, 0)))
    np.testing.assert_allclose(shares, 0.8 ** np.arange(LENGTH - 1, -1, -1), rtol=0.06)
