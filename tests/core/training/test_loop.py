import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from core.models.blocks import block_names, parameter_blocks
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.probes.watch import watch
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training import snapshots
from core.training.block_norms import flattened
from core.training.config import OPTIMIZERS, TrainingConfig
from core.training.knobs import Knobs
from core.training.loop import TrainingDiverged, is_finite, train

LSTM, RNN, GRU = (ModelConfig(cell, hidden_size=6) for cell in ("lstm", "rnn", "gru"))
DEEP = ModelConfig("lstm", hidden_size=5, layers=2, bidirectional=True, dropout=0.5)
SMALL = TrainingConfig(TaskConfig(length=8), (LSTM, RNN), steps=6, batch_size=12)


def numbers(model):
    """All that a ModelStep holds but its name, as bytes, so that NaN equals NaN and 0.0 differs from -0.0."""
    arrays = [
        model.loss,
        model.accuracy,
        model.gradient_norm,
        model.clipped_norm,
        model.update_ratio,
        model.hidden_norms,
        model.block_gradients,
        model.block_updates,
    ]
    arrays += [array for array in (model.cell_norms, model.parameters) if array is not None]
    arrays += [] if model.gates is None else [model.gates.hidden]
    return [np.asarray(array).tobytes() for array in arrays]


def run_of(config, name):
    position = config.names.index(name)
    return [numbers(step.models[position]) for step in train(config)]


def test_the_same_config_and_seed_give_the_same_steps_bit_for_bit():
    config = replace(SMALL, models=(DEEP, RNN, GRU))
    torch.manual_seed(1)
    first = [[numbers(model) for model in step.models] for step in train(config)]
    torch.manual_seed(2)
    assert [[numbers(model) for model in step.models] for step in train(config)] == first
    assert [[numbers(model) for model in step.models] for step in train(replace(config, seed=1))] != first


def test_training_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    list(train(replace(SMALL, models=(DEEP,), steps=2)))
    assert torch.equal(torch.rand(3), expected)


def test_a_models_numbers_do_not_depend_on_which_models_it_is_compared_with():
    alone = run_of(replace(SMALL, models=(DEEP,)), DEEP.name)
    assert run_of(replace(SMALL, models=(RNN, DEEP)), DEEP.name) == alone
    assert run_of(replace(SMALL, models=(GRU, LSTM, DEEP, RNN)), DEEP.name) == alone


def test_equal_models_of_a_run_see_the_same_batches():
    for step in train(replace(SMALL, models=(LSTM, LSTM))):
        assert numbers(step.models[0]) == numbers(step.models[1])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", ["norm", "value", "none"])
def test_training_agrees_with_a_plain_torch_loop(optimizer, clip):
    config = replace(SMALL, models=(GRU,), optimizer=optimizer, clip=clip, max_norm=0.05, learning_rate=0.01)
    for step, loss in zip(train(config), plain_losses(config), strict=True):
        assert step.models[0].loss == pytest.approx(loss, rel=1e-4)


def plain_losses(config):
    """The losses of the same training as PyTorch's tutorial writes it."""
    task = make_task(config.task)
    model = build_model(config.models[0], task, config.seed)
    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}
    optimizer = kinds[config.optimizer](model.parameters(), lr=config.learning_rate)
    for step in range(config.steps + 1):
        batch = task.batch(np.random.default_rng([config.seed, step]), config.batch_size)
        optimizer.zero_grad()
        loss = task.loss(model(batch.inputs), batch)
        loss.backward()
        yield loss.item()
        if config.clip == "norm":
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_norm)
        if config.clip == "value":
            torch.nn.utils.clip_grad_value_(model.parameters(), config.max_norm)
        if step > 0:
            optimizer.step()


def test_step_0_is_measured_before_any_update():
    steps = list(train(SMALL))
    assert [step.step for step in steps] == list(range(SMALL.steps + 1))
    assert all(model.update_ratio == 0 for model in steps[0].models)
    assert all(model.update_ratio > 0 for step in steps[1:] for model in step.models)


def test_the_norms_are_those_that_watching_the_model_shows():
    task = make_task(SMALL.task)
    batch = task.batch(np.random.default_rng([SMALL.seed, 0]), SMALL.batch_size)
    model = build_model(LSTM, task, SMALL.seed)
    with watch(model, examples=None) as watched:
        task.loss(model(batch.inputs), batch).backward()
    first = next(train(SMALL)).models[0]
    np.testing.assert_allclose(first.hidden_norms, watched.flow["recurrent"].norms(), rtol=1e-6)
    np.testing.assert_allclose(first.cell_norms, watched.flow["recurrent"].cell_norms(), rtol=1e-6)


def test_norms_and_gates_have_the_shape_of_layers_directions_and_timesteps():
    config = replace(SMALL, models=(DEEP, RNN))
    deep, rnn = next(train(config)).models
    assert deep.hidden_norms.shape == deep.cell_norms.shape == (2, 2, 8)
    assert deep.hidden_norms.dtype == deep.cell_norms.dtype == np.float32
    assert deep.gates.hidden.shape == (2, 2, 8, 8, 5)  # L, D, E, T, H
    assert rnn.hidden_norms.shape == (1, 1, 8) and rnn.cell_norms is None


