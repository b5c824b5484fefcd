"""Models that read both ways, made to generate."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.decoding import greedy
from core.models.config import ModelConfig
from core.models.language_model import language_step
from core.models.rereading import losses_without_future, rereading_step
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig

VOCABULARY = Vocabulary.of("abcdefgh")


@pytest.fixture(autouse=True)
def one_thread():
    """As in a worker: small models are slower with more, and far slower beside other processes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(**given):
    return build_model(ModelConfig("gru", hidden_size=24, **given), VOCABULARY, seed=0)


def test_with_one_direction_reading_again_is_reading_on():
    model = made(layers=2).double()
    settings = {"max_length": 9, "eos": None, "start": 3}
    again, on = greedy(*rereading_step(model), **settings), greedy(*language_step(model), **settings)
    assert again.hypotheses[0].tokens == on.hypotheses[0].tokens
    assert again.hypotheses[0].log_prob == pytest.approx(on.hypotheses[0].log_prob, abs=1e-9)


def test_losses_without_the_future_are_those_of_each_prefix_alone():
    model = made(bidirectional=True, layers=2).double()
    text = VOCABULARY.encode("abcabgfe")
    with torch.no_grad():
        alone = [-model(text[None, :end])[0, -1].log_softmax(-1)[text[end]].item() for end in range(1, 8)]
    np.testing.assert_allclose(losses_without_future(model, text), alone, atol=1e-12)


def test_a_model_that_looks_ahead_loses_least_in_training_and_most_as_a_generator():
    task = make_task(TaskConfig("next_character", length=40))
    held = task.batch(np.random.default_rng([1, 0]), 6)
    looking, generating = [], []
    for is_both in (False, True):
        model = build_model(ModelConfig("gru", hidden_size=48, bidirectional=is_both), task, seed=0)
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        for step in range(60):
            batch = task.batch(np.random.default_rng([0, step]), 32)
            optimizer.zero_grad()
            task.loss(model(batch.inputs), batch).backward()
            optimizer.step()
        looking.append(task.loss(model(held.inputs), held).item())
        generating.append(np.mean([losses_without_future(model, text).mean() for text in held.inputs]))
    assert looking[1] < 0.7 and looking[0] > 1.5
    assert generating[1] > generating[0] + 0.2


def test_a_model_of_numbers_is_no_generator():
    numbers = SimpleNamespace(vocabulary_size=None, features=2, outputs=3)
    with pytest.raises(ValueError, match="reads tokens, got a model of real-valued input"):
        rereading_step(build_model(ModelConfig("gru", hidden_size=6), numbers, seed=0))
