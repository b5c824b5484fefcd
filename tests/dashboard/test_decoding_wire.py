from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qsl, quote

import numpy as np
import pytest

from core.decoding import PRESETS, beam_search
from core.decoding.filters import Filters
from core.decoding.length_penalty import gnmt
from core.decoding.methods import search
from core.decoding.rules import Rules
from core.decoding.settings import METHODS, SearchSettings
from dashboard.decoding_asked import AskedSearch, read_search, search_question
from dashboard.decoding_sources import Source, opened_source
from tests.dashboard.reading_server import CONFIG, get, port, run, shipped

__all__ = ["port", "run", "shipped"]


def answer(port: int, asked: AskedSearch, path: str = "", **more: str) -> dict[str, Any]:
    extra = "".join(f"&{key}={quote(value)}" for key, value in more.items())
    status, _, body = get(port, f"/unroll/search{path}?{search_question(asked)}{extra}")
    assert status == 200, body
    return json.loads(body)


def test_the_tree_that_is_sent_is_the_one_that_core_grows(port: int) -> None:
    sent = answer(port, AskedSearch(settings=SearchSettings(size=2, max_length=4, rules=Rules(3))))
    preset = PRESETS["greedy-loses"]
    step, state = preset.model()
    here = beam_search(step, state, beam_size=2, max_length=4, eos=3, start=3, rules=preset.rules)
    nodes = sent["nodes"]
    assert sent["symbols"] == ["A", "B", "C", "[stop]"] and sent["prefix"] == [] and sent["steps"] == 4
    assert nodes["id"] == list(range(len(here.tree))) and nodes["parent"] == here.tree.parent.tolist()
    assert [sent["statuses"][code] for code in nodes["status"]] == [node.status for node in here.tree.nodes]
    assert [sent["reasons"][code] for code in nodes["reason"]] == [node.reason for node in here.tree.nodes]
    finite = np.isfinite(here.tree.log_prob)
    assert [value is not None for value in nodes["log_prob"]] == finite.tolist()
    sent_log_probs = np.array(nodes["log_prob"], dtype=float)
    np.testing.assert_allclose(sent_log_probs[finite], here.tree.log_prob[finite], rtol=1e-9)
    assert [tuple(one["tokens"]) for one in sent["hypotheses"]] == [one.tokens for one in here.hypotheses]
    assert sent["best"]["tokens"] == [0, 2, 1, 3] and "was found" in sent["best_status"]


def test_a_search_error_is_said_with_its_step_and_rank(port: int) -> None:
    sent = answer(port, AskedSearch(settings=SearchSettings("greedy", 1, 4, rules=Rules(3))))
    assert sent["best"]["node"] is None and [sent["nodes"]["token"][node] for node in sent["best"]["path"]] == [0, 2]
    assert "lost at step 2, where it ranked 2" in sent["best_status"]
    assert math.exp(sent["best"]["log_prob"]) == pytest.approx(0.054)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_served_and_its_mass_sums_to_one(port: int, method: str) -> None:
    sent = answer(port, AskedSearch(settings=SearchSettings(method, 2, 4, rules=Rules(3))))
    np.testing.assert_allclose(np.sum(sent["mass"], axis=1), 1, atol=1e-9)
    assert sent["hypotheses"] and len(sent["cuts"]) == sent["steps"]


def test_the_next_tokens_of_a_path_are_its_conditional_probabilities(port: int) -> None:
    asked = AskedSearch(settings=SearchSettings(max_length=4, rules=Rules(3), filters=Filters(top_k=2)))
    sent = answer(port, asked, "/next", tokens="0,2")
    np.testing.assert_allclose(np.exp(sent["log_probs"]), (0.1, 0.6, 0.2, 0.1))
    assert sent["tokens"] == [0, 2] and sent["filtered"] == [True, False, False, True]


