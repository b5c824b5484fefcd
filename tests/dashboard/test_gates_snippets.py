from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.probes.intervention import NAMES, Intervention, still_cell
from core.recordings.storage import RecordingWriter, open_recording
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.moment import Moment
from core.training.reading import Passage, Reading, read
from core.training.rows import records
from core.training.start import SHIPPED
from dashboard.gates_snippets import reading_code
from dashboard.reading_asked import AskedReading
from dashboard.widgets.gates_training import shipped_config

TEXT = 'x = f("a")  # b\n'
MODELS = (
    ModelConfig("lstm", 6, layers=2, bidirectional=True),
    ModelConfig("gru", 6, layers=2),
    ModelConfig("rnn", 5),
    ModelConfig("linear_rnn", 5),
)
TASKS = [
    TaskConfig("next_character", length=8, text="python-source"), TaskConfig("recall", length=8),
    TaskConfig("adding", length=8),
]  # fmt: skip


def printed(code: str, unit: int) -> np.ndarray:
    """The numbers of each line, shape (T, gates)."""
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):
        exec(code, {})  # the code that the page shows
    pieces = [line.rsplit(" next:", 1)[0].split() for line in lines.getvalue().splitlines()]
    return np.array([[float(one) for one in line if one[0] in "+-" and "." in one] for line in pieces])


def here(reading: Reading, asked: AskedReading, unit: int) -> np.ndarray:
    names = NAMES[reading.trace.kind]
    return np.stack([reading.plane(name, asked.layer, asked.direction)[:, unit] for name in names], axis=1)


@pytest.mark.parametrize(
    "hands",
    [
        (),
        still_cell(3, 7),
        still_cell(3, 7, (51, 177)),
        (Intervention("cell", value=2.0, units=(51,), first=2, last=5),),
        (Intervention("output", "scale", 0.5, first=4),),
    ],
)
def test_the_code_shown_prints_the_numbers_of_the_shipped_model(hands: tuple[Intervention, ...]) -> None:
    asked = AskedReading(passage=Passage(typed=TEXT), hands=hands)
    code = reading_code(asked, shipped_config(), 51, TEXT)
    assert "core" not in code and len(code.splitlines()) <= 35
    expected = here(read(SHIPPED, asked.passage, hands), asked, 51)
    np.testing.assert_allclose(printed(code, 51), expected, atol=5.1e-5)


@pytest.fixture(scope="module", params=TASKS, ids=lambda task: task.name)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of all MODELS that kept its parameters at every step."""
    config = TrainingConfig(request.param, MODELS, steps=2, batch_size=4, learning_rate=0.1)
    root = tmp_path_factory.mktemp("snippets") / "runs"
    root.mkdir()
    with RecordingWriter.create(root, config=config.to_dict(), seed=config.seed) as writer:
        for step in train(config):
            writer.append(step.step, {}, records(step))
        writer.close()
        return root / writer.header.id


def moment(run: Path, model: int, step: int) -> Moment:
    with open_recording(run) as recording:
        config = TrainingConfig.from_dict(recording.header.config)
        at, parameters = recording.dated_record(f"{config.names[model]}/parameters", step)
        assert isinstance(parameters, np.ndarray)
    return Moment(config, model, at, parameters)


@pytest.mark.parametrize("model", range(len(MODELS)))
@pytest.mark.parametrize("step", [0, 2])
def test_the_code_shown_opens_the_recording_and_prints_the_numbers_of_a_runs_model(
    run: Path, model: int, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parents[1])
    reader, one = moment(run, model, step), MODELS[model]
    layer, direction = one.layers - 1, int(one.bidirectional)
    hands = (Intervention("hidden", "scale", -2.0, (1, 3), 2, 4, layer, direction),)
    reads_text = reader.config.task.name == "next_character"
    symbol = {"next_character": "z", "recall": "C"}.get(reader.config.task.name)
    edits = () if symbol is None else ((5, symbol),)
    asked = AskedReading(f"run:{run.name}:{reader.config.names[model]}", step,
                         Passage(typed=TEXT if reads_text else "", example=0 if reads_text else 3, edits=edits),
                         layer, direction, hands)  # fmt: skip
    reading = read(reader, asked.passage, hands)
    code = reading_code(asked, one, 1, reading.tokens if reads_text else ())
    assert len(code.splitlines()) <= 55
    np.testing.assert_allclose(printed(code, 1), here(reading, asked, 1), atol=5.1e-5)


def test_weights_of_another_step_print_other_numbers(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parents[1])
    name = moment(run, 1, 0).config.names[1]
    text = TEXT if moment(run, 1, 0).config.task.name == "next_character" else ()
    first, last = (
        printed(reading_code(AskedReading(f"run:{run.name}:{name}", step), MODELS[1], 0, text), 0) for step in (0, 2)
    )
    assert np.abs(first - last).max() > 1e-3
