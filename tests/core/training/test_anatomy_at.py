import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from core.models.blocks import parameter_blocks
from core.models.config import ModelConfig
from core.probes.jacobians import jacobian_spectrum
from core.probes.loss_reach import loss_reach
from core.tasks.config import VARIANTS, TaskConfig
from core.training import anatomy
from core.training.anatomy import histograms_at, jacobians_at, loss_reach_at, paths_at, recurrent_spectrum_at, seen
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from core.training.loop import train
from core.training.moment import WATCHED_LAYER, Moment, observe

MODELS = (
    ModelConfig("rnn", 6),
    ModelConfig("lstm", 5, layers=2, bidirectional=True, dropout=0.4),
    ModelConfig("gru", 6, layers=2),
)
CONFIG = TrainingConfig(TaskConfig(length=9, loss_at="all"), MODELS, steps=5, batch_size=6, seed=2)
EVERY = (paths_at, recurrent_spectrum_at, jacobians_at, loss_reach_at, histograms_at)


@pytest.fixture(scope="module")
def trained():
    *_, last = train(CONFIG)
    return last


def moments(step):
    return [Moment(CONFIG, place, step.step, model.parameters) for place, model in enumerate(step.models)]


def test_the_paths_add_up_to_the_norms_that_training_recorded(trained):
    for moment, recorded in zip(moments(trained), trained.models, strict=True):
        layers, directions, _ = recorded.hidden_norms.shape
        for layer in range(layers):
            for direction in range(directions):
                paths = paths_at(moment, layer, direction, 0, None)
                np.testing.assert_allclose(paths.hidden, recorded.hidden_norms[layer, direction], rtol=1e-4)
                assert paths.hidden_in_pass.dtype == np.float32
                np.testing.assert_allclose(paths.hidden_in_pass, recorded.hidden_norms[layer, direction], rtol=1e-6)


def test_what_float32_lost_is_zero_in_the_pass_and_a_number_in_the_paths():
    config = TrainingConfig(
        TaskConfig("recall", length=200), (ModelConfig("rnn", 8, initialization="orthogonal", gain=0.5),), batch_size=4
    )
    paths = paths_at(Moment(config, 0), 0, 0, 0, None)
    flow = initial_flows(config)[0].norms()[0, 0]
    assert paths.hidden_in_pass[0] == flow[0] == 0 < paths.hidden[0] < 1e-45
    np.testing.assert_allclose(paths.hidden_in_pass, flow, rtol=1e-6, atol=1e-44)


def test_the_spectrum_is_that_of_the_recorded_weights(trained):
    for moment in moments(trained):
        blocks = {block.name: block for block in parameter_blocks(observe(moment).model)}
        hidden = [block for name, block in blocks.items() if name.startswith("W_hh")]
        found = recurrent_spectrum_at(moment, 0, 0, 0, None)
        for row, block in zip(found.singular_values, hidden, strict=False):
            weights = moment.parameters[block.start : block.stop].astype(float)
            size = math.isqrt(len(weights))
            np.testing.assert_allclose(row, np.linalg.svd(weights.reshape(size, size), compute_uv=False), rtol=1e-6)


def test_a_jacobian_is_of_the_example_that_was_asked_for(trained):
    moment = moments(trained)[0]
    found = [jacobians_at(moment, 0, 0, example, None) for example in (0, 5)]
    assert [one.steps.shape for one in found] == [(8, 6), (8, 6)]
    assert [one.example for one in found] == [0, 5] and not np.allclose(found[0].steps, found[1].steps)


def test_the_reach_of_each_example_makes_up_that_of_all(trained):
    for moment in moments(trained):
        call = observe(moment).watched.calls(WATCHED_LAYER)[-1]
        for layer, direction in ((0, 0), (call.layers - 1, call.directions - 1)):
            alone = [loss_reach_at(moment, layer, direction, example, None).reach for example in range(6)]
            together = loss_reach(call, layer, direction, examples=6)
            np.testing.assert_allclose(np.sqrt(sum(np.square(one.norms) for one in alone)), together.norms, atol=1e-12)
            assert all(one.examples == 1 and one.closure < 1e-10 for one in alone)


