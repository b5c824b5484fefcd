from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.recordings.storage import RecordingWriter, list_runs
from core.tasks.config import VARIANTS, TaskConfig
from core.training.config import TrainingConfig
from core.training.limits import Limits
from dashboard import server
from dashboard.explanations import LESSONS
from dashboard.situations import FIRST_LOOK
from dashboard.widgets.gradient_fields import SITUATIONS
from dashboard.widgets.gradient_page import SECTIONS

VIEWS = sorted(path.stem for path in (Path(server.__file__).parent / "views").glob("[a-z]*.py"))
READINGS = {
    "truncation": "What does a loss still reach",
    "recurrence": "What does one step compute?",
    "summed_up": "every point is 300 updates",
    "gates": "keeps (gate above 0.9) at",
    "decoding": "log P = -3.037 nats",
    "attention": "Trained beforehand, 300 steps",
    "embeddings": "those used alike come to lie together",
}
"""What a view says in numbers of its first picture, where it is not a gradient."""
NARROW = Limits(max_length=12, max_hidden_size=8, max_batch_size=4, max_models=1, max_steps=5)
ENDLESS = {"steps": "20000", "H": "8", "batch": "8", "T": "8"}
SECONDS = 60


def text(page: AppTest) -> str:
    """All that the page says, without the backslashes that keep Markdown plain."""
    assert not page.exception
    elements = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info]
    return "\n".join(element.value for element in elements).replace("\\", "")


def address(page: AppTest, key: str) -> str:
    """What the address says of a key: a list while it is as the test gave it, a text once the page wrote it."""
    value = page.query_params[key]
    return value if isinstance(value, str) else value[0]


