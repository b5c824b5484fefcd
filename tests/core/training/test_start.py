from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.models.vocabulary import UNKNOWN
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training import start
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.moment import Moment, observe
from core.training.start import SHIPPED, initial_model, load_character_model

shipped = load_character_model(SHIPPED)
CONTINUED = TrainingConfig(
    TaskConfig("next_character", length=20, text="python-source"), (shipped.config,), batch_size=4, start="shipped"
)


def test_what_is_continued_expects_what_the_shipped_model_expects() -> None:
    task = make_task(CONTINUED.task)
    model, text = initial_model(CONTINUED, 0, task), "import os\n\n\ndef walk(top):\n    "
    with torch.no_grad():
        ours = model(torch.tensor([[task.symbols.index(character) for character in text]])).softmax(-1)[0]
        theirs = shipped.model(shipped.vocabulary.encode(text)[None]).softmax(-1)[0]
    unknown = [place for place, symbol in enumerate(task.symbols) if symbol not in shipped.vocabulary.symbols[:-1]]
    np.testing.assert_allclose(ours[:, unknown].sum(-1), theirs[:, -1], atol=1e-6)
    for place, symbol in enumerate(shipped.vocabulary.symbols[:-1]):
        if symbol in task.symbols:
            np.testing.assert_allclose(ours[:, task.symbols.index(symbol)], theirs[:, place], atol=1e-6)
    assert len(unknown) > 1 and shipped.vocabulary.symbols[-1] == UNKNOWN


def test_a_run_that_continues_begins_far_below_one_that_is_drawn() -> None:
    continued, drawn = (next(iter(train(replace(CONTINUED, start=one)))).models[0].loss for one in ("shipped", "drawn"))
    assert continued < 2.5 < 4 < drawn


def test_the_first_moment_of_a_run_that_continues_is_recomputed_bit_for_bit() -> None:
    first = next(iter(train(CONTINUED))).models[0]
    assert observe(Moment(CONTINUED, 0)).loss == first.loss


def test_a_model_of_another_shape_cannot_continue() -> None:
    with pytest.raises(ValueError, match="needs one like it, LSTM, forget bias 1, 256 units"):
        next(iter(train(replace(CONTINUED, models=(ModelConfig("gru", 16),)))))


def test_only_text_can_be_continued() -> None:
    with pytest.raises(ValueError, match="needs the task 'next_character', got 'recall'"):
        replace(CONTINUED, task=TaskConfig("recall"))
    with pytest.raises(ValueError, match="start must be one of"):
        TrainingConfig(start="elsewhere")


def test_drawn_weights_are_as_before(monkeypatch) -> None:
    monkeypatch.setattr(start, "SHIPPED", None)
    config = replace(CONTINUED, start="drawn", models=(ModelConfig(hidden_size=4),))
    assert next(iter(train(config))).models[0].name == "lstm-h4"