def test_gates_and_parameters_are_kept_often_at_first_and_at_the_last_step():
    steps = list(train(SMALL))
    assert [step.step for step in steps if step.models[0].gates is not None] == [0, 1, 2, 3, 5, 6]
    assert [step.step for step in steps if step.models[0].parameters is not None] == [0, 1, 2, 3, 5, 6]


def test_the_update_ratio_of_sgd_is_the_learning_rate_times_gradient_over_parameters():
    config = replace(SMALL, models=(RNN,), optimizer="sgd", clip="norm", max_norm=0.01, learning_rate=0.1)
    parameters = build_model(RNN, make_task(config.task), config.seed).parameters()
    size = torch.cat([parameter.detach().flatten() for parameter in parameters]).double().norm().item()
    _, first = islice(train(config), 2)
    assert first.models[0].update_ratio == pytest.approx(0.1 * first.models[0].clipped_norm / size, rel=1e-3)


def test_knobs_change_the_next_step():
    config = replace(SMALL, models=(RNN,), optimizer="sgd", clip="none", learning_rate=1e-3)
    knobs = Knobs.of(config)
    steps = train(config, knobs)
    next(steps)
    slow = next(steps).models[0]
    knobs.learning_rate, knobs.clip, knobs.max_norm = 1e-1, "norm", 1e-4
    fast = next(steps).models[0]
    assert slow.clipped_norm == slow.gradient_norm
    assert fast.clipped_norm == pytest.approx(1e-4, rel=1e-5)
    per_gradient = [model.update_ratio / model.clipped_norm for model in (slow, fast)]
    assert per_gradient[1] / per_gradient[0] == pytest.approx(100, rel=0.02)


def test_a_run_that_diverges_hands_out_the_step_as_it_came_and_says_which():
    diverging = ModelConfig("relu_rnn", hidden_size=16, initialization="identity", gain=2.0)
    config = replace(SMALL, models=(LSTM, diverging), optimizer="sgd", clip="none", learning_rate=1000.0, steps=200)
    seen = []
    with pytest.raises(TrainingDiverged) as caught:
        for step in train(config):
            seen.append(step)
    assert not is_finite(seen[-1]) and all(map(is_finite, seen[:-1]))
    assert caught.value.step == seen[-1].step and caught.value.model in config.names
    assert f"step {seen[-1].step}" in str(caught.value)


def test_a_finite_run_does_not_diverge():
    assert all(math.isfinite(model.loss) for step in train(SMALL) for model in step.models)


@pytest.mark.parametrize("clip", ["norm", "value", "none"])
def test_a_model_that_is_not_clipped_is_trained_as_in_a_run_without_clipping(clip):
    free = replace(RNN, clipped=False)
    config = replace(SMALL, models=(free, RNN), clip=clip, max_norm=1e-3)
    unclipped = run_of(replace(config, models=(RNN,), clip="none"), RNN.name)
    assert run_of(config, free.name) == unclipped
    assert (run_of(config, RNN.name) == unclipped) == (clip == "none")


@pytest.mark.parametrize("model", [LSTM, DEEP, RNN, GRU])
def test_the_blocks_add_up_to_the_whole_gradient_and_the_whole_update(model):
    config = replace(SMALL, models=(model,), clip="none", optimizer="sgd", learning_rate=0.1)
    blocks = parameter_blocks(build_model(model, make_task(config.task), config.seed))
    for step in train(config):
        one = step.models[0]
        assert np.linalg.norm(one.block_gradients.astype(np.float64)) == pytest.approx(one.gradient_norm, rel=1e-6)
        if one.parameters is not None:
            sizes = [np.linalg.norm(one.parameters[block.start : block.stop].astype(float)) for block in blocks]
            expected = 0.1 * one.block_gradients / sizes if step.step else np.zeros(len(blocks))
            np.testing.assert_allclose(one.block_updates, expected, rtol=2e-3, atol=1e-7)


def test_parameters_are_those_before_the_steps_update():
    config = replace(SMALL, models=(GRU,), optimizer="sgd", clip="none", steps=3)
    first, second, third, _ = (step.models[0].parameters for step in train(config))
    built = build_model(GRU, make_task(config.task), config.seed)
    np.testing.assert_array_equal(first, flattened(built.parameters()))
    np.testing.assert_array_equal(second, first)  # step 0 has no update
    assert not np.array_equal(third, second)


def test_a_block_that_was_all_zero_shows_its_first_update_as_inf():
    config = replace(SMALL, models=(replace(LSTM, forget_bias=3.0),), steps=2)
    names = block_names(config.models[0], has_tokens=True)
    updates = [step.models[0].block_updates[names.index("b_hh forget")] for step in train(config)]
    assert updates[0] == 0 and updates[1] == np.inf and np.isfinite(updates[2])


def test_gates_that_would_take_too_much_are_kept_more_seldom(monkeypatch):
    config = TrainingConfig(TaskConfig("recall", length=6), (ModelConfig("lstm", 4), ModelConfig("rnn", 4)), steps=100,
                            batch_size=8)  # fmt: skip
    size = 8 * 6 * 4 * 4 * (6 + 1) + 2 * 8 * 8  # 8 examples of both models, float32; lengths
    for room, kept in ((100, 9), (4, 4)):
        monkeypatch.setattr(snapshots, "MOST_BYTES", room * size)
        steps = [step.step for step in train(config) if step.models[1].gates is not None]
        assert len(steps) == kept and steps[0] == 0 and steps[-1] == 100
