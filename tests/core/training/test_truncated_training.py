from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.config import ModelConfig
from core.models.explicit import explicit_cells
from core.models.sequence_model import build_model
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.kinds import read_config
from core.training.knobs import Knobs
from core.training.loop import TrainingDiverged, train
from core.training.truncation import passes, staleness, truncated_gradient
from core.training.truncation_config import WHOLE, Segment, Truncation, TruncationConfig
from core.training.truncation_rows import first_staleness, truncation_rows

MODEL = ModelConfig("lstm", hidden_size=6, forget_bias=3.0)
EVERYWHERE = TaskConfig(length=12, loss_at="all")
SMALL = TruncationConfig(EVERYWHERE, MODEL, steps=4, batch_size=8)
WINDOWED = (Truncation("zero", 5), Truncation("carry", 5), Truncation("sliding", 5, 2), Truncation("sliding", 4, 4))
CELLS = [MODEL, ModelConfig("rnn", 5), ModelConfig("gru", 5), ModelConfig("linear_rnn", 5)]


def rows_of(config):
    return list(truncation_rows(config, Knobs.of(config), None))


def first_batch(config, dtype=torch.float64):
    task = make_task(config.task)
    model = build_model(config.model, task, config.seed).to(dtype)
    return model, task, task.batch(np.random.default_rng(0), 4)


def test_windows_tile_the_sequence_and_the_last_is_what_is_left():
    assert Truncation("zero", 5).segments(12) == (
        Segment(0, 0, 5, True), Segment(5, 5, 10, True), Segment(10, 10, 12, True)
    )  # fmt: skip
    assert [segment.is_fresh for segment in Truncation("carry", 5).segments(12)] == [True, False, False]


def test_sliding_goes_back_over_the_window_from_each_end():
    assert [segment[:3] for segment in Truncation("sliding", 5, 2).segments(8)] == [
        (0, 0, 2), (0, 2, 4), (1, 4, 6), (3, 6, 8),
    ]  # fmt: skip


def test_sliding_with_the_window_as_period_is_carrying_where_windows_tile_the_sequence():
    sliding, carried = Truncation("sliding", 4, 4).segments(12), Truncation("carry", 4).segments(12)
    assert sliding == carried


@given(st.sampled_from(["zero", "carry", "sliding"]), st.integers(1, 40), st.integers(1, 40), st.integers(1, 60))
def test_each_loss_counts_once_and_no_gradient_goes_back_further_than_the_window(way, window, period, length):
    segments = Truncation(way, window, min(period, window)).segments(length)
    counted = [t for segment in segments for t in range(segment.first_loss, segment.end)]
    assert counted == list(range(length))
    assert all(0 < segment.end - segment.start <= window for segment in segments)


@pytest.mark.parametrize("window", [12, 50])
@pytest.mark.parametrize("way", ["zero", "carry", "sliding"])
def test_windows_as_long_as_the_sequence_train_as_the_whole_bit_for_bit(way, window):
    config = replace(SMALL, truncations=(WHOLE, Truncation(way, window, window)))
    for row in rows_of(config):
        whole, windowed = (row.scalars[f"{name}/loss"] for name in config.names)
        assert whole == windowed
    np.testing.assert_array_equal(*(row.records[f"{name}/parameters"] for name in config.names))


@pytest.mark.parametrize("model", CELLS, ids=lambda model: model.cell)
def test_the_whole_sequence_trains_as_the_ordinary_loop_does(model):
    config = replace(SMALL, model=model, truncations=(WHOLE,))
    for row, step in zip(rows_of(config), train(config.ordinary), strict=True):
        assert row.scalars["whole/loss"] == pytest.approx(step.models[0].loss, rel=1e-5)
        assert row.scalars["whole/gradient_norm"] == pytest.approx(step.models[0].gradient_norm, rel=1e-4)


def by_hand(model, config, task, batch, truncation):
    """The same gradient, one timestep after the other, with detach() where the graph is cut."""
    (cell,) = explicit_cells(model.recurrent)[0]
    embedded, total = model.embedding(batch.inputs), 0.0
    history = [cell.initial_state(len(batch.inputs))]
    for t in range(config.task.length):
        history.append(cut(cell(embedded[:, t], history[-1])))
    for segment in truncation.segments(config.task.length):
        state = cell.initial_state(len(batch.inputs)) if segment.is_fresh else history[segment.start]
        for t in range(segment.start, segment.end):
            state = cell(embedded[:, t], state)
            if t >= segment.first_loss:
                hidden = state[0] if isinstance(state, tuple) else state
                answers = model.readout(hidden)
                total = total + torch.nn.functional.cross_entropy(answers, batch.targets[:, t], reduction="sum")
    weights = [*model.embedding.parameters(), *cell.parameters(), *model.readout.parameters()]
    return torch.autograd.grad(total / batch.mask.sum(), weights)


