from __future__ import annotations

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.tasks.config import VARIANTS, TaskConfig
from core.training.config import TrainingConfig
from core.training.initial import initial_flows, initial_receipts
from core.training.loop import train

MODELS = (
    ModelConfig("rnn", 8),
    ModelConfig("lstm", 8, layers=2, bidirectional=True, dropout=0.5),
    ModelConfig("gru", 8, layers=2, dropout=0.3),
)


@pytest.mark.parametrize("task", VARIANTS)
def test_before_training_is_step_0_of_the_training(task):
    config = TrainingConfig(TaskConfig(task, length=25), MODELS, steps=1, batch_size=12, seed=5)
    first = next(train(config))
    for flow, model in zip(initial_flows(config), first.models, strict=True):
        np.testing.assert_array_equal(flow.norms().astype(np.float32), model.hidden_norms)
        assert (flow.cell is None) == (model.cell_norms is None)
        if model.cell_norms is not None:
            np.testing.assert_array_equal(flow.cell_norms().astype(np.float32), model.cell_norms)


def test_the_receipts_are_of_the_same_numbers():
    config = TrainingConfig(TaskConfig(length=10), MODELS, batch_size=4)
    for flow, receipt in zip(initial_flows(config), initial_receipts(config), strict=True):
        assert receipt.agrees
        np.testing.assert_allclose(receipt.reference_norms, flow.norms(), rtol=1e-4)


def test_another_model_beside_it_changes_nothing():
    task = TaskConfig(length=10)
    (alone,) = initial_flows(TrainingConfig(task, MODELS[1:2], batch_size=4))
    both = initial_flows(TrainingConfig(task, MODELS[:2], batch_size=4))
    np.testing.assert_array_equal(alone.hidden, both[1].hidden)
