from __future__ import annotations

import pytest

from core.decoding.presets import PRESETS
from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.rows import records, scalars
from dashboard.decoding_asked import PRESET
from dashboard.decoding_explanations import DECODING_LESSONS
from dashboard.widgets.decoding_fields import SECTIONS, SITUATIONS, STORIES
from tests.dashboard.test_views import address, text

LANGUAGE = TrainingConfig(
    TaskConfig("next_character", length=8, text="python-reference"),
    (ModelConfig("gru", hidden_size=6), ModelConfig("lstm", 5, bidirectional=True)),
    steps=2,
    batch_size=4,
)


@pytest.fixture
def run(runs) -> str:
    """A finished run of a small GRU on text, and of a bidirectional LSTM, which cannot generate."""
    with RecordingWriter.create(runs, config=LANGUAGE.to_dict(), seed=LANGUAGE.seed) as writer:
        for step in train(LANGUAGE):
            writer.append(step.step, scalars(step), records(step))
        writer.close(status="finished")
        return writer.header.id


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_says_its_question_its_lesson_and_its_numbers(open_view, section: str) -> None:
    page = open_view("decoding", show=section)
    said = text(page)
    assert DECODING_LESSONS[section].question in said and DECODING_LESSONS[section].trying.strip() in said
    assert not page.error and not page.warning
    numbers = {
        "tree": "0.5 · 0.4 · 0.4 · 0.6 = **0.048**",
        "accounts": "where it ranked 2, 0.2877 nats short",
        "sizes": "“A C B [stop]”, is found from k = 2",
        "methods": "The highest score, -2.919",
        "semantics": "All 6 agree",
        "penalty": "“A B C [stop]” wins",
        "next": "likeliest is “A” with **0.5**; the entropy is 1.22 nats",
    }
    assert numbers[section] in said


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_sets_the_controls_and_is_lit_with_its_story(open_view, situation: str) -> None:
    page = open_view("decoding")
    page.button_group(key="situation").set_value(situation).run()
    assert page.session_state["of"] == SITUATIONS[situation]["of"] and not page.error
    assert page.session_state["situation"] == situation and STORIES[situation].replace("\\", "") in text(page)


@pytest.mark.parametrize(("key", "size", "says"), [
    ("two-loses-to-three", 2, "was missed:** “C [stop]” with P = 0.261"),
    ("best-is-empty", 3, "was missed:** “[stop]” with P = 0.2"),
    ("wider-is-worse", 2, "was missed:** “A C [stop]” with P = 0.18"),
])  # fmt: skip
def test_the_page_says_of_each_table_what_its_lesson_says(open_view, key: str, size: int, says: str) -> None:
    most = str(PRESETS[key].max_length)
    page = open_view("decoding", of=PRESET + key, by="beam", k=str(size), most=most, least="0")
    assert says in text(page)
    page.number_input(key="k").set_value(size + 1).run()
    assert "This is the best there is" in text(page)


def test_another_model_brings_its_own_lengths_and_prefix(open_view) -> None:
    page = open_view("decoding", forced="0", node="0,2")
    page.selectbox(key="of").set_value("shipped").run()
    values = {key: page.session_state[key] for key in ("prefix", "most", "least", "forced", "node")}
    assert values == {"prefix": "def ", "most": 20, "least": 0, "forced": "", "node": ""} and not page.error
    page.selectbox(key="of").set_value(PRESET + "greedy-loses").run()
    assert page.session_state["least"] == 3 and page.session_state["prefix"] == ""


def test_a_run_that_generates_is_offered_and_one_that_reads_both_ways_is_not(open_view, run: str) -> None:
    page = open_view("decoding", show="methods")
    options = page.selectbox(key="of").options
    assert [one for one in options if "run" in one] == [f"{LANGUAGE.models[0].label} (run {run[:16]})"]
    page.selectbox(key="of").set_value(f"run:{run}:{LANGUAGE.names[0]}").run()
    assert not page.error and "The highest score" in text(page)
    assert address(page, "of") == f"run:{run}:{LANGUAGE.names[0]}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"show": "none"}, "Section must be"),
        ({"k": "65"}, "Size k must be"),
        ({"by": "magic"}, "Method must be"),
    ],
)
def test_what_an_address_may_not_say_is_told_and_the_page_stays(open_view, wrong: dict, says: str) -> None:
    page = open_view("decoding", **wrong)
    assert says in page.warning[0].value and not page.error


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"prefix": "A D"}, "got 'D'"),
        ({"of": "preset:none"}, "a table is one of"),
        ({"of": "shipped"}, "type a prefix"),
        ({"of": "run:gone:lstm", "prefix": "a"}, "gone"),
        ({"by": "exhaustive", "most": "30"}, "exhaustive_search may look at"),
        ({"forced": "x"}, "whole number"),
    ],
)
def test_a_search_that_cannot_be_is_a_sentence_and_the_page_stays(open_view, wrong: dict, says: str) -> None:
    page = open_view("decoding", **wrong)
    assert says in page.error[0].value.replace("\\", "") and len(page.title) == 1


def test_a_link_cannot_make_the_page_fetch_a_picture_through_what_it_complains_of(open_view) -> None:
    page = open_view("decoding", prefix="![a](http://elsewhere/b)")
    assert "http" in page.error[0].value and "![a](" not in page.error[0].value
    assert not any("![a](" in one.value for one in [*page.caption, *page.markdown])


def test_a_forced_beginning_is_said_and_let_go(open_view) -> None:
    page = open_view("decoding", forced="1,2")
    assert "begins with the 2 tokens" in text(page) and "P(“B C" in text(page)
    page.button(key="unforce").click().run()
    assert page.session_state["forced"] == "" and "P(“A B C [stop]”)" in text(page)


def test_the_tree_is_taken_home_whole(open_view) -> None:
    from core.decoding.settings import SearchSettings
    from dashboard.decoding_asked import AskedSearch
    from dashboard.decoding_measurements import exported

    open_view("decoding")
    asked = AskedSearch(settings=SearchSettings("exhaustive", max_length=3))
    assert exported(asked, "csv").count("\n") == 1 + 1 + 4 + 12 + 36 and '"nodes": [' in exported(asked, "json")
