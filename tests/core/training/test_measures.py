from __future__ import annotations

import numpy as np
import pytest

from core.models.character_model import CharacterModel, save_character_model
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.texts import UNSEEN, read_text
from core.training import measures_length, measures_size
from core.training.config import TrainingConfig
from core.training.measures_length import any_length, binned
from core.training.measures_sharing import shared_gradient
from core.training.measures_size import sizes
from core.training.measures_sweeps import lag_sweep, parameter_count, stack_sweep, stacks
from core.training.measures_time import times
from core.training.moment import Moment, observe

CELLS = ("rnn", "relu_rnn", "linear_rnn", "gru", "lstm")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> CharacterModel:
    vocabulary = Vocabulary.of(read_text(UNSEEN)[:5000])
    config = ModelConfig("lstm", hidden_size=8)
    model = CharacterModel(build_model(config, vocabulary, 3), config, vocabulary, {"recipe": {"window": 7}})
    save_character_model(tmp_path_factory.mktemp("model") / "small.safetensors", model)
    return model


def test_every_length_is_read_by_the_same_numbers_and_ends_in_the_state_on_the_way(small, tmp_path, monkeypatch):
    monkeypatch.setattr(measures_length, "LENGTHS", (1, 3, 40))
    path = tmp_path / "small.safetensors"
    save_character_model(path, small)
    found = any_length(path)
    assert found.parameters == sum(weight.numel() for weight in small.model.parameters())
    assert found.trained_length == 7 and found.apart.max() <= 1e-12
    assert len(found.positions) == len(found.losses) and np.isfinite(found.losses).all()


def test_bins_double_and_hold_every_loss_once():
    positions, means = binned(np.arange(1.0, 11.0))
    assert positions.tolist() == [1.0, 2.0, np.sqrt(12), np.sqrt(40), np.sqrt(90)]
    assert means.tolist() == [1.0, 2.0, 3.5, 6.5, 9.5]


@pytest.mark.parametrize("cell", CELLS)
def test_the_copies_gradients_add_up_to_autograds_of_the_shared_weights(cell: str):
    config = TrainingConfig(TaskConfig(length=6), (ModelConfig(cell, 5),), batch_size=4)
    found = shared_gradient(config)
    assert max(found.apart.values()) < 1e-12 and found.sums[0] == pytest.approx(found.whole, rel=1e-12)
    assert found.norms.shape == (6,) and found.norms[0] == 0  # h₀ = 0
    assert found.sums[-1] == found.norms[-1]


def test_a_copys_gradient_is_what_comes_back_times_what_was_handed_on():
    config = TrainingConfig(TaskConfig(length=6), (ModelConfig("rnn", 5),), batch_size=4)
    watched = observe(Moment(config, 0)).watched
    back, hidden = watched.flow["recurrent"].hidden[0, 0], watched.gates["recurrent"].hidden[0, 0]  # (N, T, H)
    before = np.concatenate([np.zeros_like(hidden[:, :1]), hidden[:, :-1]], axis=1)
    gradients = np.einsum("nth,ntk->thk", back * (1 - hidden**2), before)
    found = shared_gradient(config)
    np.testing.assert_allclose(np.sqrt(np.square(gradients).sum((1, 2))), found.norms, rtol=1e-4)


@pytest.mark.parametrize("config", [ModelConfig(layers=2), ModelConfig(bidirectional=True)])
def test_what_measures_do_not_apply_to_is_refused(config: ModelConfig):
    with pytest.raises(ValueError, match="one layer in one direction"):
        shared_gradient(TrainingConfig(models=(config,)))
    with pytest.raises(ValueError, match="one layer in one direction"):
        times(config)


@pytest.mark.parametrize("units", [1, 32])
def test_sizes_are_those_of_the_textbook(units: int):
    found, readout = sizes(units), units * 8 + 8
    gates = dict(zip(measures_size.COMPARED, (1, 3, 4), strict=True))
    for cell, size in zip(measures_size.COMPARED, found.recurrent, strict=True):
        assert size == gates[cell] * (units * 8 + units * units + 2 * units) + readout
    assert found.window == tuple(length * 8 * units + units + readout for length in measures_size.LENGTHS)


def test_both_ways_are_timed_for_as_many_multiplications():
    found = times(ModelConfig("gru", 4))
    assert found.recurrent.shape == found.product.shape == found.lengths.shape
    assert (found.recurrent > 0).all() and (found.product > 0).all()
    assert (found.multiplications == found.lengths * 3 * 4 * 8).all()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_parameters_are_counted_as_they_are_made(cell: str, layers: int):
    task, config = make_task(TaskConfig()), ModelConfig(cell, 6, layers)
    made = sum(weight.numel() for weight in build_model(config, task, 0).parameters())
    assert parameter_count(config, task) == made


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_two_layers_are_matched_within_three_per_cent(cell: str):
    task = make_task(TaskConfig("next_character", text="python-source"))
    one, two, wide = models = stacks(cell, 64, task)
    assert [(model.layers, model.hidden_size) for model in (one, wide)] == [(1, 64), (2, 64)] and two.layers == 2
    assert parameter_count(two, task) == pytest.approx(parameter_count(one, task), rel=0.03)
    assert stack_sweep(models).base.models == models


def test_the_sweep_of_lags_has_every_length_with_every_seed():
    points = lag_sweep(steps=5).points
    assert [(point.config.task.length, point.config.seed) for point in points[:6]] == [
        (5, 0), (10, 0), (20, 0), (40, 0), (80, 0), (5, 1),
    ]  # fmt: skip
