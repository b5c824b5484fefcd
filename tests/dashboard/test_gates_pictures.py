from __future__ import annotations

import json
import re
from urllib.parse import quote

import numpy as np
import pytest

from core.analysis.saturation import saturation
from core.models.character_model import load_character_model
from core.probes.intervention import Intervention, still_cell
from core.training.reading import Passage, read
from core.training.start import SHIPPED
from core.training.touch import path_between, touched
from dashboard.gates_analyses import GATES_ANALYSES
from dashboard.gates_asked import GatesQuestion, gates_question, read_gates_question
from dashboard.gates_calls import similar, unit_order
from dashboard.reading_asked import AskedReading
from tests.dashboard.reading_server import CONFIG, TEXT, get, port, run, shipped

__all__ = ["port", "run", "shipped"]
PASSAGE = Passage(typed=TEXT)


def picture(port: int, question: str) -> tuple[int, dict]:
    """Status and answer, asked again while it is 202."""
    while (found := get(port, f"/unroll/asked/{question}"))[0] == 202:
        assert set(json.loads(found[2])) <= {"place", "share"}
    return found[0], json.loads(found[2])


def numbers(trace: dict, axis: str) -> np.ndarray:
    """A trace's values, whether written out or packed."""
    values = trace[axis]
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).astype(float)
    return np.array(values, float)


