from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest

from core.models.character_model import load_character_model
from core.probes.intervention import still_cell
from core.training.loop import train
from core.training.moment import Moment
from core.training.read_planes import read_planes
from core.training.reading import Passage
from dashboard import reading_choice, server
from dashboard.reading_asked import AskedReading, reading_question
from tests.dashboard.reading_server import CONFIG, TEXT, get, port, run, shipped

__all__ = ["port", "run", "shipped"]


def described(port: int, asked: AskedReading) -> dict:
    status, _, body = get(port, f"/unroll/reading?{reading_question(asked)}")
    assert status == 200, body
    return json.loads(body)


def plane(port: int, asked: AskedReading, gate: str, precision: str = "single") -> np.ndarray:
    path = f"/unroll/reading/plane?{reading_question(asked)}&gate={gate}&precision={precision}"
    status, headers, body = get(port, path)
    assert status == 200, body
    shape = [int(size) for size in headers["X-Shape"].split(",")]
    return np.frombuffer(body, "<f4" if precision == "single" else "<f2").reshape(shape)


def test_the_reading_of_the_shipped_model_is_what_it_read_and_expected(port: int, shipped: Path) -> None:
    passage = Passage(typed=TEXT)
    answer, here = described(port, AskedReading(passage=passage)), read_planes(shipped, passage, (), 0, 0, None)
    assert (answer["kind"], answer["steps"], answer["units"], answer["step"]) == ("lstm", len(TEXT), 8, None)
    assert "".join(answer["tokens"]) == TEXT and answer["gates"] == list(here.planes)
    assert answer["losses"][0] is None
    np.testing.assert_allclose(answer["losses"][1:], here.losses[1:], atol=1e-6)
    assert here.expected is not None
    assert [[symbol for symbol, _ in row] for row in answer["next"]] == [[s for s, _ in row] for row in here.expected]


def test_a_plane_holds_the_units_as_rows_in_both_precisions(port: int, shipped: Path) -> None:
    asked = AskedReading(passage=Passage(typed=TEXT))
    here = read_planes(shipped, asked.passage, (), 0, 0, None).planes
    for gate, values in here.items():
        assert (plane(port, asked, gate) == values.T).all()
        np.testing.assert_allclose(plane(port, asked, gate, "half"), values.T, rtol=1e-3, atol=1e-6)


def test_a_plane_is_compressed_where_that_is_taken_and_not_sent_twice(port: int) -> None:
    path = f"/unroll/reading/plane?{reading_question(AskedReading(passage=Passage(typed=TEXT)))}&gate=cell"
    plain, zipped = get(port, path), get(port, path, **{"Accept-Encoding": "gzip"})
    assert zipped[1]["Content-Encoding"] == "gzip" and gzip.decompress(zipped[2]) == plain[2]
    assert get(port, path, **{"If-None-Match": plain[1]["ETag"]})[0] == 304
    assert get(port, path.replace("cell", "input"))[1]["ETag"] != plain[1]["ETag"]


def test_hands_and_edits_are_in_the_reading(port: int) -> None:
    asked = AskedReading(passage=Passage(typed=TEXT, edits=((2, "x"),)), hands=still_cell(5))
    cell = plane(port, asked, "cell")
    assert (cell[:, 5:] == cell[:, 4:5]).all()
    answer = described(port, asked)
    assert answer["edited"] == [2] and answer["tokens"][2] == "x"


@pytest.mark.parametrize(("step", "found"), [(None, 2), (1, 0), (2, 2)])
def test_a_run_is_read_at_the_snapshot_before_the_step(port: int, run: str, step: int | None, found: int) -> None:
    asked = AskedReading(f"run:{run}:{CONFIG.names[0]}", step, Passage(example=1))
    answer, weights = described(port, asked), {row.step: row.models[0].parameters for row in train(CONFIG)}
    here = read_planes(Moment(CONFIG, 0, found, weights[found]), Passage(example=1), (), 0, 0, None)
    assert (answer["step"], answer["label"], answer["next"]) == (found, CONFIG.models[0].label, None)
    assert answer["gates"] == ["reset", "update", "new", "hidden"]
    assert [loss for loss in answer["losses"] if loss is not None] == [pytest.approx(here.losses[-1], abs=1e-6)]
    assert (plane(port, asked, "update") == here.planes["update"].T).all()


def test_each_layer_and_direction_is_its_own_plane(port: int, run: str) -> None:
    model = f"run:{run}:{CONFIG.names[1]}"
    planes = [plane(port, AskedReading(model, layer=layer, direction=d), "forget") for layer in (0, 1) for d in (0, 1)]
    assert len({values.tobytes() for values in planes}) == 4 and {values.shape for values in planes} == {(5, 8)}


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("?length=4001", 400, "from 1 to 4,000"),
        ("?layer=1", 400, "both count from 0"),
        ("?model=run:no-such-run:lstm", 404, "no-such-run"),
        ("?model=run:..:lstm", 404, "run"),
        ("?start=9999999", 400, "begin earlier"),
        ('?typed=ab&hands=[{"what":"reset"}]', 400, "choose one of these"),
        ("/plane?typed=ab&gate=reset", 400, "this model has input"),
        ("/plane?typed=ab&gate=cell&precision=double", 400, "half or single"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_a_status(port: int, path: str, status: int, says: str) -> None:
    answered, _, body = get(port, f"/unroll/reading{path}".replace('"', "%22"))
    assert answered == status and says in json.loads(body)["error"]


def test_a_reading_above_the_servers_limit_of_states_is_refused(port: int, run: str, monkeypatch) -> None:
    monkeypatch.setattr(server.jobs(), "limits", server.jobs().limits.__class__(max_states=1000))
    status, _, body = get(port, "/unroll/reading?length=126")
    assert status == 400 and "at most 1,000 hidden states, got 1,008" in json.loads(body)["error"]


def test_the_shipped_model_reads_two_thousand_characters_soon(monkeypatch, port: int) -> None:
    real = Path(reading_choice.__file__).resolve().parents[1] / "assets" / "character-lstm.safetensors"
    monkeypatch.setattr(reading_choice, "SHIPPED", real)
    reading_choice._shipped.cache_clear()
    started = time.perf_counter()
    asked = AskedReading(passage=Passage(length=2000))
    answer = described(port, asked)
    assert answer["units"] == load_character_model(real).config.hidden_size == plane(port, asked, "cell").shape[0]
    print(f"2,000 characters of 256 units: {time.perf_counter() - started:.2f} s")  # noqa: T201
    reading_choice._shipped.cache_clear()
