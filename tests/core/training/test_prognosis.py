from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.decay import decay
from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from core.training.loop import train
from core.training.moment import Moment
from core.training.prognosis import BATCHES, MOST_STATES, PATIENT, initial_gradient_norms, treated_norms
from core.training.remedies import remedies

CONFIG = TrainingConfig(
    TaskConfig(length=12), (ModelConfig("rnn", 16), ModelConfig("lstm", 16)), steps=5, batch_size=16, seed=3
)


def test_the_patients_curve_is_the_one_the_page_shows_before_training():
    rnn, lstm = initial_flows(CONFIG)
    np.testing.assert_array_equal(treated_norms(Moment(CONFIG, 0), 0, 0, 0)[PATIENT], rnn.norms()[0, 0])
    np.testing.assert_array_equal(treated_norms(Moment(CONFIG, 1), 0, 0, 0)[PATIENT], lstm.cell_norms()[0, 0])


def test_losses_on_the_way_are_left_out():
    everywhere = replace(CONFIG, task=replace(CONFIG.task, loss_at="all"))
    found = treated_norms(Moment(everywhere, 0), 0, 0, 0)
    expected = treated_norms(Moment(CONFIG, 0), 0, 0, 0)
    assert all((found[key] == norms).all() for key, norms in expected.items())


@pytest.mark.parametrize("model", [0, 1])
def test_each_remedys_curve_is_that_of_its_own_run_before_training(model):
    found = treated_norms(Moment(CONFIG, model), 0, 0, 0)
    assert set(found) == {PATIENT, *(remedy.key for remedy in remedies(CONFIG, model))}
    for remedy in remedies(CONFIG, model):
        flow = initial_flows(remedy.config)[-1]
        expected = flow.norms() if flow.cell is None else flow.cell_norms()
        np.testing.assert_array_equal(found[remedy.key], expected[0, 0])


def test_a_forget_bias_of_three_keeps_more_than_the_patient():
    found = treated_norms(Moment(CONFIG, 1), 0, 0, 0)
    assert decay(found["forget-bias"]).factor > 0.9 > decay(found[PATIENT]).factor


def test_trained_weights_change_no_prognosis():
    last = list(train(CONFIG))[-1].models[0]
    trained = Moment(CONFIG, 0, CONFIG.steps, last.parameters)
    np.testing.assert_array_equal(
        initial_gradient_norms(trained, 0, 0, 0), initial_gradient_norms(Moment(CONFIG, 0), 0, 0, 0)
    )


@pytest.mark.parametrize("model", [0, 1])
def test_the_first_gradient_norms_are_those_that_training_meets_before_and_at_its_first_update(model):
    rows = [step.models[model].gradient_norm for step in train(CONFIG)]
    norms = initial_gradient_norms(Moment(CONFIG, model), 0, 0, 0)
    np.testing.assert_allclose(norms[:2], rows[:2], rtol=1e-5)
    assert len(norms) == CONFIG.steps + 1 <= BATCHES


def test_a_large_model_gets_fewer_batches_and_the_same_norms():
    large = TrainingConfig(TaskConfig(length=400), (ModelConfig("rnn", 64),), batch_size=128)
    norms = initial_gradient_norms(Moment(large, 0), 0, 0, 0)
    assert len(norms) == MOST_STATES // (128 * 400 * 64) == 3
    np.testing.assert_allclose(norms[0], next(train(large)).models[0].gradient_norm, rtol=1e-4)
