from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.models.explicit import explicit_cells
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.moment import Moment
from core.training.truncation_config import USUAL, WHOLE
from core.training.truncation_costs import undetached, window_costs
from core.training.truncation_study import cut_text, likeness, prepared

TEXT = TrainingConfig(TaskConfig("next_character", length=30), (ModelConfig("lstm", 8, forget_bias=3.0),), batch_size=8)
ENDS = replace(TEXT, task=TaskConfig(length=30))
CELLS = [ModelConfig("lstm", 8), ModelConfig("rnn", 8), ModelConfig("gru", 8), ModelConfig("linear_rnn", 8)]


def unrolled_norms(moment, start, place, is_fresh):
    """‖∂L_place/∂h_t‖ of the first example by a loop over cells, each of whose states keeps its gradient."""
    model, task, batch = prepared(moment, None)
    (cell,) = explicit_cells(model.recurrent)[0]
    embedded, state = model.embedding(batch.inputs[:1]), cell.initial_state(1)
    for t in range(0 if not is_fresh else start, start):
        state = cell(embedded[:, t], state)
    state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    kept = []
    for t in range(start, place + 1):
        state = cell(embedded[:, t], state)
        kept.append(state[0] if isinstance(state, tuple) else state)
        kept[-1].retain_grad()
    torch.nn.functional.cross_entropy(model.readout(kept[-1]), batch.targets[:1, place]).backward()
    return np.array([hidden.grad.norm().item() for hidden in kept])


@pytest.mark.parametrize("model", CELLS, ids=lambda model: model.cell)
@pytest.mark.parametrize("truncation", USUAL, ids=lambda one: one.name)
def test_what_a_loss_reaches_is_what_an_unrolled_loop_says(model, truncation):
    moment, place = Moment(replace(TEXT, models=(model,)), 0), 17
    (reach,) = cut_text(moment, (truncation,), place).reaches
    segment = next(one for one in truncation.segments(30) if one.first_loss <= place < one.end)
    expected = unrolled_norms(moment, segment.start, place, segment.is_fresh)
    np.testing.assert_allclose(reach.norms[segment.start : place + 1], expected, rtol=1e-4, atol=1e-9)


def test_left_of_the_cut_and_after_the_loss_it_is_exactly_zero():
    text = cut_text(Moment(TEXT, 0), USUAL, 17)
    starts = [reach.start for reach in text.reaches]
    assert starts == [0, 10, 10, 10]
    for reach in text.reaches:
        assert (reach.norms[: reach.start] == 0).all() and (reach.norms[18:] == 0).all()
        assert (reach.norms[reach.start : 18] > 0).all()


def test_windows_that_carry_expect_what_the_whole_expects():
    whole, fresh, carried, _ = cut_text(Moment(TEXT, 0), USUAL, 17).reaches
    assert carried.loss == pytest.approx(whole.loss, rel=1e-5) and fresh.loss != pytest.approx(whole.loss, rel=1e-3)


def test_a_place_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="place is a whole number from 0 to 29, got 30"):
        cut_text(Moment(TEXT, 0), USUAL, 30)


def test_a_window_as_long_as_the_sequence_gives_the_whole_gradient():
    for found in likeness(Moment(TEXT, 0), ("zero", "carry", "sliding"), (30, 60)):
        np.testing.assert_allclose(found.cosine, 1, rtol=1e-6)
        np.testing.assert_allclose(found.recurrent_cosine, 1, rtol=1e-6)
        np.testing.assert_allclose(found.ratio, 1, rtol=1e-6)


def test_longer_windows_are_more_like_the_whole():
    carried, sliding = likeness(Moment(TEXT, 0), ("carry", "sliding"), (1, 5, 10, 30))
    assert (np.diff(carried.recurrent_cosine) > 0).all()
    assert (sliding.recurrent_cosine[1:] >= carried.recurrent_cosine[1:] - 1e-6).all()


def test_a_gradient_of_nothing_has_no_direction():
    weightless = replace(ENDS, models=(ModelConfig("linear_rnn", 8),))
    (found,) = likeness(Moment(weightless, 0), ("zero",), (1,))
    assert np.isnan(found.recurrent_cosine).all() and np.isfinite(found.cosine).all()


def test_short_windows_keep_less_and_update_more_often():
    costs = window_costs(Moment(TEXT, 0), (3, 10, 30))
    assert (np.diff(costs.bytes) > 0).all() and costs.updates.tolist() == [10, 3, 1]
    assert (costs.seconds > 0).all()


def test_a_loss_at_the_end_makes_one_update():
    assert window_costs(Moment(ENDS, 0), (3, 10, 30)).updates.tolist() == [1, 1, 1]


def test_what_a_graph_keeps_grows_about_in_step_with_its_window():
    ten, twenty, thirty = window_costs(Moment(TEXT, 0), (10, 20, 30)).bytes
    assert thirty - twenty == pytest.approx(twenty - ten, rel=0.2)


@pytest.mark.parametrize("model", CELLS[:3], ids=lambda model: model.cell)
def test_without_detach_the_graph_grows_and_pytorch_complains(model):
    found = undetached(Moment(replace(TEXT, models=(model,)), 0), 5)
    assert found.timesteps.tolist() == [5, 10, 15, 20, 25, 30]
    assert found.attached_bytes[-1] > 4 * found.detached_bytes[-1]
    assert "backward through the graph a second time" in found.second_backward
    assert "modified by an inplace operation" in found.after_update


def test_asking_leaves_the_weights_alone():
    moment = Moment(TEXT, 0)
    first = undetached(moment, 5)
    assert cut_text(moment, (WHOLE,), 9).reaches[0].loss == cut_text(moment, (WHOLE,), 9).reaches[0].loss
    assert first.second_backward == undetached(moment, 5).second_backward
