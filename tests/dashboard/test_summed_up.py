from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter, open_recording
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.knobs import Knobs
from core.training.loop import train
from core.training.measures_length import AnyLength
from core.training.measures_sharing import SharedGradient
from core.training.measures_time import Times
from core.training.sweep import Factor, SweepConfig
from core.training.sweep_rows import sweep_rows
from dashboard import state
from dashboard.figures.summed import any_length_figure, lag_figure, sharing_figure, size_figure, times_figure
from dashboard.summed_asked import SummedModel, read_summed, summed_question
from dashboard.summed_explanations import CLAIMS_LESSON
from dashboard.summed_readings import lag_sentence, length_sentence, sharing_sentence, size_sentence, times_sentence
from dashboard.summed_snippets import claims_code
from dashboard.summed_sweeps import SHIPPED_LAGS, final_accuracies, losses
from dashboard.theme import model_stroke
from dashboard.widgets.summed_fields import SITUATIONS
from tests.dashboard.reading_server import get, port, shipped
from tests.dashboard.test_views import text

__all__ = ["port", "shipped"]
SWEEP = SweepConfig(
    TrainingConfig(TaskConfig(length=5), (ModelConfig("rnn", 4), ModelConfig("gru", 4)), steps=3, batch_size=4),
    (Factor("task.length", (5, 8)),),
    seeds=(0, 1),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> str:
    """A sweep whose last point is not done yet."""
    root = tmp_path_factory.mktemp("sweep")
    with RecordingWriter.create(root, config=SWEEP.to_dict(), seed=0, run_id="a-sweep") as writer:
        for row in sweep_rows(SWEEP, Knobs.of(SWEEP), None):
            if row.scalars["point"] < 3:
                writer.append(row.step, row.scalars, row.records)
        writer.close(status="ended")
    return str(root / "a-sweep")


@pytest.mark.parametrize("model", [SummedModel(), SummedModel("gru", 7, 9, 3)])
def test_a_question_is_read_as_it_was_written(model: SummedModel):
    name, _, query = summed_question("time", model).partition("?")
    assert name == "summed/time"
    assert read_summed(dict(pair.split("=") for pair in query.split("&") if pair)) == model


@pytest.mark.parametrize("query", ["cell=tree", "units=0", "length=x", "length=4", "units=257", "seed=-1"])
def test_what_cannot_be_measured_is_refused_in_a_sentence(port: int, query: str):
    status, _, body = get(port, f"/unroll/asked/summed/time?{query}")
    assert status == 400 and len(json.loads(body)["error"]) > 20


@pytest.mark.parametrize("claim", ["length", "size", "sharing", "time", "lag"])
def test_each_claim_is_answered_with_a_picture_and_a_sentence(port: int, claim: str):
    status, _, body = get(port, f"/unroll/asked/summed/{claim}?units=8&length=6")
    while status == 202:
        status, _, body = get(port, f"/unroll/asked/summed/{claim}?units=8&length=6")
    answer = json.loads(body)
    assert status == 200 and answer["figure"]["data"] and "**" in answer["reading"]


def test_a_claim_that_nobody_made_and_a_run_that_is_not_there_are_told(port: int):
    assert get(port, "/unroll/asked/summed/taste")[0] == 404
    assert get(port, "/unroll/asked/summed/lag?run=20260101-000000-abcdef")[0] == 404


def test_what_a_run_came_to_is_the_mean_of_its_last_batches(recorded: str):
    with open_recording(recorded) as recording:
        lengths, found = final_accuracies(recording)
        curves = losses(recording)
    assert lengths.tolist() == [5, 8] and found["gru-h4"].shape == (2, 2)
    assert np.isnan(found["gru-h4"][1, 1]) and np.isfinite(found["gru-h4"].flat[:3]).all()
    for point, place in ((0, (0, 0)), (1, (1, 0)), (2, (0, 1))):
        config = SWEEP.points[point].config
        assert isinstance(config, TrainingConfig)
        models = [step.models[1] for step in train(config)]
        assert found["gru-h4"][place] == pytest.approx(np.mean([one.accuracy for one in models]))
        np.testing.assert_allclose(curves["gru-h4"][point], [one.loss for one in models])


def test_the_sweep_that_ships_is_whole():
    with open_recording(SHIPPED_LAGS) as recording:
        lengths, found = final_accuracies(recording)
    assert lengths.tolist() == [5, 10, 20, 40, 80] and all(np.isfinite(one).all() for one in found.values())
    assert found["rnn"][0].min() > 0.95 and found["rnn"][-1].max() < 0.3


def test_the_picture_of_any_length_marks_how_long_training_was():
    figure = any_length_figure(np.array([1.0, 10.0, 500.0]), np.array([3.0, 1.5, 1.2]), 128)
    assert tuple(figure.data[0].y) == (3.0, 1.5, 1.2) and figure.layout.shapes[0].x0 == 128
    assert figure.layout.annotations[0].x == pytest.approx(np.log10(128))


def test_models_of_one_size_are_flat_lines_and_the_window_rises():
    figure = size_figure((1, 10), {"RNN": (50, model_stroke("rnn"))}, (20, 200))
    assert figure.data[0].y == (50, 50) and figure.data[1].y == (20, 200)


def test_a_copy_without_a_gradient_is_marked_and_not_left_out():
    figure = sharing_figure(np.array([0.0, 0.1, 0.4]), np.array([0.45, 0.45, 0.4]), 0.45, model_stroke("rnn"))
    bars, line = figure.data
    assert bars.text == ("0", "", "") and bars.y[0] == 0 and bars.base + bars.y[2] == pytest.approx(0.4)
    assert line.y[0] == figure.layout.shapes[0].y0 == 0.45


def test_times_are_drawn_in_milliseconds():
    times = np.array([1e-4, 1e-3])
    figure = times_figure(np.array([10, 100]), times, times / 10, "RNN", model_stroke("rnn"))
    np.testing.assert_allclose(figure.data[0].y, [0.1, 1.0])
    np.testing.assert_allclose(figure.data[1].y, [0.01, 0.1])


def test_a_lag_that_is_not_done_is_left_out_of_the_lines():
    accuracies = np.array([[1.0, 0.8], [0.5, np.nan], [np.nan, np.nan]])
    figure = lag_figure({"RNN": (model_stroke("rnn"), np.array([4, 9, 19]), accuracies)}, 0.125)
    band, line = figure.data
    assert tuple(line.x) == (4, 9) and tuple(line.y) == (0.9, 0.5)
    assert band.x == (4, 9, 9, 4) and band.y == (1.0, 0.5, 0.5, 0.8)


def test_sentences_say_the_pictures_numbers():
    positions, losses = np.array([1.0, 10.0, 500.0]), np.array([3.0, 1.5, 1.25])
    assert "beyond it **1.25**" in length_sentence(AnyLength(9000, 128, positions, losses, np.zeros(2)))
    assert "RNN **50**" in size_sentence({"RNN": 50}, (20, 20000)) and "20,000" in size_sentence({}, (20, 20000))
    found = SharedGradient(np.array([0.0, 0.1, 1.0]), np.array([1.0, 1.0, 1.0]), 1.0, {"weight_hh": 1e-16})
    assert "90 % of all squared gradient is in 1 of" in sharing_sentence(
        found
    ) and "**1.0 · 10⁻¹⁶**" in sharing_sentence(found)
    lengths = np.array([100, 300, 1000])
    slow = Times(lengths, lengths * 1e-5, lengths * 1e-6, lengths * 40)
    assert "**10.0 times** as long" in times_sentence(slow, "RNN") and "**10.0 times** faster" in times_sentence(
        slow, "RNN"
    )
    said = lag_sentence({"RNN": (np.array([4, 9]), np.array([[1.0, 0.97], [0.2, 1.0]]))}, 0.125)
    assert "up to a lag of **4**" in said and "at 9 it is right 60%" in said


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_code_that_is_shown_runs_and_its_gradients_add_up(cell: str):
    code = claims_code(SummedModel(cell, 8, 6))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout.partition("sum against autograd ")[2].split()[0]) < 1e-12


def test_the_view_shows_its_claims_and_keeps_what_was_chosen(open_view):
    page = open_view("summed_up", s_cell="gru", s_units="16")
    assert CLAIMS_LESSON.question in text(page) and not page.error and not page.warning and not page.exception
    assert page.session_state["s_situation"] is None
    page.button_group(key="s_situation").set_value("A long task").run()
    assert page.number_input(key="s_length").value == 100 and page.query_params["s_length"] in ("100", ["100"])
    assert set(SITUATIONS) and not page.error


def test_the_view_trains_its_sweep_and_leaves_it(open_view):
    page = open_view("summed_up")
    page.button(key=f"{state.SUMMED_RUN}-train").click().run()
    run = page.session_state[state.SUMMED_RUN]
    assert run is not None and page.query_params[state.RUN] in (run, [run]) and not page.error
    page.button(key="end").click().run()
    page.button(key=f"{state.SUMMED_RUN}-leave").click().run()
    assert page.session_state[state.SUMMED_RUN] is None and not page.error
