import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.blocks import parameter_blocks
from core.models.config import ModelConfig
from core.recordings.storage import open_recording
from core.tasks.config import VARIANTS, TaskConfig
from core.training.block_norms import as_float32
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.moment import WATCHED_LAYER, Moment, observe
from core.training.run import create_folder, train_into

MODELS = (
    ModelConfig("rnn", 8),
    ModelConfig("lstm", 6, layers=2, bidirectional=True, dropout=0.5),
    ModelConfig("gru", 8, layers=2, dropout=0.3, clipped=False),
    ModelConfig("lstm", 8, forget_bias=3.0),
)
CONFIG = TrainingConfig(TaskConfig(length=9), MODELS, steps=25, batch_size=10, learning_rate=0.02, seed=3)


def assert_replayed(observed, recorded):
    """All numbers of the recorded row that belong to the pass, bit for bit."""
    flow, gates = observed.watched.flow[WATCHED_LAYER], observed.watched.gates[WATCHED_LAYER]
    np.testing.assert_array_equal(as_float32(flow.norms()), recorded.hidden_norms)
    assert (flow.cell is None) == (recorded.cell_norms is None)
    if flow.cell is not None:
        np.testing.assert_array_equal(as_float32(flow.cell_norms()), recorded.cell_norms)
    if recorded.gates is not None:
        np.testing.assert_array_equal(gates.first(8).hidden, recorded.gates.hidden)
    assert observed.loss == recorded.loss
    assert observed.task.accuracy(observed.outputs, observed.batch) == recorded.accuracy


@pytest.mark.parametrize("model", range(len(MODELS)))
def test_a_moment_of_a_run_is_replayed_bit_for_bit(model):
    torch.manual_seed(1)
    moments = 0
    for step in train(CONFIG):
        recorded = step.models[model]
        if recorded.parameters is not None:
            moment = pickle.loads(pickle.dumps(Moment(CONFIG, model, step.step, recorded.parameters)))
            assert_replayed(observe(moment), recorded)
            moments += 1
    assert moments == 8  # 0, 1, 2, 3, 5, 10, 20 and the last


@pytest.mark.parametrize("task", VARIANTS)
def test_without_parameters_a_model_is_as_initialised(task):
    config = replace(CONFIG, task=TaskConfig(task, length=25), steps=1)
    first = next(train(config))
    for model, recorded in enumerate(first.models):
        assert_replayed(observe(Moment(config, model)), recorded)


def test_the_gradients_that_are_left_in_the_model_are_those_of_the_recorded_blocks():
    config = replace(CONFIG, models=MODELS[1:3])
    *_, last = train(config)
    for model, recorded in enumerate(last.models):
        observed = observe(Moment(config, model, last.step, recorded.parameters))
        flat = torch.cat([parameter.grad.flatten() for parameter in observed.model.parameters()]).double()
        norms = [flat[block.start : block.stop].norm().item() for block in parameter_blocks(observed.model)]
        np.testing.assert_allclose(recorded.block_gradients, norms, rtol=1e-6)


def test_observing_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    observe(Moment(CONFIG, 1))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("values", [{"model": 4}, {"model": -1}, {"model": 0, "step": 26}, {"model": 0, "step": -1}])
def test_a_moment_that_the_run_does_not_have_is_refused(values):
    with pytest.raises(ValueError, match="must be in 0….*, got .*; choose one of the run's"):
        Moment(CONFIG, **values)


@pytest.mark.parametrize("parameters", [np.zeros(3, np.float32), np.zeros((2, 2), np.float32), np.zeros(3)])
def test_parameters_of_another_model_are_refused(parameters):
    with pytest.raises(ValueError, match=r"parameters must be \d+ numbers of float32, got .*; take them"):
        observe(Moment(CONFIG, 0, 1, parameters))


def test_a_moment_of_a_recorded_run_is_replayed_bit_for_bit_in_another_process(tmp_path, pool):
    create_folder(tmp_path, "run-of-a-worker", CONFIG, {})
    folder = tmp_path / "run-of-a-worker"
    assert pool.submit(train_into, folder, CONFIG).result(60) == "finished"
    with open_recording(folder) as recording:
        for model, name in enumerate(CONFIG.names):
            for step in (3, 20, 25):
                parameters = recording.record(f"{name}/parameters", step)
                flow = observe(Moment(CONFIG, model, step, parameters)).watched.flow[WATCHED_LAYER]
                recorded = recording.record(f"{name}/hidden_norms", step)
                np.testing.assert_array_equal(as_float32(flow.norms()), recorded)
