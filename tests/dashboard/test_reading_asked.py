from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.probes.intervention import Intervention, still_cell
from core.recordings.storage import RecordingError
from core.training.reading import Passage
from dashboard.reading_asked import AskedReading, read_reading, reading_question

DIGEST = "sha256:" + "ab" * 32


def again(question: str, **more: str) -> AskedReading:
    return read_reading(dict(parse_qsl(question, keep_blank_values=True)) | more)


@given(
    text=st.sampled_from(["python-unseen", "python-source", DIGEST]),
    typed=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    start=st.integers(0, 10**6),
    step=st.none() | st.integers(0, 10**6),
    unit=st.integers(0, 255),
    symbol=st.characters(exclude_categories=["Cs"]),
)
def test_a_question_comes_back_as_it_was_asked(text, typed, start, step, unit, symbol) -> None:
    hands = (*still_cell(3, 9), Intervention("cell", "scale", 0.5, (unit, 0), 2, None, 1, 1))
    passage = Passage(text, typed, start, 17, 2, ((4, symbol), (0, "(")))
    asked = AskedReading("run:20260101-1:lstm-b3", step, passage, 1, 1, hands)
    assert again(reading_question(asked)) == asked


def test_the_shortest_question_is_the_shipped_model_on_text_it_has_not_seen() -> None:
    assert read_reading({}) == AskedReading() and again(reading_question(AskedReading())) == AskedReading()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"model": "other"}, "model=shipped"),
        ({"step": "-1"}, "whole number"),
        ({"text": "../secret"}, "text must be one of"),
        ({"typed": "x" * 1001}, "at most|may have 1,000"),
        ({"start": "10000001"}, "start is a whole number"),
        ({"length": "4001"}, "from 1 to 4,000"),
        ({"length": "0"}, "from 1 to 4,000"),
        ({"direction": "2"}, "direction is a whole number"),
        ({"hands": "{"}, "JSON list"),
        ({"hands": "[" * 100_000}, "JSON list"),
        ({"hands": "[1]"}, "JSON list"),
        ({"hands": json.dumps([{"what": "cell"}] * 17)}, "at most 16 hands"),
        ({"hands": '[{"what":"token","at":-1,"symbol":"x"}]'}, "an edit is"),
        ({"hands": '[{"what":"token","at":true,"symbol":"x"}]'}, "an edit is"),
        ({"hands": '[{"what":"cell","evil":1}]'}, "a hand has"),
        ({"hands": '[{"what":"cell","units":[-1]}]'}, "a hand has"),
        ({"hands": '[{"what":"cell","value":NaN}]'}, "finite number"),
        ({"hands": '[{"what":"forget","value":2}]'}, "lies in"),
        ({"hands": '[{"what":"cell","first":5,"last":4}]'}, "first ≤ last"),
    ],
)
def test_what_nobody_would_ask_is_refused_with_a_sentence(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_reading(wrong)


def test_a_run_outside_the_folder_of_runs_is_refused() -> None:
    with pytest.raises(RecordingError):
        read_reading({"model": "run:..:lstm"})
