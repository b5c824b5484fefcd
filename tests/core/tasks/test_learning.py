"""That the tasks can be learnt at the sizes that the dashboard shows; a plain loop, nothing of core.training."""

import numpy as np
import pytest
import torch
from torch import nn

from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig

torch.set_num_threads(1)


def losses_and_accuracies(task_config, model_config, seed, steps):
    task = make_task(task_config)
    model = build_model(model_config, task, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        batch = task.batch(np.random.default_rng([seed, step]), 64)
        outputs = model(batch.inputs)
        loss = task.loss(outputs, batch)
        yield loss.item(), task.accuracy(outputs, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


@pytest.mark.parametrize("seed", range(5))
def test_an_lstm_with_forget_bias_3_recalls_over_20_steps_within_150(seed):
    run = losses_and_accuracies(TaskConfig("recall", length=20), ModelConfig("lstm", forget_bias=3.0), seed, 150)
    assert any(accuracy >= 0.95 for _, accuracy in run)


def test_an_lstm_learns_more_of_pythons_source_than_its_letter_frequencies():
    config = TaskConfig("next_character", length=30, text="python-source")
    losses = [loss for loss, _ in losses_and_accuracies(config, ModelConfig("lstm", forget_bias=3.0), 0, 200)]
    assert np.mean(losses[-10:]) < make_task(config).chance.loss - 0.4
