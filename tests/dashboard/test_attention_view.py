"""The page of sequence to sequence, its controls and its runs, without a browser."""

from __future__ import annotations

import pytest

from core.recordings.storage import list_runs
from core.training.limits import Limits
from core.training.sweep import SweepConfig
from core.training.truncation_config import TruncationConfig
from dashboard.attention_side_settings import SIDES, SideSettings, settings_of, side_config, side_keys
from dashboard.widgets.attention_fields import SECTIONS, SITUATIONS
from tests.dashboard.test_views import address, run_until, text

SMALL = {
    "a_task": "copy",
    "a_min": "4",
    "a_max": "4",
    "a_models": "own",
    "a_units": "6",
    "a_batch": "4",
    "a_steps": "3",
}
NARROW = Limits(max_length=48, max_hidden_size=128, max_steps=1500, max_models=3)


@pytest.mark.parametrize("show", SIDES)
def test_the_choices_of_a_section_come_back_from_its_run(show):
    shipped = settings_of(SIDES[show])
    assert shipped is not None and side_config(show, shipped) == SIDES[show]
    other = SideSettings(7, 16, 3e-3, 5)
    config = side_config(show, other)
    assert settings_of(config) == other and config != SIDES[show]
    assert isinstance(config, SweepConfig) == (show == "fusion")


def test_a_run_of_windows_has_no_such_choices():
    assert settings_of(TruncationConfig()) is None


@pytest.mark.parametrize("show", SECTIONS)
def test_every_section_opens_without_an_error(open_view, show):
    page = open_view("attention", show=show)
    assert not page.error and not page.warning and "rained" in text(page)


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_opens_and_is_lit(open_view, name):
    page = open_view("attention")
    page.button_group(key="a_situation").set_value(name).run()
    assert not page.error and page.session_state["a_situation"] == name
    assert "Trained beforehand" in text(page)


@pytest.mark.parametrize("limits", [NARROW], ids=["narrow"])
def test_a_server_with_narrow_limits_opens_every_section_or_says_why_not(open_view):
    for show in SECTIONS:
        page = open_view("attention", show=show)
        assert not page.exception
        assert all("This server" in error.value for error in page.error)


@pytest.mark.parametrize("show", SIDES)
def test_steps_units_and_rate_are_chosen_and_stay_in_the_address(open_view, show):
    steps, units, rate = side_keys(show)
    page = open_view("attention", show=show, **{steps: "40", units: "16"})
    assert "These settings are not trained yet" in text(page)
    page.number_input(key=rate).set_value(0.02).run()
    assert [address(page, key) for key in (steps, units, rate)] == ["40", "16", "0.02"]
    page.number_input(key=steps).set_value(10**6)
    page.run()
    assert not page.exception


def test_an_odd_width_of_two_directions_is_refused_in_a_sentence(open_view):
    page = open_view("attention", show="fusion", a_fusion_units="7")
    assert "hidden_size must be even" in text(page)


def test_a_fusion_of_ones_own_settings_is_trained_and_found_again(open_view, runs):
    page = open_view("attention", show="fusion", a_fusion_steps="2", a_fusion_units="4", a_seed="3")
    page.button(key="fusion-run_train").click().run()
    run_until(page, lambda: _done(runs))
    (header,), _ = list_runs(runs)
    again = open_view("attention", run=header.id)
    assert again.session_state["show"] == "fusion" and again.session_state["a_fusion_units"] == 4
    assert again.session_state["a_seed"] == 3 and "The pictures follow the run" in text(again)


def test_several_seeds_are_trained_and_found_again(open_view, runs):
    page = open_view("attention", **SMALL, a_seeds="2")
    assert "Train the same models from seeds 0 to 1" in text(page)
    page.button(key="spread-train").click().run()
    run_until(page, lambda: _done(runs))
    (header,), _ = list_runs(runs)
    again = open_view("attention", run=header.id)
    assert again.session_state["a_seeds"] == 2 and again.session_state["a_units"] == 6
    assert "a seed counts once it is through" in text(again)


def _done(runs) -> bool:
    headers, problems = list_runs(runs)
    return not problems and [header.status for header in headers] == ["finished"]
