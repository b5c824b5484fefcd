from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import open_recording
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.kinds import read_config
from core.training.knobs import Knobs
from core.training.limits import LimitReached, Limits
from core.training.loop import train
from core.training.run import create_folder, train_into
from core.training.sweep import Factor, SweepConfig
from core.training.sweep_rows import ROWS, sweep_rows
from core.training.translation_config import TranslationConfig
from core.training.truncation_config import WHOLE, Truncation, TruncationConfig

BASE = TrainingConfig(TaskConfig(length=8), (ModelConfig("rnn", hidden_size=6),), steps=4, batch_size=8)
SMALL = SweepConfig(BASE, (Factor("task.length", (6, 9)),), seeds=(3, 5))
MODELS = Factor("models", ((ModelConfig("gru", hidden_size=4),), (ModelConfig("lstm", hidden_size=4),)))


def rows_of(config):
    return list(sweep_rows(config, Knobs.of(config), None))


def test_the_points_are_all_values_with_the_first_seed_then_with_the_next():
    assert [(point.values, point.config.task.length, point.config.seed) for point in SMALL.points] == [
        ((6,), 6, 3),
        ((9,), 9, 3),
        ((6,), 6, 5),
        ((9,), 9, 5),
    ]


def test_two_factors_make_every_pair():
    sweep = SweepConfig(BASE, (Factor("task.length", (6, 9)), MODELS))
    assert [point.labels for point in sweep.points] == [
        ("6", "GRU, 4 units"), ("6", "LSTM, 4 units"), ("9", "GRU, 4 units"), ("9", "LSTM, 4 units"),
    ]  # fmt: skip


def test_a_point_shows_what_its_own_run_shows():
    rows = rows_of(SMALL)
    own = list(train(SMALL.points[1].config))
    swept = [row for row in rows if row.scalars["point"] == 1]
    assert [row.scalars["rnn-h6/loss"] for row in swept] == [step.models[0].loss for step in own]
    steps, accuracies = swept[-1].records["rnn-h6/accuracy/curve"]
    np.testing.assert_array_equal(steps, range(5))
    np.testing.assert_array_equal(accuracies, [step.models[0].accuracy for step in own])


def test_rows_go_from_step_0_to_the_last_ascending():
    steps = [row.step for row in rows_of(SMALL)]
    assert steps[0] == 0 and steps[-1] == SMALL.steps == 19 and steps == sorted(set(steps))


def test_a_long_point_has_few_rows_whose_values_are_means_and_whose_curve_is_whole():
    rows = rows_of(SweepConfig(replace(BASE, steps=120)))
    _, losses = rows[-1].records["rnn-h6/loss/curve"]
    edges = [0, *(int(row.scalars["inner_step"]) + 1 for row in rows)]
    means = [losses[start:end].mean() for start, end in zip(edges, edges[1:], strict=False)]
    assert len(rows) <= ROWS and len(losses) == 121
    np.testing.assert_allclose([row.scalars["rnn-h6/loss"] for row in rows], means, rtol=1e-12)


def test_the_same_sweep_gives_the_same_rows():
    for first, second in zip(rows_of(SMALL), rows_of(SMALL), strict=True):
        assert first.scalars == second.scalars


def test_a_point_that_diverges_does_not_end_the_sweep():
    broken = ModelConfig("relu_rnn", hidden_size=16, initialization="identity", gain=2.0)
    base = replace(BASE, models=(broken,), optimizer="sgd", clip="none", steps=300)
    sweep = SweepConfig(base, (Factor("learning_rate", (1000.0, 1e-6)),))
    rows = rows_of(sweep)
    first = [row for row in rows if row.scalars["point"] == 0]
    assert first[-1].scalars["inner_step"] < 300 and not np.isfinite(list(first[-1].scalars.values())).all()
    assert all(row.is_finite for row in rows) and rows[-1].step == sweep.steps


def test_a_sweep_is_recorded_and_finishes_as_any_run(tmp_path):
    create_folder(tmp_path, "a-sweep", SMALL, {"host": "here", "pid": 1, "server": "a-server"})
    assert train_into(tmp_path / "a-sweep", SMALL) == "finished"
    with open_recording(tmp_path / "a-sweep") as recording:
        assert read_config(recording.header.config) == SMALL
        assert recording.scalars()["point"].max() == 3


def test_a_config_comes_back_from_its_json():
    for sweep in (SMALL, SweepConfig(BASE, (MODELS, Factor("learning_rate", (0.1, 0.01))), (1, 2)), SweepConfig()):
        assert read_config(json.loads(json.dumps(sweep.to_dict()))) == sweep and hash(sweep) is not None


def test_a_limit_holds_for_the_largest_point():
    with pytest.raises(LimitReached, match="at most 8 timesteps, got 9"):
        Limits(max_length=8).check(SMALL)
    assert SMALL.states() == 8 * 9 * 6


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"factors": [{"path": "task.size", "values": [1]}]}, "there is no 'size'"),
        ({"factors": [{"path": "models.7.layers", "values": [1]}]}, "there is no '7'"),
        ({"factors": [{"path": "kind", "values": ["sweep"]}]}, "there is no 'kind'"),
        ({"factors": [{"path": "task.length", "values": [2]}]}, "length must be a whole number"),
        ({"factors": [{"path": "task.length", "values": [6, 6]}]}, "each once"),
        ({"factors": [{"path": "task.length", "values": []}]}, "needs values of task.length"),
        ({"factors": [{"path": "task.length"}]}, "has a path and values"),
        ({"factors": [{"path": name, "values": [1]} for name in ("steps", "batch_size", "max_norm")]}, "at most 2"),
        ({"seeds": list(range(201))}, "at most 200"),
        ({"seeds": [True]}, "seed must be a whole number"),
        ({"base": {"kind": "sweep"}}, "of another kind"),
        ({"size": 3}, "remove it"),
    ],
)
def test_what_no_sweep_can_be_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        SweepConfig.from_dict({"kind": "sweep"} | settings)


@pytest.mark.parametrize(
    ("base", "factor"),
    [
        (TruncationConfig(steps=2, batch_size=4), Factor("truncations", ((WHOLE,), (Truncation("carry", 3),)))),
        (TranslationConfig(steps=2, batch_size=4), Factor("task.max_length", (11, 12))),
    ],
    ids=lambda part: getattr(part, "kind", ""),
)
def test_a_run_of_any_kind_is_swept(base, factor):
    sweep = SweepConfig(base, (factor,))
    assert read_config(json.loads(json.dumps(sweep.to_dict()))) == sweep
    rows = rows_of(sweep)
    assert {row.scalars["point"] for row in rows} == {0, 1} and rows[-1].step == sweep.steps
    assert any(name.endswith("/loss/curve") for name in rows[-1].records)


def test_values_that_are_configs_are_printed_by_their_labels():
    (whole, carried) = SweepConfig(
        TruncationConfig(), (Factor("truncations", ((WHOLE,), (WHOLE, Truncation("carry", 3)))),)
    ).points
    assert whole.labels == ("whole sequence",)
    assert carried.labels == ("whole sequence against windows of 3, h carried",)
