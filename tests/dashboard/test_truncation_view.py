from __future__ import annotations

import time

import pytest

from core.analysis.outcome import BATCHES
from core.recordings.storage import open_recording
from core.training.limits import Limits
from dashboard import server, state
from dashboard.widgets.truncation_fields import SECTIONS, SITUATIONS

SMALL = {"c_T": "12", "c_units": "4", "c_batch": "4", "c_window": "5"}
ENDLESS = {**SMALL, "c_task": "recall", "c_steps": "20000"}
SECONDS = 60


def address(page, key: str) -> str:
    value = page.query_params[key]
    return value if isinstance(value, str) else value[0]


def run_until(page, condition) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        page.run()


@pytest.mark.parametrize("show", SECTIONS)
def test_every_section_opens_by_its_address_and_explains_itself(open_view, show):
    page = open_view("truncation", show=show)
    assert not page.exception and not page.error and not page.warning
    assert page.session_state["show"] == show
    assert [expander.label for expander in page.expander][-3:] == [
        "What am I seeing?", "Try it: predict, run, read", "Show the code",
    ]  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_is_lit_and_in_the_address(open_view, situation):
    page = open_view("truncation")
    page.button_group(key="c_situation").set_value(situation).run()
    assert not page.exception and page.session_state["c_situation"] == situation
    for key, value in SITUATIONS[situation].items():
        assert address(page, key) == str(value)


@pytest.mark.parametrize("limits", [Limits(max_length=12, max_hidden_size=8, max_batch_size=4, max_steps=5)])
def test_the_page_opens_on_a_narrow_server(open_view, limits):
    page = open_view("truncation")
    assert not page.exception and not page.error and page.session_state["c_T"] == 12


@pytest.mark.parametrize("limits", [Limits(max_models=3)])
def test_what_the_server_does_not_allow_is_said(open_view, limits):
    page = open_view("truncation")
    assert "at most 3 models" in page.error[0].value


def test_a_value_in_the_address_that_cannot_be_is_said_and_the_default_is_shown(open_view):
    page = open_view("truncation", c_window="ten")
    assert "Window k₂ must be" in page.warning[0].value and page.session_state["c_window"] == 10


def test_another_learning_rate_reaches_a_run_that_goes_on(open_view):
    page = open_view("truncation", show="train", **ENDLESS)
    page.button(key="c_train").click().run()
    run_id = address(page, state.RUN)
    page.number_input(key="c_lr").set_value(0.02).run()
    assert address(page, state.RUN) == run_id
    run_until(page, lambda: server.jobs()._job(run_id).control.learning_rate == 0.02)


def test_what_became_of_each_way_is_a_table_of_its_recorded_numbers(open_view):
    page = open_view("truncation", show="train", **SMALL, c_steps="6")
    page.button(key="c_train").click().run()
    run_id = address(page, state.RUN)
    run_until(
        page, lambda: server.jobs().queue_position(run_id) is None and not server.jobs().runs_of(state_visitor(page))
    )
    page.run()
    with open_recording(server.runs_root() / run_id) as recording:
        losses = recording.scalars(["carry-5/loss"])["carry-5/loss"].to_numpy()
    (table,) = [element.value for element in page.markdown if element.value.startswith("| model")]
    (line,) = [line for line in table.splitlines() if line.startswith("| windows of 5, h carried")]
    assert f" {losses[-BATCHES:].mean():.3g} | 6 |" in line


def test_another_window_ends_the_run_and_shows_none(open_view):
    page = open_view("truncation", show="train", **ENDLESS)
    page.button(key="c_train").click().run()
    page.number_input(key="c_window").set_value(3).run()
    assert state.RUN not in page.query_params and not page.exception
    run_until(page, lambda: not server.jobs().runs_of(state_visitor(page)))


def state_visitor(page) -> str:
    return str(page.session_state["visitor"])


def test_run_and_sweep_are_each_found_again_in_their_section(open_view):
    page = open_view("truncation", show="train", **ENDLESS)
    page.button(key="c_train").click().run()
    run_id = address(page, state.RUN)
    page.button(key="end").click().run()
    page.button_group(key="show").set_value("lag").run()
    page.button(key="cut-sweep-train").click().run()
    sweep_id = address(page, state.RUN)
    assert sweep_id != run_id
    page.button_group(key="show").set_value("train").run()
    assert address(page, state.RUN) == run_id
    page.button_group(key="show").set_value("lag").run()
    assert address(page, state.RUN) == sweep_id and not page.exception


def test_a_link_to_a_sweep_opens_its_section(open_view):
    page = open_view("truncation", show="lag", c_steps="20", c_units="4")
    page.button(key="cut-sweep-train").click().run()
    linked = open_view("truncation", run=address(page, state.RUN))
    assert linked.session_state["show"] == "lag" and not linked.exception


def test_a_run_of_another_page_is_left_alone(open_view):
    page = open_view("gradient_flow", steps="20000", H="8", batch="8", T="8")
    page.button(key="train").click().run()
    run_id = address(page, state.RUN)
    other = open_view("truncation", run=run_id)
    assert not other.exception and run_id in server.jobs()._jobs
