from __future__ import annotations

import contextlib
import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.models.seq2seq_config import PRESETS, Seq2SeqConfig
from core.recordings.attention import LENGTH, TOKENS_RIGHT
from core.recordings.storage import RecordingWriter
from core.tasks.pairs import PairsConfig
from core.training.knobs import Knobs
from core.training.limits import Limits
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import MEASURED
from core.training.translation_moment import PairMoment
from core.training.translation_rows import translation_rows
from dashboard import attention_snippets, server
from dashboard.answering import snapshot
from dashboard.attention_asked import Hand, PairsAsked, pairs_question, read_laid, read_pairs_question, written_laid
from dashboard.attention_calls import tried_by_hand
from dashboard.attention_drawings import SEEN_PICTURES
from dashboard.attention_over_training import RECORDED_PICTURES
from dashboard.attention_readings import hand_sentence
from dashboard.attention_room import HAND_PICTURES, OF_EXAMPLE
from dashboard.attention_seen import reached, recording_of, seen_in, task_of_pairs
from dashboard.attention_shipped import PAIRS, shipped_name
from dashboard.widgets.attention_fields import SITUATIONS, config_of, pair_fields, values_of, values_of_situation
from dashboard.widgets.attention_lessons import attention_csv
from dashboard.widgets.attention_page import AttentionPage
from dashboard.widgets.attention_runs import RUNS
from dashboard.widgets.attention_side_sections import side_panels
from tests.dashboard.reading_server import port, shipped
from tests.dashboard.test_gates_pictures import numbers, picture

__all__ = ["port", "shipped"]
REVERSE = PAIRS["reverse"]
SMALL = TranslationConfig(
    PairsConfig("copy", min_length=4, max_length=5),
    (Seq2SeqConfig(hidden_size=6), Seq2SeqConfig(hidden_size=6, attention="none")),
    steps=3,
    batch_size=8,
)


@pytest.fixture(scope="module")
def run(port: int) -> str:
    server.runs_root().mkdir(exist_ok=True)
    with RecordingWriter.create(server.runs_root(), config=SMALL.to_dict(), seed=0) as writer:
        for row in translation_rows(SMALL, Knobs.of(SMALL), None):
            writer.append(row.step, row.scalars, row.records)
        writer.close()
        return writer.header.id


def test_a_question_comes_back_as_it_was_asked(tmp_path):
    hand = Hand("ABBA", "A", ((0, 3), (2, 1)))
    name, _, rest = pairs_question("by-hand", REVERSE, 1, 4, 50, hand).partition("?")
    found = read_pairs_question("by-hand", dict(parse_qsl(rest)), tmp_path)
    assert (name, found) == ("attention/by-hand", PairsAsked("by-hand", REVERSE, 1, 4, None, 50, hand))
    assert read_laid(written_laid(hand.laid)) == hand.laid


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_is_a_run_that_ships_and_its_controls_are_found_again(name, tmp_path):
    fields = pair_fields(Limits(), tmp_path)
    config = config_of(values_of_situation(name, fields))
    assert shipped_name(config) in PAIRS
    assert config_of({field.key: field.default for field in fields} | values_of(config)) == config


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("attention/absent?", 404, "no such picture"),
        ("attention/matrix?model=9", 400, "model must be in 0…0"),
        ("attention/matrix?example=99", 400, "example must be in 0…7"),
        ("attention/matrix?config=[", 400, "JSON"),
        ("attention/by-hand?laid=1", 400, "row-column"),
        ("attention/matrix?run=../../etc", 404, ""),
        ("attention/fusion?model=x", 400, "whole number"),
        (pairs_question("by-hand", SMALL, hand=Hand(laid=((0, 90),))), 400, "choose one of the source"),
        (pairs_question("by-hand", SMALL, model=1, hand=Hand(laid=((0, 0),))), 400, "needs a model with attention"),
        (pairs_question("film", SMALL), 400, "train a model first"),
        (pairs_question("matrix", replace(SMALL, batch_size=1000)), 400, "at most 256 examples"),
    ],
)
def test_what_nobody_can_ask_is_refused_in_words(port, question, status, says):
    code, answer = picture(port, question)
    assert code == status and says in answer["error"]


