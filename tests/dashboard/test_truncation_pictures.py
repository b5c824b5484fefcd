from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.knobs import Knobs
from core.training.moment import Moment
from core.training.sweep_rows import sweep_rows
from core.training.truncation_config import USUAL_MODEL, TruncationConfig
from core.training.truncation_rows import truncation_rows
from core.training.truncation_study import cut_text
from core.training.truncation_sweep import window_sweep
from dashboard import server
from dashboard.truncation_analyses import CUT_ANALYSES, windows_of
from dashboard.truncation_asked import CutAsked, cut_question, read_cut_question
from dashboard.truncation_snippets import reach_code, training_code
from dashboard.widgets.truncation_fields import config_of, cut_fields, values_of
from tests.dashboard.reading_server import port, shipped
from tests.dashboard.test_gates_pictures import numbers, picture

__all__ = ["port", "shipped"]
CONFIG = TruncationConfig(TaskConfig(length=20, loss_at="all"), ModelConfig("gru", 6), steps=3, batch_size=4)


def recorded(config, rows) -> str:
    server.runs_root().mkdir(exist_ok=True)
    with RecordingWriter.create(server.runs_root(), config=config.to_dict(), seed=config.seed) as writer:
        for row in rows:
            writer.append(row.step, row.scalars, row.records)
        writer.close()
        return writer.header.id


@pytest.fixture(scope="module")
def run(port: int) -> str:
    return recorded(CONFIG, truncation_rows(CONFIG, Knobs.of(CONFIG), None))


def test_a_question_comes_back_as_it_was_asked(tmp_path):
    name, _, rest = cut_question("text", CONFIG, place=7, example=2, of=1).partition("?")
    found = read_cut_question("text", dict(parse_qsl(rest)), tmp_path)
    assert (name, found) == ("truncation/text", CutAsked("text", CONFIG, 7, 2, 1))


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("truncation/absent?", 404, "no such picture"),
        ("truncation/text?of=4", 400, "of is the position"),
        ("truncation/text?config=[", 400, "JSON"),
        ("truncation/text?config={}&place=x", 400, "place is a whole number"),
        ("truncation/text?config={}&place=20", 400, "place is a whole number from 0 to 19"),
        ("truncation/text?run=../../etc", 404, ""),
        ('truncation/text?config={"task":{"length":1000}}', 400, "length must be"),
        ('truncation/text?config={"batch_size":4000}', 400, "at most 256 examples"),
    ],
)
def test_what_nobody_can_ask_is_refused_in_words(port, question, status, says):
    code, answer = picture(port, question.replace('"', "%22"))
    assert code == status and says in answer["error"]


@pytest.mark.parametrize("name", CUT_ANALYSES)
def test_every_picture_is_computed_drawn_and_read_out(port, name):
    status, answer = picture(port, cut_question(name, CONFIG, place=12))
    assert status == 200 and answer["figure"]["data"] and answer["reading"].strip().endswith(".")


def test_the_lines_are_what_core_measures(port):
    _, answer = picture(port, cut_question("reach", CONFIG, place=12))
    text = cut_text(Moment(CONFIG.ordinary, 0), CONFIG.truncations, 12)
    for trace, reach in zip(answer["figure"]["data"], text.reaches, strict=True):
        reached = reach.norms[:13] > 0
        np.testing.assert_allclose(numbers(trace, "y")[reached], reach.norms[:13][reached], rtol=1e-6)


def test_a_run_is_looked_at_with_its_own_weights_at_the_step_shown(port, run):
    asked = cut_question("reach", CONFIG, place=12, of=2)
    _, before = picture(port, f"{asked}&run={run}&step=0")
    _, after = picture(port, f"{asked}&run={run}&step=3")
    assert "training step 3 (windows of 10, h carried)" in after["reading"] and after["step"] == 3
    assert not np.allclose(numbers(before["figure"]["data"][0], "y"), numbers(after["figure"]["data"][0], "y"))


def test_the_staleness_of_a_run_is_what_it_recorded(port, run):
    _, answer = picture(port, cut_question("staleness", CONFIG) + f"&run={run}")
    rows = list(truncation_rows(CONFIG, Knobs.of(CONFIG), None))
    expected = [100 * row.records["carry-10/staleness"].mean() for row in rows]
    np.testing.assert_allclose(numbers(answer["figure"]["data"][1], "y"), expected)


def test_the_lags_that_ship_are_read_out(port):
    status, answer = picture(port, "truncation/lag?")
    assert status == 200 and "whole sequence** 95% right up to lag 29" in answer["reading"]


def test_a_sweep_is_drawn_while_it_goes_on(port):
    sweep = window_sweep("zero", ModelConfig("gru", 4), steps=2, seeds=(0,))
    run_id = recorded(sweep, list(sweep_rows(sweep, Knobs.of(sweep), None))[:7])
    status, lag = picture(port, f"truncation/lag?&run={run_id}")
    assert status == 200 and "lag 9" in lag["reading"] and "lag 14" not in lag["reading"]
    _, newest = picture(port, f"truncation/newest-point?&run={run_id}")
    assert "Run 3 of 5: T = 15, seed 0, step 0 of 2." in newest["reading"]


def test_a_sweep_of_another_kind_is_no_sweep_of_windows(port, run):
    status, answer = picture(port, f"truncation/lag?&run={run}")
    assert status == 404 and "no sweep" in answer["error"]


def test_the_whole_sequence_is_the_last_window_that_is_compared():
    assert windows_of(60) == (1, 2, 5, 10, 20, 60) and windows_of(400)[-2:] == (200, 400)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_code_that_is_shown_finds_zeros_left_of_the_cut(cell):
    config = replace(CONFIG, model=USUAL_MODEL if cell == "lstm" else ModelConfig(cell, 6))
    lines = output_of(reach_code(config, place=12)).splitlines()
    zeros = {line.split()[0]: [float(value) == 0 for value in line.split()[1:]] for line in lines}
    assert zeros["whole"] == [False] * 13 and zeros["zero"] == zeros["carry"] == [True] * 10 + [False] * 3


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_code_that_is_shown_trains(cell):
    config = replace(
        CONFIG, model=USUAL_MODEL if cell == "lstm" else ModelConfig(cell, 6), steps=40, learning_rate=0.02
    )
    losses = [float(line.split()[1]) for line in output_of(training_code(config)).splitlines()]
    assert len(losses) == 40 and losses[-1] < losses[0]


def output_of(code: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "shown", "exec"), {})
    return printed.getvalue()


def test_the_controls_describe_the_run_that_they_start(tmp_path):
    values = {field.key: field.default for field in cut_fields(server.jobs().limits, tmp_path)}
    config = config_of(values)
    assert config_of(values | values_of(config)) == config
    other = values | {"c_task": "recall", "c_T": 20, "c_window": 5, "c_period": 1, "c_cell": "gru", "c_lr": 0.02}
    assert config_of(values | values_of(config_of(other))) == config_of(other)


def test_windows_are_held_within_the_sequence(tmp_path):
    values = {field.key: field.default for field in cut_fields(server.jobs().limits, tmp_path)}
    config = config_of(values | {"c_T": 8, "c_window": 30, "c_period": 20})
    assert [way.window for way in config.truncations[1:]] == [8, 8, 8] and config.truncations[-1].period == 8
