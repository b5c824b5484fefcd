from dataclasses import replace

import pytest

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.limits import LimitReached, Limits

SMALL = Limits(max_steps=10, max_length=20, max_hidden_size=8, max_layers=2, max_batch_size=4, max_models=2)
FITS = TrainingConfig(TaskConfig(length=20), (ModelConfig(hidden_size=8, layers=2),) * 2, steps=10, batch_size=4)


def test_a_run_at_every_limit_is_allowed():
    SMALL.check(FITS)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"steps": 11}, "steps"),
        ({"task": TaskConfig(length=21)}, "timesteps"),
        ({"models": (ModelConfig(hidden_size=4), ModelConfig(hidden_size=9))}, "hidden units"),
        ({"models": (ModelConfig(hidden_size=4, layers=3),)}, "layers"),
        ({"batch_size": 5}, "examples"),
        ({"models": (ModelConfig(hidden_size=4),) * 3}, "models"),
    ],
)
def test_a_run_above_a_limit_is_refused_by_name(change, word):
    with pytest.raises(LimitReached, match=f"at most .* {word}.*, got"):
        SMALL.check(replace(FITS, **change))


def test_the_environment_sets_limits():
    limits = Limits.from_environment({"UNROLL_MAX_STEPS": "50", "UNROLL_UNWATCHED_SECONDS": "1.5", "HOME": "/"})
    assert limits == replace(Limits(), max_steps=50, unwatched_seconds=1.5)


@pytest.mark.parametrize("text", ["", "many", "0", "-3", "1.5", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused_by_name(text):
    with pytest.raises(ValueError, match="UNROLL_MAX_STEPS needs a whole number"):
        Limits.from_environment({"UNROLL_MAX_STEPS": text})


def test_what_is_allowed_one_by_one_may_be_too_much_together():
    model = ModelConfig("lstm", hidden_size=256, layers=4, bidirectional=True)
    config = TrainingConfig(TaskConfig(length=400), (model,) * 4, batch_size=256)
    with pytest.raises(LimitReached, match="at most 8,000,000 hidden states of a batch, got 838,860,800; choose fewer"):
        Limits().check(config)
    Limits(max_states=838_860_800).check(config)