@pytest.mark.parametrize("name", [*SEEN_PICTURES, *RECORDED_PICTURES, *OF_EXAMPLE, *HAND_PICTURES])
def test_every_picture_of_a_run_that_ships_is_drawn_and_read_out(port, name):
    status, answer = picture(port, pairs_question(name, REVERSE, example=2))
    assert status == 200 and answer["figure"]["data"] and answer["reading"].strip().endswith((".", "nats"))


@pytest.mark.parametrize("name", [panel.question for show in RUNS for panel in side_panels(show, 1, 3)])
def test_every_picture_of_fusion_digits_and_cheating_is_drawn_and_read_out(port, name):
    status, answer = picture(port, name)
    assert status == 200 and answer["figure"]["data"] and answer["reading"].strip().endswith(".")


def test_before_training_the_models_are_shown_as_they_are_drawn(port):
    status, answer = picture(port, pairs_question("matrix", SMALL))
    assert status == 200 and answer["reading"].startswith("Before training.")
    status, answer = picture(port, pairs_question("matrix", SMALL, model=1))
    assert status == 200 and "attends to nothing" in answer["reading"]


def test_a_run_is_shown_at_its_step(port, run):
    asked = pairs_question("matrix", SMALL)
    before, after = (picture(port, f"{asked}&run={run}&step={step}")[1] for step in (0, 3))
    assert (before["step"], after["step"]) == (0, 3)
    cells = [numbers(one["figure"]["data"][0], "z") for one in (before, after)]
    assert cells[0].shape == cells[1].shape and not np.allclose(*cells)
    assert picture(port, f"{pairs_question('by-hand', SMALL)}&run={run}")[0] == 200


def test_the_mass_in_the_sentence_is_that_of_the_frames_added_up(port):
    _, answer = picture(port, pairs_question("matrix", REVERSE, example=0))
    weights = numbers(answer["figure"]["data"][0], "z").reshape(11, 11)
    mass = sum(weights[row, 9 - row] for row in range(10)) / 10
    assert f"**{mass:.3g}** of its attention lies in the frames; 0.0909 would" in answer["reading"]
    frames = [shape for shape in answer["figure"]["layout"]["shapes"] if shape["type"] == "rect"]
    assert [(round(one["x0"]), round(one["y0"])) for one in frames] == [(10 - row, row + 1) for row in range(10)]
    assert answer["strip"]["shape"] == [11, 11] and answer["strip"]["names"][-1] == "[stop]"


def test_without_a_hand_the_model_writes_what_its_recording_says():
    for place in range(4):
        tried = _tried(Hand(), place)
        with recording_of(PairsAsked("x", REVERSE)) as recording:
            answers = recording.record(f"{REVERSE.names[0]}/answers", None)
        length = len(tried.before.trace.target)
        np.testing.assert_array_equal(tried.before.trace.target, answers[place, :length])
        np.testing.assert_array_equal(tried.after.trace.target, tried.before.trace.target)


def test_a_row_laid_by_hand_looks_there_alone_and_says_what_stands_there():
    plain = _tried(Hand(), 0).before.trace
    for column in range(3):
        trace = _tried(Hand(laid=((0, column),)), 0).after.trace
        assert trace.weights[0].tolist() == np.eye(11)[column].tolist()
        assert trace.target[0] == plain.source[column]


def test_a_beginning_is_written_and_another_source_is_read():
    tried = _tried(Hand(source="ABBA", prefix="C"), 0)
    assert len(tried.after.trace.source) == 5 and len(tried.before.trace.source) == 11
    assert tried.after.trace.target[0] == 4 + "ABCDEFGH".index("C")
    assert "of the other source **“y”**" in hand_sentence(tried, ("x", "y"), [0], is_other_source=True)


def _tried(hand: Hand, example: int):
    asked = PairsAsked("by-hand", REVERSE, 0, example, hand=hand)
    with recording_of(asked) as recording:
        _, parameters = snapshot(recording, REVERSE.names[0], None)
    return tried_by_hand(PairMoment(REVERSE, 0, parameters), example, hand, Path())


