"""Runs on digits: their config, their rows and their recording."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from core.models.seq2seq_config import FUSIONS, Seq2SeqConfig
from core.recordings.digits import read_digits
from core.recordings.storage import open_recording
from core.tasks.digits import WORDS, Digits
from core.training.digits_config import DigitsConfig
from core.training.digits_rows import digits_rows, initial_image_writer, loss
from core.training.kinds import read_config
from core.training.knobs import Knobs
from core.training.limits import LimitReached, Limits
from core.training.loop import TrainingDiverged
from core.training.run import create_folder, train_into
from core.training.sweep import Factor, SweepConfig
from core.training.sweep_rows import sweep_rows

SMALL = DigitsConfig(
    models=(Seq2SeqConfig(hidden_size=8, attention="additive"), Seq2SeqConfig(hidden_size=8, attention="none")),
    steps=3,
    batch_size=16,
)


def rows(config):
    return list(digits_rows(config, Knobs.of(config), None))


def test_a_config_survives_json_and_says_its_kind():
    data = json.loads(json.dumps(SMALL.to_dict()))
    assert data["kind"] == "digits" and read_config(data) == SMALL and hash(read_config(data)) == hash(SMALL)


def test_by_default_models_differ_in_fusion_alone():
    models = DigitsConfig().models
    assert tuple(model.fusion for model in models) == FUSIONS
    assert len({replace(model, fusion="add") for model in models}) == 1


@pytest.mark.parametrize("change", [{"patch": 3}, {"held_out": 0.9}, {"models": ()}, {"steps": 0}, {"clip": "never"}])
def test_what_cannot_be_run_is_refused(change):
    with pytest.raises(ValueError, match="got"):
        DigitsConfig(**change)


def test_a_server_limits_patches_and_what_a_network_of_pairs_takes():
    config = DigitsConfig(models=(Seq2SeqConfig(attention="additive"),), patch=1)
    assert config.states() == 64 * 64 * (64 * 6 + 6)
    with pytest.raises(LimitReached, match="at most 60 timesteps, got 70"):
        Limits(max_length=60).check(config)


def test_the_same_config_gives_the_same_rows_whoever_trains_beside():
    together, again = rows(SMALL), rows(SMALL)
    alone = rows(replace(SMALL, models=SMALL.models[:1]))
    for one, other, third in zip(together, again, alone, strict=True):
        assert one.scalars == other.scalars and one.records.keys() == other.records.keys()
        assert third.scalars.items() <= one.scalars.items()


def test_numbers_of_a_row_are_those_of_its_own_batch_and_weights():
    row = rows(SMALL)[0]
    model, task = initial_image_writer(SMALL, 0, Digits()), Digits()
    batch = task.batch(np.random.default_rng([0, 0]), 16)
    value = loss(model(batch.images, batch.target_in), batch)
    value.backward()
    norm = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert row.scalars["gru-additive-h8/loss"] == pytest.approx(value.item(), rel=1e-6)
    assert row.scalars["gru-additive-h8/gradient_norm"] == pytest.approx(norm.item(), rel=1e-5)
    assert row.scalars["gru-additive-h8/update_ratio"] == 0
    assert rows(SMALL)[1].scalars["gru-additive-h8/update_ratio"] > 0


def test_a_snapshot_agrees_with_words_written_one_image_at_a_time():
    config = replace(SMALL, steps=40, models=SMALL.models[:1], learning_rate=0.02, batch_size=64)
    *_, last = rows(config)
    snapshot = read_digits(lambda name: last.records[name], tuple(last.records), "gru-additive-h8")
    task = Digits()
    model = initial_image_writer(config, 0, task)
    torch.nn.utils.vector_to_parameters(
        torch.from_numpy(last.records["gru-additive-h8/parameters"]), model.parameters()
    )
    held_out = task.held_out()
    written = [task.print(model.answers(image[None], 6)[0][0]) for image in held_out.images]
    right = np.array([word == WORDS[digit] for word, digit in zip(written, held_out.digits, strict=True)])
    assert last.scalars["gru-additive-h8/held_out_strings"] == pytest.approx(right.mean())
    assert snapshot.by_digit == pytest.approx([right[held_out.digits == digit].mean() for digit in range(10)])
    assert snapshot.digits.tolist() == list(range(10))
    for image, answer, weights in zip(snapshot.images, snapshot.answers, snapshot.weights, strict=True):
        place = next(i for i, one in enumerate(held_out.images) if np.array_equal(one, image))
        assert task.print(answer) == written[place]
        rows_written = min(len(written[place]) + 1, 6)
        assert weights[:rows_written].sum(axis=1) == pytest.approx(1, abs=1e-5) and not weights[rows_written:].any()


def test_a_run_is_recorded_and_read_again(tmp_path):
    create_folder(tmp_path, "digits", SMALL, owner={})
    assert train_into(tmp_path / "digits", SMALL) == "finished"
    with open_recording(tmp_path / "digits") as recording:
        names = tuple(recording.names())
        attending, plain = (read_digits(partial(recording.record, step=3), names, model) for model in SMALL.names)
    assert attending.weights.shape == (10, 6, 16) and plain.weights is None
    assert np.array_equal(attending.images, plain.images)


def test_a_run_that_diverges_says_where():
    knobs = replace(Knobs.of(SMALL), learning_rate=1e38)
    with pytest.raises(TrainingDiverged, match="gru-additive-h8"):
        list(digits_rows(SMALL, knobs, None))


@pytest.mark.slow
def test_digits_are_spelt_and_attention_helps():
    *_, last = rows(DigitsConfig(models=(Seq2SeqConfig(hidden_size=32, attention="additive"),), steps=600))
    assert last.scalars["gru-additive-h32/held_out_strings"] > 0.9


def test_fusions_are_swept_over_seeds():
    models = tuple((replace(SMALL.models[0], fusion=fusion),) for fusion in FUSIONS[:2])
    sweep = SweepConfig(replace(SMALL, models=models[0]), (Factor("models", models),), seeds=(0, 1))
    assert read_config(json.loads(json.dumps(sweep.to_dict()))) == sweep
    *_, last = sweep_rows(sweep, Knobs.of(sweep), None)
    assert last.scalars["point"] == 3 and last.records[f"{models[1][0].name}/held_out_strings/curve"].shape[0] == 2