def test_a_prefix_is_read_and_not_scored(port: int) -> None:
    sent = answer(port, AskedSearch(prefix="A C", settings=SearchSettings(size=1, max_length=2)))
    assert sent["prefix"] == [0, 2] and sent["hypotheses"][0]["tokens"][0] == 1
    assert sent["hypotheses"][0]["step_log_probs"][0] == pytest.approx(math.log(0.6))


def test_the_shipped_model_searches_as_it_does_in_core(port: int, shipped) -> None:
    asked = AskedSearch("shipped", prefix="def ", settings=SearchSettings(size=3, max_length=9))
    sent = answer(port, asked)
    opened = opened_source(Source("tiny", "", shipped), asked, None)
    here = search(opened.decoder, asked.settings)
    assert [tuple(one["tokens"]) for one in sent["hypotheses"]] == [one.tokens for one in here.hypotheses]
    assert "shipped" in sent["label"] and sent["symbols"][sent["end"]] == "\n"
    assert len(sent["nodes"]["id"]) == len(here.tree)


def test_a_run_that_predicts_no_next_symbol_says_so(port: int, run: str) -> None:
    model = f"run:{run}:{CONFIG.names[0]}"
    status, _, body = get(port, f"/unroll/search?model={model}&prefix=a")
    assert status == 400 and "trained on next character" in json.loads(body)["error"]


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("model=preset:none", 400, "a table is one of preset:greedy-loses"),
        ("model=shipped", 400, "type a prefix"),
        ("model=shipped&prefix=def&end=%C3%A9", 400, "got 'é'"),
        ("model=run:no-such-run:lstm&prefix=a", 404, "no-such-run"),
        ("prefix=A%20D", 400, "the model knows A B C [stop], got 'D'"),
        ("prefix=[stop]", 400, "nothing follows the end token"),
        ("size=65", 400, "from 1 to 64"),
        ("length=201", 400, "from 1 to 200"),
        ("method=astar", 400, "method must be one of"),
        ("semantics=mine", 400, "semantics must be one of"),
        ("penalty=gnmt&alpha=99", 400, "alpha must be a number"),
        ("penalty=mine", 400, "penalty is one of none, length, gnmt"),
        ("method=exhaustive&length=20", 400, "exhaustive_search may look at 200,000 candidates"),
        ("method=diverse&size=3&groups=2", 400, "groups must divide"),
        ("forced=9", 400, "prefix must be a token in 0…3"),
        ("temperature=nan", 400, "temperature is a number"),
        ("top_p=0", 400, "top_p"),
        ("size=x", 400, "size is a whole number"),
    ],
)
def test_what_cannot_be_searched_is_a_sentence_and_a_status(port: int, question: str, status: int, says: str) -> None:
    answered, _, body = get(port, f"/unroll/search?{question}")
    assert answered == status and says in json.loads(body)["error"]


@pytest.mark.parametrize(("tokens", "says"), [("4", "from 0 to 3"), ("0,3", "nothing follows"), ("a", "whole number")])
def test_next_tokens_of_no_hypothesis_are_refused(port: int, tokens: str, says: str) -> None:
    status, _, body = get(port, f"/unroll/search/next?tokens={tokens}")
    assert status == 400 and says in json.loads(body)["error"]


def test_a_question_written_is_the_question_read() -> None:
    settings = SearchSettings(
        "diverse", 6, 30, "fairseq", gnmt(0.6), Rules(2, 3, (1, 2)), Filters(0.7, 5, 0.9), 7, 3, 1.5, 4, coverage=0.3
    )  # fmt: skip
    for asked in (
        AskedSearch(),
        AskedSearch("shipped", None, "x = ", "", "", SearchSettings()),
        AskedSearch("preset:best-is-empty", None, "A", "", "\n", settings),
        AskedSearch(settings=SearchSettings(rules=Rules(0))),
    ):
        assert read_search(dict(parse_qsl(search_question(asked), keep_blank_values=True))) == asked
