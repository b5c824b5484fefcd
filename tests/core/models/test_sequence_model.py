import pytest
import torch
from torch import nn

from core.models.config import CELLS, ModelConfig
from core.models.sequence_model import build_model
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig

torch.set_num_threads(1)
RECALL = make_task(TaskConfig(length=6))


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_the_same_seed_gives_the_same_weights_whatever_was_built_before():
    config = ModelConfig("gru", layers=2, initialization="orthogonal")
    first = build_model(config, RECALL, seed=5)
    build_model(ModelConfig("lstm", hidden_size=9), RECALL, seed=6)
    torch.randn(17)
    assert same_weights(first, build_model(config, RECALL, seed=5))
    assert not same_weights(first, build_model(config, RECALL, seed=6))


def test_building_a_model_leaves_the_generator_alone():
    torch.manual_seed(4)
    expected = torch.randn(3)
    torch.manual_seed(4)
    build_model(ModelConfig(), RECALL, seed=1)
    assert torch.equal(torch.randn(3), expected)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("task", ["recall", "adding"])
def test_a_model_answers_at_every_timestep(cell, bidirectional, task):
    problem = make_task(TaskConfig(task, length=6))
    model = build_model(ModelConfig(cell, hidden_size=5, layers=2, bidirectional=bidirectional), problem, seed=0)
    inputs = torch.zeros(3, 6, dtype=torch.int64) if problem.features is None else torch.zeros(3, 6, problem.features)
    assert model(inputs).shape == (3, 6, problem.outputs)
    assert isinstance(model.embedding, nn.Embedding if problem.features is None else nn.Identity)