def test_a_question_comes_back_as_it_was_asked() -> None:
    asked = AskedReading(passage=PASSAGE, hands=still_cell(3))
    name, _, rest = gates_question("path", asked, first=3, last=9, unit=7).partition("?")
    from urllib.parse import parse_qsl

    found = read_gates_question("path", dict(parse_qsl(rest, keep_blank_values=True)))
    assert (name, found) == ("gates/path", GatesQuestion("path", asked, {"first": "3", "last": "9", "unit": "7"}))


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("gates/absent?", 404, "no such picture"),
        ("gates/saturation?shut=2", 400, "shut lies in"),
        ("gates/saturation?shut=0.9&open=0.1", 400, "0 ≤ shut < open"),
        ("gates/saturation?unit=x", 400, "whole number"),
        ("gates/cells?property=evil", 400, "property is one of"),
        ("gates/path?first=0&last=300", 400, "at most 200"),
        ("gates/path?first=9&last=3&typed=abcdefghijkl", 400, "0 ≤ first < last"),
        ("gates/path?" + "&".join(f"n{place}=1" for place in range(13)), 400, "at most 12"),
        ("gates/chances?hands=" + quote('[{"what":"reset"}]'), 400, "choose one of these"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence_and_a_status(port: int, question: str, status: int, says: str) -> None:
    answered, answer = picture(port, question)
    assert answered == status and says in answer["error"]


def test_the_scatter_holds_each_units_shares_and_its_place(port: int, shipped) -> None:
    question = gates_question("saturation", AskedReading(passage=PASSAGE), shut=0.4, open=0.6, unit=5)
    status, answer = picture(port, question)
    trace = read(shipped, PASSAGE).trace
    assert status == 200 and answer["step"] is None
    for points, gate in zip(answer["figure"]["data"][::2], ("input", "forget", "candidate", "output"), strict=True):
        here = saturation(trace, gate, 0.4, 0.6)
        np.testing.assert_allclose(numbers(points, "x"), here.left[0, 0])
        np.testing.assert_allclose(numbers(points, "y"), here.right[0, 0])
        assert list(points["ids"]) == [f"0 0 {unit}" for unit in range(8)]
    assert "Forget f" in answer["reading"] or "forget" in answer["reading"].lower()


def test_the_cells_are_those_of_the_search_with_the_random_best_beside_them(port: int) -> None:
    asked = AskedReading(passage=Passage("python-reference"))
    status, answer = picture(port, gates_question("cells", asked, property="is_digit"))
    assert status == 200 and re.search(r"unit \*\*\d\*\* tells best what is \*\*digit\*\*", answer["reading"])
    ranked, held_out = answer["figure"]["data"]
    assert len(ranked["ids"]) == 8 and [one["name"] for one in answer["figure"]["layout"]["shapes"]] == [
        "best random direction, held out", "chance",
    ]  # fmt: skip
    assert f"AUC **{numbers(held_out, 'x')[0]:.3f}**" in answer["reading"]
    assert picture(port, gates_question("properties", asked))[0] == 200


def test_the_effect_and_the_chances_are_those_of_both_readings(port: int, shipped) -> None:
    hands = still_cell(5, 9)
    asked = AskedReading(passage=PASSAGE, hands=hands)
    here = touched(shipped, PASSAGE, hands, 7, 0, 0, None)
    status, answer = picture(port, gates_question("chances", asked, place=7))
    assert status == 200 and here.chances is not None
    shown = [np.max(numbers(trace, "x")) for trace in answer["figure"]["data"]]
    np.testing.assert_allclose(shown, [chance.max() for chance in here.chances])
    status, answer = picture(port, gates_question("effect", asked, place=7))
    np.testing.assert_allclose(numbers(answer["figure"]["data"][1], "y")[1:], here.losses[1][1:])
    status, answer = picture(port, gates_question("state", asked, place=7, unit=3))
    assert "**0**, exactly" in answer["reading"]
    np.testing.assert_allclose(numbers(answer["figure"]["data"][1], "y"), here.state[1][:, 3])


def test_the_path_is_the_product_against_the_measured_derivative(port: int, shipped) -> None:
    status, answer = picture(port, gates_question("path", AskedReading(passage=PASSAGE), first=2, last=9, unit=3))
    path = path_between(shipped, PASSAGE, 2, 9, 0, 0, None)
    assert status == 200
    np.testing.assert_allclose(numbers(answer["figure"]["data"][1], "x"), path.product)
    np.testing.assert_allclose(numbers(answer["figure"]["data"][1], "y"), np.abs(path.own))
    assert "unit **3** keeps" in answer["reading"]


def test_saturation_over_training_is_that_of_the_recorded_gates(port: int, run: str) -> None:
    asked = AskedReading(f"run:{run}:{CONFIG.names[0]}")
    status, answer = picture(port, gates_question("saturation-training", asked, shut=0.4, open=0.6))
    assert status == 200 and answer["step"] == 3
    assert len(answer["figure"]["data"]) == 6 and "From step 0 to 3" in answer["reading"]


def test_the_shipped_models_own_training_is_shown_too() -> None:
    question = GatesQuestion("saturation-training", AskedReading(), {})
    from dashboard.reading_choice import choose

    assert GATES_ANALYSES["saturation-training"](question, choose(AskedReading())).body is not None
    assert load_character_model(SHIPPED).config.cell == "lstm"


@pytest.mark.parametrize("by", ["index", "mean", "saturation", "likeness", "property"])
def test_an_order_holds_every_unit_once(shipped, by: str) -> None:
    order = unit_order(shipped, PASSAGE, ("forget", 0, 0), by, "is_digit", None)
    assert sorted(order) == list(range(8))


def test_the_order_by_a_property_begins_with_the_unit_that_goes_with_it(shipped) -> None:
    order = unit_order(shipped, PASSAGE, ("cell", 0, 0), "property", "position_in_line", None)
    cell, place = read(shipped, PASSAGE).plane("cell"), np.array([len(TEXT[:t + 1].split("\n")[-1]) for t in
                                                                 range(len(TEXT))])  # fmt: skip

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.array([(values < value).sum() + (values == value).sum() / 2 for value in values])

    figures = [np.corrcoef(ranks(cell[:, unit]), ranks(place))[0, 1] for unit in order]
    assert figures == sorted(figures, reverse=True)


def test_units_of_a_span_are_on_in_it_and_off_beside_it(shipped) -> None:
    values = np.tanh(read(shipped, PASSAGE).plane("cell"))
    units, found = similar(shipped, PASSAGE, ("cell", 0, 0), (4, 6), 0.05, None)
    assert all((values[4:7, unit] >= 0.05).all() and values[3, unit] < 0.05 > values[7, unit] for unit in units)
    assert all(one.first > 6 or one.last < 4 for one in found)


def test_a_hand_that_scales_by_one_moves_nothing(port: int) -> None:
    asked = AskedReading(passage=PASSAGE, hands=(Intervention("cell", "scale", 1.0),))
    status, answer = picture(port, gates_question("effect", asked, place=3))
    before, after = answer["figure"]["data"][:2]
    assert status == 200 and (numbers(before, "y")[1:] == numbers(after, "y")[1:]).all()