@pytest.mark.parametrize("loss_at", ["task", "last", "all"])
@pytest.mark.parametrize("task", VARIANTS)
def test_the_losses_of_all_timesteps_are_the_loss_that_is_trained(task, loss_at):
    config = replace(CONFIG, task=TaskConfig(task, 25, loss_at=loss_at), models=MODELS[:1], batch_size=3)
    observed = observe(Moment(config, 0))
    read = [loss_reach_at(Moment(config, 0), 0, 0, example, None) for example in range(3)]
    losses = np.stack([one.losses for one in read])
    np.testing.assert_array_equal(np.isfinite(losses), observed.batch.mask.numpy())
    assert np.nanmean(losses) == pytest.approx(observed.loss, rel=1e-5)
    assert all(len(one.tokens) == 25 and all(isinstance(token, str) for token in one.tokens) for one in read)


def test_tokens_are_what_the_model_reads():
    text = replace(CONFIG, task=TaskConfig("next_character", 12), models=MODELS[:1])
    observed = observe(Moment(text, 0))
    tokens = loss_reach_at(Moment(text, 0), 0, 0, 2, None).tokens
    assert [observed.task.symbols.index(token) for token in tokens] == observed.batch.inputs[2].tolist()
    adding = replace(CONFIG, task=TaskConfig("adding", 12), models=MODELS[:1])
    values = [token.split() for token in loss_reach_at(Moment(adding, 0), 0, 0, 0, None).tokens]
    assert sum(marker == "1" for _, marker in values) == 2


def test_histograms_are_of_the_moments_own_weights_and_gradients(trained):
    for moment, recorded in zip(moments(trained), trained.models, strict=True):
        found = histograms_at(moment, 0, 0, 0, None)
        blocks = parameter_blocks(observe(moment).model)
        assert found.blocks == tuple(block.name for block in blocks)
        assert found.counts.sum(axis=1).tolist() == [block.stop - block.start for block in blocks]
        for block, edges, norm in zip(blocks, found.edges, recorded.block_gradients, strict=True):
            weights = moment.parameters[block.start : block.stop]
            assert (edges[0], edges[-1]) == (weights.min(), weights.max()) and norm > 0


def test_one_moments_pictures_share_one_pass_and_another_moment_gets_its_own(trained):
    moment, other = moments(trained)[0], Moment(CONFIG, 0)
    assert seen(moment, None) is seen(replace(moment, parameters=moment.parameters.copy()), None)
    assert seen(other, None) is not seen(moment, None)
    np.testing.assert_equal(asdict(paths_at(other, 0, 0, 0, None)), asdict(paths_at(Moment(CONFIG, 0), 0, 0, 0, None)))
    before = seen(moment, None)
    for step in range(1, 5):
        seen(Moment(CONFIG, 0, step), None)
    assert seen(moment, None) is not before and seen(moment, None).loss == before.loss


def test_a_forward_pass_alone_is_the_same_and_serves_where_no_gradient_is_asked_for():
    moment = Moment(CONFIG, 1, 3)  # with dropout
    alone, whole = observe(moment, with_gradient=False), observe(moment)
    assert alone.outputs.equal(whole.outputs) and alone.loss == whole.loss
    assert all(parameter.grad is None for parameter in alone.model.parameters())
    spectra = [jacobian_spectrum(one.watched.calls(WATCHED_LAYER)[-1], layer=1) for one in (alone, whole)]
    np.testing.assert_array_equal(spectra[0].products, spectra[1].products)
    forward = seen(moment, None, with_gradient=False)
    assert seen(moment, None, with_gradient=False) is forward
    full = seen(moment, None)
    assert full is not forward and seen(moment, None, with_gradient=False) is full


def test_whether_a_pass_is_kept_hangs_on_its_own_model_alone(monkeypatch):
    _, lstm, gru = (Moment(CONFIG, place) for place in range(3))
    monkeypatch.setattr(anatomy, "MOST_STATES_KEPT", 6 * 9 * 2 * 6)  # N T L H of the GRU; the LSTM has N T L D H
    assert seen(gru, None) is seen(gru, None)
    assert seen(lstm, None) is not seen(lstm, None)


def test_a_worker_answers_what_this_process_does(pool, trained):
    moment = moments(trained)[1]
    for ask in EVERY:
        answer, here = pool.submit(ask, moment, 1, 1, 3, None).result(60), ask(moment, 1, 1, 3, None)
        np.testing.assert_equal(asdict(answer), asdict(here))


@pytest.mark.parametrize(
    ("ask", "place"), [(paths_at, (2, 0, 0)), (jacobians_at, (0, 0, 6)), (loss_reach_at, (0, 1, 0))]
)
def test_a_place_that_the_model_does_not_have_is_refused(ask, place):
    with pytest.raises(ValueError, match="must be in 0….*, got"):
        ask(Moment(CONFIG, 0), *place, None)