def test_the_csv_holds_every_weight_of_every_shown_pair():
    values = {"a_at": 300, "a_model": 0, "a_example": 0, "show": "align"}
    rows = list(csv.DictReader(io.StringIO(attention_csv(AttentionPage(REVERSE, None, values)))))
    assert len(rows) == 2 * 8 * 11 * 11
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(2 * 8 * 11, rel=1e-4)
    true = [row for row in rows if row["is a true link"] == "1"]
    assert len(true) == 2 * 8 * 10 and all(row["written"] == row["read"] for row in true)


def test_the_pull_of_a_row_goes_by_attention_where_there_is_one(port):
    said = [picture(port, pairs_question("pull", PAIRS["bottleneck"], model, example=1))[1] for model in (0, 1)]
    assert "All of it comes through the one vector" in said[0]["reading"]
    assert "comes by attention, the rest through the decoder's first state" in said[1]["reading"]
    mass = []
    for one in said:
        shares = numbers(one["figure"]["data"][0], "z")
        frames = [shape for shape in one["figure"]["layout"]["shapes"] if shape["type"] == "rect"]
        shares = shares.reshape(len(frames) + 1, len(frames) + 1)
        inside = [shares[round(shape["y0"]) - 1, round(shape["x0"]) - 1] for shape in frames]
        mass.append(np.mean(inside))
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
        assert f"**{mass[-1]:.3g}** of a row's pull lies in the frames" in one["reading"]
    assert mass[1] > mass[0]


def test_names_that_change_places_are_counted(port):
    status, answer = picture(port, pairs_question("word-order", PAIRS["french-names"]))
    assert status == 200 and re.match(r"Attention crosses in \*\*3\d of 38\*\*", answer["reading"])
    status, answer = picture(port, pairs_question("word-order", SMALL))
    assert status == 200 and "No held-out pair" in answer["reading"]


def test_norms_are_spread_over_the_pairs_that_reach_so_far():
    config = TranslationConfig(PairsConfig("copy", min_length=2, max_length=5), (Seq2SeqConfig(hidden_size=6),))
    batch = task_of_pairs(config.task).held_out()
    lengths = batch.source_lengths[:MEASURED].tolist()
    counts, tokens = reached(config, "source")
    assert counts.tolist() == [sum(length > place for length in lengths) for place in range(6)]
    assert tokens == sum(batch.target_lengths[:MEASURED].tolist())


def test_what_ships_reaches_what_is_claimed_of_it():
    masses = {}
    for config, name in zip(REVERSE.models, REVERSE.names, strict=True):
        with recording_of(PairsAsked("x", REVERSE)) as recording:
            table = recording.scalars([f"{name}/gold_mass", f"{name}/held_out_tokens"]).iloc[-1]
        masses[config] = table[f"{name}/gold_mass"]
        assert table[f"{name}/held_out_tokens"] > 0.97
    assert masses[PRESETS["clean diagonal"]] > 0.7 > masses[PRESETS["textbook Bahdanau"]]
    with recording_of(PairsAsked("x", PAIRS["bottleneck"])) as recording:
        seen = seen_in(recording, PAIRS["bottleneck"], None)
    at_16 = [one.by_length[one.by_length[:, LENGTH] == 16][0, TOKENS_RIGHT] for _, one in seen.labelled()]
    assert at_16[1] - at_16[0] >= 0.3
    with recording_of(PairsAsked("x", PAIRS["dates-to-iso"])) as recording:
        assert recording.scalars(["lstm-dot-h128/held_out_strings"]).iloc[-1].item() >= 0.99


CODES = {
    "fusion": lambda: attention_snippets.FUSION_CODE.replace("range(200)", "range(2)"),
    "digits": lambda: attention_snippets.DIGITS_CODE.replace("range(301)", "range(2)"),
    "cheat": lambda: attention_snippets.CHEAT_CODE.replace("range(150)", "range(2)"),
}


@pytest.mark.parametrize("name", CODES)
def test_the_code_that_is_shown_runs(name):
    code, said = CODES[name](), io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, name, "exec"), SimpleNamespace(__name__="shown").__dict__)
    assert len(said.getvalue()) > 10 and code.count("\n") <= 40
