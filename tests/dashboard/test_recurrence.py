from __future__ import annotations

import base64
import json
import subprocess
import sys
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.recordings.storage import open_recording
from core.training.measures_directions import Changes, changes
from core.training.measures_unrolled import unrolled
from core.training.moment import Moment
from core.training.reading import Passage
from dashboard import state
from dashboard.figures.stacking import changes_figure, stacking_figure
from dashboard.recurrence_asked import AskedUnrolled, read_unrolled, unrolled_question
from dashboard.recurrence_explanations import RECURRENCE_LESSONS
from dashboard.recurrence_readings import changes_sentence, stacking_sentence
from dashboard.recurrence_snippets import both_code, stack_code, step_code
from dashboard.summed_sweeps import SHIPPED_STACKS, losses
from dashboard.theme import model_strokes
from dashboard.widgets.recurrence_fields import SECTIONS
from tests.dashboard.reading_server import CONFIG, get, port, run, shipped
from tests.dashboard.test_views import text

__all__ = ["port", "run", "shipped"]
ASKED = AskedUnrolled("lstm", units=4, layers=2, both=True, seed=3, typed="abca")


@pytest.mark.parametrize("asked", [AskedUnrolled(), ASKED, AskedUnrolled("shipped", typed="a\nb &%")])
def test_a_question_is_read_as_it_was_written(asked: AskedUnrolled):
    assert read_unrolled(dict(parse_qsl(unrolled_question(asked)))) == asked


@pytest.mark.parametrize("query", ["units=0", "units=33", "layers=4", "model=tree", "typed=" + "x" * 121, "seed=x"])
def test_what_cannot_be_unrolled_is_refused_in_a_sentence(port: int, query: str):
    status, _, body = get(port, f"/unroll/unrolled?{query}")
    assert status == 400 and len(json.loads(body)["error"]) > 20


def numbers(written: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(written), "<f4").reshape(shape)


def test_the_wire_holds_every_gate_and_sum_of_every_layer_and_direction(port: int):
    status, _, body = get(port, f"/unroll/unrolled?{unrolled_question(ASKED)}")
    assert status == 200, body
    answer, config = json.loads(body), ASKED.drawn
    assert config is not None
    here = unrolled(Moment(config, 0), ASKED.passage)
    assert answer["tokens"] == list("abca") and answer["parameters"] == here.parameters and answer["next"] is None
    for layer, directions in enumerate(here.passes):
        for way, one in enumerate(directions):
            sent = answer["passes"][layer][way]
            for kind in ("planes", "from_input", "from_state"):
                for name, values in getattr(one, kind).items():
                    assert (numbers(sent[kind][name], (4, 4)) == values.T.astype(np.float32)).all()
            assert (numbers(sent["weights"]["hidden"], (16, 4)) == one.weight_hidden.astype(np.float32)).all()
            assert sent["shapes"] == {"input": list(one.weight_input.shape), "hidden": [16, 4]}


def test_a_runs_model_is_unrolled_over_its_example(port: int, run: str):
    asked = AskedUnrolled(f"run:{run}:{CONFIG.names[0]}", example=1)
    status, _, body = get(port, f"/unroll/unrolled?{unrolled_question(asked)}")
    answer = json.loads(body)
    assert status == 200 and (answer["kind"], answer["step"], len(answer["tokens"])) == ("gru", 2, 8)


@pytest.mark.parametrize("name", ["changes", "stacking"])
def test_each_picture_is_answered_with_a_sentence(port: int, name: str):
    status = 202
    while status == 202:
        status, _, body = get(port, f"/unroll/asked/recurrence/{name}?{unrolled_question(ASKED)}&place=1")
    answer = json.loads(body)
    assert status == 200 and answer["figure"]["data"] and "**" in answer["reading"]
    assert get(port, "/unroll/asked/recurrence/taste")[0] == 404


def moved(asked: AskedUnrolled, place: int, symbol: str) -> Changes:
    config = asked.drawn
    assert config is not None
    return changes(Moment(config, 0), asked.passage, place, symbol)


def test_an_edit_moves_forward_states_from_there_on_and_reverse_ones_up_to_there():
    found = moved(AskedUnrolled("gru", both=True, typed="abcdefgh"), 3, "x")
    forward, reverse = found.edited > 0
    assert forward.tolist() == [False] * 3 + [True] * 5 and reverse.tolist() == [True] * 4 + [False] * 4
    assert (found.appended[0] == 0).all() and (found.appended[1] > 0).all()


def test_how_far_a_state_moves_is_what_two_readings_say():
    asked = AskedUnrolled("rnn", typed="abcd")
    config = asked.drawn
    assert config is not None
    before, after = (
        unrolled(Moment(config, 0), Passage(typed=typed)).passes[0][0].planes["hidden"] for typed in ("abcd", "abxd")
    )
    expected = np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)
    np.testing.assert_allclose(moved(asked, 2, "x").edited[0], expected, rtol=1e-12)


