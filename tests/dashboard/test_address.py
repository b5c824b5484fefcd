from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.training.limits import Limits
from dashboard.widgets.address import Choice, Flag, Number
from dashboard.widgets.gradient_fields import gradient_fields

FIELDS = {field.key: field for field in gradient_fields(Limits(), Path("no-texts"))}
NUMBERS = [key for key, field in FIELDS.items() if isinstance(field, Number)]
NARROW = Limits(max_length=12, max_hidden_size=8, max_layers=1, max_batch_size=4, max_models=2, max_steps=5)
BAD_NUMBERS = ("", " ", "nan", "inf", "-1", "1e999", "twenty", "9" * 5000, "٢٠٠٠٠٠٠٠٠٠٠", "0x10", "1;2", "\x00")


def page() -> None:
    """Three controls and what the address said of them."""
    import streamlit as st

    from dashboard.widgets.address import Choice, Flag, Number, read_address, set_values, write_address

    fields = [
        Number("T", "Timesteps T", 20, 5, 400),
        Number("lr", "Learning rate", 3e-3, 1e-6, 100.0),
        Choice("task", "Task", "recall", {"recall": "Recall", "adding": "Adding"}),
        Flag("both", "Both directions", False),
    ]
    for notice in read_address(fields):
        st.warning(notice)
    st.number_input("Timesteps T", 5, 400, key="T")
    st.number_input("Learning rate", 1e-6, 100.0, key="lr", format="%g")
    st.selectbox("Task", ["recall", "adding"], key="task")
    st.toggle("Both directions", key="both")
    st.button("Long", on_click=set_values, args=(fields, {"T": 400}))
    write_address(fields)


def opened(**address: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=30)
    for key, value in address.items():
        test.query_params[key] = value
    return test.run()


def values(test: AppTest) -> dict:
    assert not test.exception
    return {key: test.session_state[key] for key in ("T", "lr", "task", "both")}


def notices(test: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in test.warning]


DEFAULTS = {"T": 20, "lr": 3e-3, "task": "recall", "both": False}


def test_an_empty_address_is_all_defaults_and_stays_empty():
    test = opened()
    assert values(test) == DEFAULTS
    assert notices(test) == [] and dict(test.query_params) == {}


def test_an_address_sets_what_it_names():
    test = opened(T="50", lr="0.01", task="adding", both="yes")
    assert values(test) == {"T": 50, "lr": 0.01, "task": "adding", "both": True}
    assert notices(test) == []


def test_a_control_writes_itself_into_the_address_and_leaves_it_at_its_default():
    test = opened()
    test.number_input(key="T").set_value(60).run()
    assert test.query_params["T"] in ("60", ["60"])
    test.number_input(key="T").set_value(20).run()
    assert "T" not in test.query_params


def test_a_value_that_is_not_allowed_falls_back_and_is_told_once_with_its_rule():
    test = opened(T="9999", task="chess", both="maybe", lr="0.5")
    assert values(test) == DEFAULTS | {"lr": 0.5}
    assert notices(test) == [
        "Timesteps T must be a whole number from 5 to 400; the address said '9999', so it is 20.",
        "Task must be one of recall, adding; the address said 'chess', so it is recall.",
        "Both directions must be yes or no; the address said 'maybe', so it is no.",
    ]
    assert "T" not in test.query_params


def test_a_hostile_value_is_shown_as_text_and_short():
    (notice,) = opened(task="![x](//example.org/x.png)" + "y" * 500).warning
    assert "![" not in notice.value and "](" not in notice.value
    assert len(notice.value) < 200


def test_a_new_address_wins_over_the_controls():
    test = opened(T="50")
    test.query_params["T"] = "70"
    assert values(test.run())["T"] == 70


def test_the_menu_of_pages_drops_the_address_but_not_the_controls():
    test = opened(T="50")
    test.query_params.clear()
    assert values(test.run())["T"] == 50


def test_a_preset_sets_all_and_takes_the_notices_back():
    test = opened(T="9999", both="yes")
    test.button[0].click().run()
    assert values(test) == DEFAULTS | {"T": 400}
    assert notices(test) == []


@pytest.mark.parametrize("key", NUMBERS)
def test_no_number_out_of_range_is_read(key):
    field = FIELDS[key]
    whole = isinstance(field.default, int)
    beyond = (str(field.high + 1), str(field.low - 1), *(["2.5", "1e2"] if whole else []))
    for text in (*BAD_NUMBERS, *beyond):
        with pytest.raises(ValueError, match=r"^a (whole )?number from .* to "):
            field.read(text)
    assert field.read(str(field.low)) == field.low and field.read(str(field.high)) == field.high


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if isinstance(field, Choice | Flag)])
def test_no_choice_that_is_not_offered_is_read(key):
    for text in ("", "None", "RECALL", "no ", "__class__", "-2"):
        with pytest.raises(ValueError, match="^(one of|yes or no)"):
            FIELDS[key].read(text)


def test_a_page_with_every_field_out_of_range_is_the_page_of_the_defaults_and_says_so(open_view):
    bad = {key: "999999999999" if key in NUMBERS else "chess" for key in FIELDS}
    test = open_view("gradient_flow", **bad)
    assert not test.exception
    assert {key: test.session_state[key] for key in FIELDS} == {key: field.default for key, field in FIELDS.items()}
    told = " ".join(notices(test))
    for field in FIELDS.values():
        assert f"{field.label} must be " in told


@pytest.mark.parametrize("limits", [NARROW], ids=["narrow"])
def test_a_page_with_the_largest_values_asks_for_nothing_beyond_the_limits(open_view):
    test = open_view("gradient_flow", T="400", H="256", layers="4", batch="256", models="4", steps="20000")
    assert not test.exception
    shown = {key: test.session_state[key] for key in ("T", "H", "layers", "batch", "models", "steps")}
    assert shown == {"T": 12, "H": 8, "layers": 1, "batch": 4, "models": 2, "steps": 5}
    assert len(test.warning) == len(shown)


@pytest.mark.parametrize("run", ["../../etc", "20990101-000000-000000-abcdef", "![x](//a.b)", "x" * 4000])
def test_a_run_that_is_not_there_is_told_and_the_page_stays(open_view, run):
    test = open_view("gradient_flow", run=run)
    assert not test.exception
    assert any("The run in the address cannot be shown" in notice for notice in notices(test))
    assert not any("![" in warning.value for warning in test.warning)
    assert "run" not in test.query_params
    assert test.button(key="train").disabled is False