def run_until(page: AppTest, condition: Callable[[], bool]) -> None:
    """Run the page anew, as its clock does in a browser, until the condition holds."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, text(page)
        page.run()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_opens_from_the_menu_without_an_error(open_view, view):
    page = open_view(view)
    assert not page.exception and not page.error and not page.warning
    assert len(page.title) == 1
    assert READINGS.get(view, "each step back keeps") in text(page)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_is_shown_read_out_and_lit(open_view, situation):
    page = open_view("gradient_flow")
    page.button_group(key="situation").set_value(situation).run()
    assert "Before training:" in text(page) and not page.error
    assert page.session_state["situation"] == situation
    assert text(page).count("- **") >= page.session_state["models"]


@pytest.mark.parametrize("task", [name for name in VARIANTS if name != "next_word"])  # that one is of Embeddings
def test_each_task_is_shown_with_its_chance_level_and_its_source(open_view, task):
    page = open_view("gradient_flow", task=task, T="30", H="8", batch="8")
    assert "Chance: " in text(page) and not page.error and not page.warning


def test_layers_and_directions_are_chosen_where_there_are_several(open_view):
    page = open_view("gradient_flow", layers="2", both="yes", H="8", batch="8")
    before = text(page)
    page.button_group(key="direction").set_value("reverse").run()
    assert text(page) != before and not page.error


@pytest.mark.parametrize("limits", [NARROW], ids=["narrow"])
def test_narrow_limits_leave_every_situation_usable(open_view):
    page = open_view("gradient_flow")
    for situation in SITUATIONS:
        page.button_group(key="situation").set_value(situation).run()
        assert not page.exception and not page.error


def test_the_largest_of_everything_at_once_is_refused_in_a_sentence(open_view):
    largest = {"T": "400", "H": "256", "layers": "4", "both": "yes", "batch": "256", "models": "4"}
    page = open_view("gradient_flow", **largest)
    assert "at most 8,000,000 hidden states of a batch, got 838,860,800" in text(page)
    page.number_input(key="T").set_value(5).run()
    page.button_group(key="situation").set_value("RNN against LSTM").run()
    assert "Before training:" in text(page) and not page.error


def test_a_run_is_trained_read_out_and_found_again(open_view, runs):
    page = open_view("gradient_flow", steps="4", H="8", batch="8", T="8")
    page.button(key="train").click().run()
    run_until(page, lambda: "At training step 4:" in text(page))
    (header,), problems = list_runs(runs)
    assert (header.status, header.last_step, problems) == ("finished", 4, [])
    assert header.id in str(page.query_params["run"])
    again = open_view("gradient_flow", run=header.id)
    assert "At training step 4:" in text(again)
    assert (again.session_state["steps"], again.session_state["H"], again.session_state["T"]) == (4, 8, 8)
    again.button(key="reset").click().run()
    assert "Before training:" in text(again) and "run" not in again.query_params


@pytest.mark.parametrize("show", SECTIONS)
def test_each_section_opens_from_its_address_and_keeps_the_models(open_view, show):
    page = open_view("gradient_flow", show=show, T="8", H="8", batch="8")
    assert LESSONS[show].question in text(page) and not page.error and not page.warning
    assert (page.session_state["T"], page.session_state["show"]) == (8, show)
    page.button_group(key="show").set_value("weights").run()
    assert page.session_state["T"] == 8 and address(page, "T") == "8"


def test_where_one_looks_is_not_what_a_run_is_made_of(open_view, runs):
    page = open_view("gradient_flow", steps="4", H="8", batch="8", T="8", layers="2")
    page.button(key="train").click().run()
    run_until(page, lambda: "At training step 4:" in text(page))
    run = address(page, "run")
    again = open_view("gradient_flow", run=run, show="why", layer="2")
    assert (again.session_state["T"], again.session_state["show"], again.session_state["layer"]) == (8, "why", 2)
    assert address(again, "run") == run and not again.warning


def test_a_section_that_is_none_falls_back_and_says_so(open_view):
    page = open_view("gradient_flow", show="whither", rho="7")
    assert "Section must be one of compare, why" in text(page) and "a number from 0.5 to 1.5" in text(page)
    assert page.session_state["show"] == "compare" and page.session_state["rho"] == 0.9


def test_one_loss_is_told_and_one_click_gives_every_timestep_a_loss(open_view):
    page = open_view("gradient_flow", show="reach", T="8", H="8", batch="8")
    assert "This task has one loss, at the last timestep" in text(page)
    page.button(key="loss-everywhere").click().run()
    assert "This task has one loss" not in text(page) and address(page, "loss_at") == "all"
    page.button_group(key="situation").set_value("RNN against LSTM").run()
    page.button(key="real-text").click().run()
    assert page.session_state["task"] == "next_character" and not page.error


def test_a_remedy_is_trained_beside_its_patient_and_its_outcome_is_kept(open_view, runs):
    page = open_view("gradient_flow", show="remedies", steps="6", H="8", batch="8", T="8")
    page.button(key="remedy-gru").click().run()
    run_until(page, lambda: list_runs(runs)[0][0].status == "finished")
    first = address(page, "run")
    assert (page.session_state["m1_cell"], page.session_state["m2_cell"]) == ("rnn", "gru")
    page.run()
    assert "| GRU, 8 units | never |" in text(page)
    page.button(key="remedy-clipping").click().run()
    run_until(page, lambda: all(header.status == "finished" for header in list_runs(runs)[0]))
    assert address(page, "run") != first
    page.run()
    assert "Tried before in this session" in text(page) and "RNN, 8 units, not clipped" in text(page)


def test_exploding_with_and_without_clipping_is_one_click(open_view, runs):
    page = open_view("gradient_flow", show="clipping", steps="5")
    page.button(key="clip-or-not").click().run()
    (header,), _ = list_runs(runs)
    unclipped, clipped = TrainingConfig.from_dict(header.config).models
    assert (unclipped.clipped, clipped.clipped, unclipped.gain) == (False, True, 1.5)
    page.button(key="end").click().run()


def test_whoever_trains_anew_ends_their_earlier_run(open_view, runs):
    page = open_view("gradient_flow", **ENDLESS)
    page.button(key="train").click().run()
    page.query_params.clear()
    page.session_state["last-run"] = None
    page.run()
    page.button(key="train").click().run()
    assert not page.error and not page.exception
    run_until(page, lambda: sorted(header.status for header in list_runs(runs)[0]) == ["ended", "running"])


@pytest.mark.parametrize("limits", [Limits(max_queued=1)], ids=["short queue"])
def test_a_full_queue_refuses_a_run_in_a_sentence(open_view, runs):
    page = open_view("gradient_flow", **ENDLESS)
    for visitor in ("first of others", "second of others"):
        server.jobs().start(TrainingConfig(steps=20_000), visitor)
    page.button(key="train").click().run()
    assert "This server queues at most 1, which are waiting already; try again later." in text(page)
    assert "run" not in page.query_params and len(list_runs(runs)[0]) == 2


def test_another_seed_ends_the_run_that_the_page_steered(open_view, runs):
    page = open_view("gradient_flow", **ENDLESS)
    page.button(key="train").click().run()
    page.number_input(key="seed").set_value(7).run()
    assert "run" not in page.query_params and "Before training:" in text(page)
    run_until(page, lambda: list_runs(runs)[0][0].status == "ended")


def test_a_run_whose_folder_vanishes_is_told_and_the_page_stays(open_view, runs):
    config = TrainingConfig(models=FIRST_LOOK.models[:2], steps=3)
    RecordingWriter.create(runs, config=config.to_dict(), seed=0, run_id="vanishing").close()
    page = open_view("gradient_flow", run="vanishing")
    assert not page.warning and "run" in page.query_params
    shutil.rmtree(runs / "vanishing")
    page.run()
    assert "The run can no longer be read" in text(page)
    page.run()
    assert "Before training:" in text(page) and not page.warning


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 10_000_000},
        {"batch_size": 4096},
        {"learning_rate": 1000.0},
        {"max_norm": 1e6},
        {"models": [{"cell": "lstm", "forget_bias": 2.5}]},
        {"models": [{"cell": "rnn", "hidden_size": 512}]},
        {"models": [{"cell": "rnn", "hidden_size": 8}, {"cell": "rnn", "hidden_size": 16}]},
        {"models": [{"cell": "rnn", "layers": 2, "dropout": 0.5}]},
        {"task": {"symbols": 4}},
        {"task": {"name": "next_character", "text": "sha256:" + "0" * 64}},
        {"surprise": 1},
    ],
)
def test_a_run_that_the_controls_cannot_describe_is_told_and_the_page_stays(open_view, runs, changes):
    RecordingWriter.create(runs, config=TrainingConfig().to_dict() | changes, seed=0, run_id="foreign").close()
    page = open_view("gradient_flow", run="foreign")
    assert "The run in the address cannot be shown" in text(page)
    assert page.session_state["steps"] == 300


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02binary" * 50, b"\xff\xfe\xfa" * 200, b"short"])
def test_a_text_that_cannot_be_learnt_is_told_and_the_page_stays(open_view, content):
    page = open_view("gradient_flow", task="next_character", H="8", batch="8")
    page.file_uploader(key="own_text").upload("own.txt", content, "text/plain").run()
    assert len(page.error) == 1 and not page.exception
    assert page.session_state["text"] == "python-reference"


def test_recent_runs_are_told_on_the_first_page(open_view, runs):
    RecordingWriter.create(runs, config=FIRST_LOOK.to_dict(), seed=0).close()
    continued = TrainingConfig(TaskConfig("next_character"), start="shipped")
    RecordingWriter.create(runs, config=continued.to_dict(), seed=0).close()
    (runs / "no-recording-at-all").mkdir()
    page = open_view("home")
    assert not page.exception
    assert "None yet" not in text(page)