def test_a_text_that_is_not_typed_has_no_changes():
    config = ASKED.drawn
    assert config is not None
    with pytest.raises(ValueError, match="typed"):
        changes(Moment(config, 0), Passage(), 0, "x")


def test_a_state_that_does_not_move_is_drawn_at_the_floor_and_marked():
    sizes = np.array([[0.0, 0.5], [0.25, 0.0]])
    figure = changes_figure("ab", sizes, sizes, 1)
    forward, reverse = figure.data[:2]
    assert forward.marker.symbol == ("triangle-down-open", "circle") and forward.customdata[0] == "0, exactly"
    assert reverse.y[0] == 0.25 and forward.y[0] == 1e-12


def test_the_lines_of_a_stack_are_means_over_windows_and_seeds():
    seeds = [np.full(40, 2.0), np.concatenate([np.full(20, 3.0), np.full(20, 1.0)])]
    figure = stacking_figure({"one": (model_strokes(["lstm"])[0], seeds), "two": (model_strokes(["gru"])[0], [])}, 3.0)
    band, line = figure.data
    assert list(line.x) == [10, 30] and list(line.y) == [2.5, 1.5]
    assert list(band.y) == [3.0, 2.0, 1.0, 2.0]


def test_the_sentence_of_a_stack_says_whether_the_seeds_tell():
    apart = {"one": [np.full(200, 1.5), np.full(200, 1.6)], "two": [np.full(200, 1.8), np.full(200, 1.7)]}
    sizes = {"one": 1000, "two": 1001}
    assert "one is better with each of 2 seeds, by **0.200**" in stacking_sentence(apart, sizes)
    mixed = {"one": apart["one"], "two": [np.full(200, 1.55), np.full(200, 1.9)]}
    assert "overlap" in stacking_sentence(mixed, sizes)
    assert stacking_sentence({"one": [], "two": []}, sizes) == "No seed is done yet."


def test_the_sentence_of_changes_counts_what_stands_still():
    still = np.array([[0.0, 0.5, 0.1], [0.25, 0.5, 0.0]])
    said = changes_sentence(Changes(tuple("abc"), still, np.array([[0.0] * 3, [0.1, 0.2, 0.5]])), 1)
    assert "the 1 **forward**" in said and "0 forward states and **3 of 3** reverse" in said and "by 0.5 of" in said


def test_the_stacks_that_ship_are_three_models_with_three_seeds():
    with open_recording(SHIPPED_STACKS) as recording:
        found = losses(recording)
    assert {len(runs) for runs in found.values()} == {3} and len(found) == 3


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_code_that_unrolls_agrees_with_pytorch(cell: str):
    said = ran(step_code(cell, ASKED))
    assert len(said.splitlines()) == 4
    assert all(float(line.rpartition("apart ")[2]) < 1e-12 for line in said.splitlines())


def test_the_code_of_both_directions_shows_the_forward_states_still():
    lines = ran(both_code("gru", ASKED)).splitlines()
    assert len(lines) == 4 and all("forward 0.0e+00" in line and "reverse 0.0e+00" not in line for line in lines)


@pytest.mark.slow
def test_the_code_that_stacks_runs():
    assert ran(stack_code("rnn", 16)).count("nats") == 2


def ran(code: str) -> str:
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_is_shown_with_its_question_and_its_lesson(open_view, section: str):
    page = open_view("recurrence", r_show=section, r_typed="abc")
    said = text(page)
    assert RECURRENCE_LESSONS[section].question in said and RECURRENCE_LESSONS[section].trying.strip() in said
    assert not page.error and not page.warning and not page.exception


def test_a_situation_sets_who_reads_and_is_lit(open_view):
    page = open_view("recurrence")
    assert page.session_state["r_situation"] == "A small RNN"
    page.button_group(key="r_situation").set_value("The shipped LSTM").run()
    assert page.session_state["r_model"] == "shipped" and "import" in page.session_state["r_typed"]
    page.button_group(key="r_show").set_value("both").run()
    assert page.session_state["r_model"] == "lstm" and not page.error and not page.exception


def test_a_run_that_is_not_there_is_told_and_the_page_stays(open_view):
    page = open_view("recurrence", r_model="run:20260101-000000-000000-abcdef:lstm")
    assert page.error and not page.exception


def test_the_stack_is_trained_and_left(open_view):
    page = open_view("recurrence", r_show="stack", r_cell="rnn", r_width="8")
    page.button(key=f"{state.STACK_RUN}-train").click().run()
    assert page.session_state[state.STACK_RUN] is not None and not page.error
    page.button(key="end").click().run()
    page.button(key=f"{state.STACK_RUN}-leave").click().run()
    assert page.session_state[state.STACK_RUN] is None and not page.error