def cut(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


@pytest.mark.parametrize("model", CELLS, ids=lambda model: model.cell)
@pytest.mark.parametrize("truncation", [WHOLE, *WINDOWED], ids=lambda one: one.name)
def test_a_truncated_gradient_is_that_of_an_unrolled_loop_with_detach(model, truncation):
    config = replace(SMALL, model=model)
    network, task, batch = first_batch(config)
    expected = by_hand(network, config, task, batch, truncation)
    for measured, right in zip(truncated_gradient(network, task, batch, truncation), expected, strict=True):
        torch.testing.assert_close(measured, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("truncation", WINDOWED, ids=lambda one: one.name)
def test_left_of_the_cut_the_gradient_of_a_loss_is_exactly_zero(truncation):
    model, task, batch = first_batch(SMALL)
    inputs = model.embedding(batch.inputs).detach().requires_grad_()
    model.embedding = torch.nn.Identity()
    for one in passes(model, replace(batch, inputs=inputs), truncation):
        (gradient,) = torch.autograd.grad(one.outputs[:, -1].sum(), inputs)
        reached = gradient.abs().sum(dim=(0, 2)) > 0
        assert reached.nonzero().flatten().tolist() == list(range(one.segment.start, one.segment.end))


def test_carried_windows_read_what_the_whole_reads_and_fresh_ones_do_not():
    model, _, batch = first_batch(SMALL)
    outputs = {
        truncation.name: torch.cat([one.outputs for one in passes(model, batch, truncation)], dim=1)
        for truncation in (WHOLE, *WINDOWED)
    }
    for name in ("carry-5", "sliding-2-5", "sliding-4-4"):
        torch.testing.assert_close(outputs[name], outputs["whole"])
    assert (outputs["zero-5"] - outputs["whole"]).abs().max() > 1e-3


def test_a_carried_state_is_stale_only_after_an_update():
    rows = rows_of(replace(SMALL, truncations=WINDOWED[:3]))
    assert [len(rows[1].records[f"{one.name}/staleness"]) for one in WINDOWED[:3]] == [0, 2, 4]
    np.testing.assert_allclose(rows[0].records["carry-5/staleness"], 0, atol=1e-6)
    assert (rows[1].records["carry-5/staleness"] > 1e-4).all()


def test_a_first_look_at_staleness_is_what_a_run_records():
    config = replace(SMALL, steps=30, truncations=WINDOWED[:2])
    found = first_staleness(config)
    recorded = {
        row.step: row.records["carry-5/staleness"] for row in rows_of(config) if "carry-5/staleness" in row.records
    }
    assert list(found) == ["carry-5"] and [step for step, _ in found["carry-5"]] == [0, 1, 2, 3, 5, 10, 20]
    for step, shares in found["carry-5"]:
        np.testing.assert_array_equal(shares, recorded[step])


def test_staleness_is_the_distance_as_a_share_of_the_new_state():
    model, _, batch = first_batch(replace(SMALL, model=ModelConfig("gru", 5)))
    with torch.no_grad():
        _, state = model.recurrent(model.embedding(batch.inputs[:, :7]))
    assert staleness(model, batch, 7, 1.25 * state) == pytest.approx(0.25)


def test_a_loss_at_the_end_makes_one_update_a_batch():
    config = replace(SMALL, task=TaskConfig(length=12), truncations=(Truncation("zero", 5), Truncation("zero", 3)))
    rows = rows_of(config)
    assert rows[-1].scalars["zero-5/gradient_norm"] > 0
    np.testing.assert_array_equal(rows[2].records["zero-5/staleness"], [])


def test_the_same_config_gives_the_same_rows():
    for first, second in zip(rows_of(SMALL), rows_of(SMALL), strict=True):
        assert first.scalars == second.scalars


def test_ways_do_not_depend_on_each_other():
    alone = rows_of(replace(SMALL, truncations=(Truncation("carry", 5),)))
    beside = rows_of(replace(SMALL, truncations=(WHOLE, Truncation("carry", 5))))
    assert [row.scalars["carry-5/loss"] for row in alone] == [row.scalars["carry-5/loss"] for row in beside]


def test_a_run_that_diverges_says_which_way():
    config = replace(
        SMALL, model=ModelConfig("relu_rnn", 16, initialization="identity", gain=2.0), optimizer="sgd", clip="none",
        learning_rate=1e3, steps=300,
    )  # fmt: skip
    with pytest.raises(TrainingDiverged):
        rows_of(config)


@settings(max_examples=20)
@given(st.sampled_from(["whole", "zero", "carry", "sliding"]), st.integers(1, 30), st.integers(1, 30))
def test_a_config_comes_back_from_its_json(way, window, period):
    config = replace(SMALL, truncations=(Truncation(way, window, min(window, period)),))
    assert read_config(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"truncations": [{"way": "half"}]}, "way must be one of"),
        ({"truncations": [{"way": "sliding", "window": 3, "period": 4}]}, "period must be a whole number in 1…3"),
        ({"truncations": []}, "1 to 4 truncations"),
        ({"model": {"bidirectional": True}}, "one direction"),
        ({"steps": 0}, "steps must be"),
        ({"window": 3}, "remove it"),
    ],
)
def test_what_no_run_can_be_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        read_config({"kind": "truncation"} | settings)
