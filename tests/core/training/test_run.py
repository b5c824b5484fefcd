import json
import os
from dataclasses import replace

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.records import GateTrace
from core.recordings.storage import (
    RecordingError,
    RecordingWriter,
    RecordNotFoundError,
    open_recording,
    read_header,
)
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.control import CONTROL_FILE, WATCHED_FILE, Control, ControlReader, mark_watched, write_control
from core.training.limits import Limits
from core.training.loop import TrainingDiverged, train
from core.training.rows import records, scalars
from core.training.run import create_folder, train_into

MODELS = (ModelConfig("lstm", hidden_size=6), ModelConfig("rnn", hidden_size=6))
SMALL = TrainingConfig(TaskConfig(length=8), MODELS, steps=12, batch_size=8)
DIVERGING = replace(
    SMALL,
    models=(MODELS[0], ModelConfig("relu_rnn", hidden_size=16, initialization="identity", gain=2.0)),
    optimizer="sgd",
    clip="none",
    learning_rate=1000.0,
    steps=500,
)


def run_folder(tmp_path, config):
    create_folder(tmp_path, "run-under-test", config, {"host": "here", "pid": 1, "server": "a-server"})
    return tmp_path / "run-under-test"


def test_a_recording_holds_exactly_what_training_handed_out(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    assert train_into(folder, SMALL) == "finished"
    with open_recording(folder) as recording:
        for step, row in zip(train(SMALL), recording.rows(), strict=True):
            assert row.step == step.step
            for model in step.models:
                assert row.scalars[f"{model.name}/loss"] == model.loss
                assert row.scalars[f"{model.name}/update_ratio"] == model.update_ratio
                np.testing.assert_array_equal(row.records[f"{model.name}/hidden_norms"], model.hidden_norms)
        gates = recording.record("lstm-h6/gates")
        assert isinstance(gates, GateTrace) and gates.forget.shape == (1, 1, 8, 8, 6)
        assert "rnn-h6/cell_norms" not in recording.names()


def test_a_finished_run_says_who_trained_it_and_how_far(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    waiting = read_header(folder)
    assert waiting.status == "queued" and TrainingConfig.from_dict(waiting.config) == SMALL
    train_into(folder, SMALL)
    header = read_header(folder)
    assert (header.status, header.last_step, header.message) == ("finished", 12, "")
    assert header.owner["server"] == "a-server" and header.owner["pid"] == os.getpid()


def test_the_step_that_is_not_finite_is_in_the_recording_of_a_diverged_run(tmp_path):
    folder = run_folder(tmp_path, DIVERGING)
    assert train_into(folder, DIVERGING) == "diverged"
    with pytest.raises(TrainingDiverged) as caught:
        list(train(DIVERGING))
    with open_recording(folder) as recording:
        assert recording.header.status == "diverged" and recording.header.message == str(caught.value)
        table = recording.scalars()
        assert list(table.index) == list(range(caught.value.step + 1))
        assert not np.isfinite(table.iloc[-1].to_numpy()).all() and np.isfinite(table.iloc[:-1].to_numpy()).all()


def test_training_that_raises_leaves_a_failed_run_that_says_why(tmp_path):
    config = replace(SMALL, task=TaskConfig("next_character", text="sha256:" + "0" * 64))
    folder = run_folder(tmp_path, config)
    with pytest.raises(Exception, match="text"):
        train_into(folder, config, texts=tmp_path)
    header = read_header(folder)
    assert header.status == "failed" and "text" in header.message


@pytest.mark.parametrize(
    ("limits", "word"),
    [(Limits(max_seconds=0.05), "trained for 0.05 s"), (Limits(max_megabytes=0.01), "has 0.01 MB")],
)
def test_a_limit_ends_a_run_and_says_which(tmp_path, limits, word):
    config = replace(SMALL, steps=100_000)
    folder = run_folder(tmp_path, config)
    assert train_into(folder, config, limits=limits) == "ended"
    header = read_header(folder)
    assert word in header.message and 0 <= header.last_step < 100_000


def test_a_run_that_nobody_looks_at_ends(tmp_path):
    config = replace(SMALL, steps=100_000)
    folder = run_folder(tmp_path, config)
    mark_watched(folder)
    os.utime(folder / WATCHED_FILE, (0, 0))
    assert train_into(folder, config) == "ended"
    assert read_header(folder).message == "Nobody looked at it for 300 s."


def test_a_paused_run_that_nobody_looks_at_ends_as_well(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    write_control(folder, replace(Control.of(SMALL), state="pause"))
    mark_watched(folder)
    os.utime(folder / WATCHED_FILE, (0, 0))
    assert train_into(folder, SMALL) == "ended"
    assert read_header(folder).last_step == -1


def test_a_pause_has_an_end(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    write_control(folder, replace(Control.of(SMALL), state="pause"))
    assert train_into(folder, SMALL, limits=Limits(max_paused_seconds=0.1)) == "ended"
    assert "paused for 0.1 s" in read_header(folder).message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "run"}', b'{"learning_rate": "1"}', b"\xff" * 9])
def test_a_control_that_makes_no_sense_leaves_the_run_as_it_was(tmp_path, content):
    control = replace(Control.of(SMALL), learning_rate=0.5)
    reader = ControlReader(tmp_path, Control.of(SMALL))
    assert reader.read() == Control.of(SMALL)
    write_control(tmp_path, control)
    assert reader.read() == control
    (tmp_path / CONTROL_FILE).write_bytes(content)
    assert reader.read() == control


def test_a_control_that_is_out_of_range_is_refused(tmp_path):
    with pytest.raises(ValueError, match="learning_rate .* got -1"):
        replace(Control.of(SMALL), learning_rate=-1.0)
    write_control(tmp_path, Control.of(SMALL))
    data = json.loads((tmp_path / CONTROL_FILE).read_text())
    (tmp_path / CONTROL_FILE).write_text(json.dumps(data | {"max_norm": -1.0}))
    assert ControlReader(tmp_path, Control.of(SMALL)).read() == Control.of(SMALL)


def test_a_folder_that_is_taken_stays_as_it_is(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    train_into(folder, SMALL)
    with pytest.raises(RecordingError, match="taken"):
        run_folder(tmp_path, SMALL)
    assert read_header(folder).status == "finished"


def test_a_vanished_folder_is_a_clear_error_for_who_steers(tmp_path):
    with pytest.raises(RecordingError, match="vanished"):
        write_control(tmp_path / "gone", Control.of(SMALL))
    mark_watched(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


def test_a_recording_keeps_blocks_at_every_step_and_parameters_at_some(tmp_path):
    folder = run_folder(tmp_path, SMALL)
    train_into(folder, SMALL)
    with open_recording(folder) as recording:
        for step, row in zip(train(SMALL), recording.rows(), strict=True):
            for model in step.models:
                for name in ("block_gradients", "block_updates"):
                    np.testing.assert_array_equal(row.records[f"{model.name}/{name}"], getattr(model, name))
                assert (f"{model.name}/parameters" in row.records) == (step.step in (0, 1, 2, 3, 5, 10, 12))
        last = recording.record("rnn-h6/parameters", step=11)
        np.testing.assert_array_equal(last, recording.record("rnn-h6/parameters", step=10))


def test_a_run_recorded_before_there_were_blocks_still_opens_and_goes_on(tmp_path):
    data = SMALL.to_dict()
    for model in data["models"]:
        del model["clipped"]
    with RecordingWriter.create(tmp_path, config=data, seed=0, run_id="run-of-before", status="running") as writer:
        step = next(train(SMALL))
        old = {name: value for name, value in records(step).items() if name.endswith(("_norms", "/gates"))}
        writer.append(0, scalars(step), old)
        writer.set_status("paused")
    folder = tmp_path / "run-of-before"
    assert TrainingConfig.from_dict(read_header(folder).config) == SMALL
    with open_recording(folder) as recording:
        assert recording.record("lstm-h6/hidden_norms").shape == (1, 1, 8)
        with pytest.raises(RecordNotFoundError, match="lstm-h6/parameters"):
            recording.record("lstm-h6/parameters")
    with RecordingWriter.resume(folder) as writer:
        writer.append(1, scalars(step), records(step))
    with open_recording(folder) as recording:
        assert [len(row.records) for row in recording.rows()] == [5, 11]
