from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter, open_recording
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.knobs import Knobs
from core.training.loop import train
from core.training.sweep import Factor, SweepConfig
from core.training.sweep_rows import sweep_rows
from dashboard.embeddings_drawings import draw_treatments
from dashboard.embeddings_sweeps import treatments_sweep
from dashboard.recurrence_analyses import draw_stacks
from dashboard.summed_analyses import draw_lags
from dashboard.sweep_progress import under_way, under_way_sentence

RECALL = SweepConfig(
    TrainingConfig(TaskConfig(length=5), (ModelConfig("rnn", 4), ModelConfig("gru", 4)), steps=3, batch_size=4),
    (Factor("task.length", (5, 8)),),
    seeds=(4, 7),
)
STACKS = SweepConfig(
    TrainingConfig(TaskConfig("next_character", 8), (ModelConfig("lstm", 5), ModelConfig("lstm", 4, layers=2)), 3, 4),
    (),
    (0, 1),
)


def recorded(root: Path, sweep: SweepConfig, rows: int) -> Path:
    """The first rows of a sweep."""
    with RecordingWriter.create(root, config=sweep.to_dict(), seed=0) as writer:
        for row, _ in zip(sweep_rows(sweep, Knobs.of(sweep), None), range(rows), strict=False):
            writer.append(row.step, row.scalars, row.records)
        writer.close(status="ended")
        return writer.path


def test_the_run_under_way_has_its_losses_so_far(tmp_path: Path) -> None:
    with open_recording(recorded(tmp_path, RECALL, 3 * 4 + 2)) as recording:  # of points of 4 rows each
        now = under_way(recording, "loss")
    assert now is not None and (now.name, now.step, now.steps) == ("length 8, seed 2 of 2", 1, 3)
    config = RECALL.points[3].config
    assert isinstance(config, TrainingConfig)
    steps = [step for step, _ in zip(train(config), range(2), strict=False)]
    for place, name in enumerate(config.names):
        np.testing.assert_allclose(now.curves[name], [[0, 1], [step.models[place].loss for step in steps]])
    said = under_way_sentence(now, {"rnn-h4": "RNN", "gru-h4": "GRU"}, "a loss of")
    assert said.startswith("In training: length 8, seed 2 of 2, update 1 of 3, at a loss of RNN ")


@pytest.mark.parametrize("rows", [0, 4, 16])
def test_between_runs_and_after_the_last_none_is_under_way(tmp_path: Path, rows: int) -> None:
    with open_recording(recorded(tmp_path, RECALL, rows)) as recording:
        assert under_way(recording, "loss") is None
    assert under_way_sentence(None, {}, "a loss of") == ""


def test_each_picture_of_a_sweep_grows_from_its_first_row_on(tmp_path: Path) -> None:
    for sweep, draw in ((treatments_sweep("counted", 50, 3), draw_treatments), (STACKS, draw_stacks)):
        with open_recording(recorded(tmp_path, sweep, 2)) as recording:
            drawn = draw(recording)
        lines = [line for line in drawn.figure.data if str(line.name).endswith(", in training")]
        assert len(lines) == len(sweep.base.names) and all(list(line.x) == [0, 1] for line in lines)  # type: ignore[attr-defined]
        assert "No seed is done yet" in drawn.reading and "update 1 of 3" in drawn.reading
    with open_recording(recorded(tmp_path, RECALL, 2)) as recording:
        assert "update 1 of 3, at an accuracy of RNN, 4 units 0." in draw_lags(recording).reading
