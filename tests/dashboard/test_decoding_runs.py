from __future__ import annotations

import json
import math
from urllib.parse import quote

import numpy as np
import pytest
import torch

from core.decoding.settings import SearchSettings
from core.models.config import ModelConfig
from core.models.seq2seq_config import Seq2SeqConfig
from core.models.seq2seq_step import seq2seq_step
from core.recordings.storage import RecordingWriter, open_recording
from core.tasks.config import TaskConfig
from core.tasks.pairs import PairsConfig
from core.training.config import TrainingConfig
from core.training.kinds import rows
from core.training.knobs import Knobs
from core.training.translation_config import TranslationConfig
from core.training.translation_moment import PairMoment, opened_pairs
from dashboard import server
from dashboard.attention_shipped import PAIRS as SHIPPED_PAIRS
from dashboard.decoding_asked import AskedSearch, search_question
from dashboard.decoding_calls import account
from dashboard.decoding_snippets import plain_code, search_code
from dashboard.search_room import source_of
from dashboard.shipped_pairs import shipped_models
from tests.dashboard.reading_server import get, port, shipped

__all__ = ["port", "shipped"]
PAIRS = TranslationConfig(
    PairsConfig("reverse", 3, 5, 8), (Seq2SeqConfig("gru", 8, attention="dot"),), steps=2, batch_size=4
)
WORDS = TrainingConfig(TaskConfig("next_word", length=8), (ModelConfig("gru", 6),), steps=1, batch_size=2)


def recorded(config: TranslationConfig | TrainingConfig) -> str:
    server.runs_root().mkdir(exist_ok=True)
    with RecordingWriter.create(server.runs_root(), config=config.to_dict(), seed=0) as writer:
        for row in rows(config, Knobs.of(config), None):
            writer.append(row.step, row.scalars, row.records)
        writer.close(status="finished")
        return writer.header.id


@pytest.fixture(scope="module")
def pairs(port: int) -> str:
    return recorded(PAIRS)


def searched(port: int, run: str, name: str, **more: str) -> dict:
    return searched_by(port, f"run:{run}:{name}", **more)


def searched_by(port: int, model: str, **more: str) -> dict:
    rest = "".join(f"&{key}={quote(value)}" for key, value in more.items())
    status, _, body = get(port, f"/unroll/search?model={model}{rest}")
    assert status == 200, body
    return json.loads(body)


def test_a_model_of_pairs_is_searched_as_it_scores_by_teacher_forcing(port: int, pairs: str) -> None:
    name = PAIRS.names[0]
    sent = searched(port, pairs, name, source="ABCD", size="3", length="5")
    with open_recording(server.runs_root() / pairs) as recording:
        _, parameters = recording.dated_record(f"{name}/parameters")
    opened = opened_pairs(PairMoment(PAIRS, 0, parameters))
    source = torch.tensor([opened.task.encode("ABCD")])
    assert sent["symbols"] == list(opened.task.target_symbols) and sent["end"] == 2 and sent["step"] == 2
    for one in sent["hypotheses"]:
        fed = torch.tensor([[1, *one["tokens"][:-1]]])
        log_probs = opened.model(source, torch.tensor([source.shape[1]]), fed).log_softmax(-1)[0]
        forced = log_probs.gather(1, torch.tensor(one["tokens"])[:, None]).sum()
        assert float(forced) == pytest.approx(one["log_prob"], abs=1e-6)


@pytest.mark.parametrize("prefix", ["", "D"])
def test_the_attention_of_any_hypothesis_is_what_the_decoder_gathers_token_by_token(
    port: int, pairs: str, prefix: str
) -> None:
    name, tokens = PAIRS.names[0], (5, 7, 2)
    question = f"model=run:{pairs}:{name}&source=ABCD&prefix={prefix}"
    status, _, body = get(port, f"/unroll/search/attention?{question}&tokens={','.join(map(str, tokens))}")
    assert status == 200, body
    with open_recording(server.runs_root() / pairs) as recording:
        opened = opened_pairs(PairMoment(PAIRS, 0, recording.dated_record(f"{name}/parameters")[1]))
    step, state = seq2seq_step(opened.model, opened.task.encode("ABCD"))
    before = opened.task.target.encode(prefix)[:-1]
    gathered = []
    for token in (1, *before, *tokens[:-1]):
        _, after = step(state, torch.tensor([token]))
        gathered.append((after.coverage - state.coverage)[0].numpy())
        state = after
    np.testing.assert_allclose(json.loads(body)["weights"], gathered[len(before) :], atol=1e-5)


def test_a_model_without_attention_says_that_it_looks_nowhere(port: int) -> None:
    model = f"shipped:bottleneck:{SHIPPED_PAIRS['bottleneck'].names[0]}"
    assert searched_by(port, model)["source"] is None
    status, _, body = get(port, f"/unroll/search/attention?model={model}&tokens=4")
    assert status == 400 and "attention needs a model that attends" in json.loads(body)["error"]


@pytest.mark.parametrize("model", shipped_models())
def test_each_model_that_ships_is_searched_and_its_code_gives_the_same(port: int, model: str) -> None:
    asked = AskedSearch(model, settings=SearchSettings(size=2, max_length=12))
    sent = searched_by(port, model, size="2", length="12")
    names: dict = {}
    exec(search_code(asked, True), names)  # the code that the page shows
    assert [list(one.tokens) for one in names["search"].hypotheses] == [one["tokens"] for one in sent["hypotheses"]]
    assert plain_code(asked) is None


def test_what_a_model_of_pairs_does_not_know_is_read_as_unknown_and_shown_so() -> None:
    asked = AskedSearch("shipped:french-names:lstm-dot-h128", source="日 Pound", settings=SearchSettings(size=1))
    found = account(source_of(asked), asked, None)
    assert found.read == "[unk] Pound" and found.hypotheses


def test_what_does_not_ship_is_said(port: int) -> None:
    status, _, body = get(port, "/unroll/search?model=shipped:reverse:lstm")
    assert status == 400 and "the models that ship are shipped:reverse:" in json.loads(body)["error"]


def test_a_coverage_penalty_is_in_the_score_of_a_model_with_attention_alone(port: int, pairs: str) -> None:
    plain = searched(port, pairs, PAIRS.names[0], source="ABCD", length="6", size="3")["hypotheses"]
    sent = searched(port, pairs, PAIRS.names[0], source="ABCD", length="6", size="3", coverage="2")
    assert (
        all(one["score"] < one["log_prob"] for one in sent["hypotheses"]) and plain[0]["score"] == plain[0]["log_prob"]
    )
    assert sent["best"] is None and "coverage" in sent["best_status"]
    status, _, body = get(port, "/unroll/search?coverage=1&method=beam")
    assert status == 400 and "needs attention" in json.loads(body)["error"]


def test_without_a_source_the_first_held_out_is_read_and_a_prefix_is_of_the_target(port: int, pairs: str) -> None:
    sent = searched(port, pairs, PAIRS.names[0], prefix="AB", length="4")
    task = opened_pairs(PairMoment(PAIRS, 0)).task
    assert sent["prefix"] == task.target.encode("AB")[:-1]
    first = task.source.print(task.held_out().source[0].tolist())
    assert searched(port, pairs, PAIRS.names[0], prefix="AB", length="4", source=first)["nodes"] == sent["nodes"]


def test_the_code_shown_of_a_run_finds_what_the_server_found(port: int, pairs: str, tmp_path, monkeypatch) -> None:
    words = recorded(WORDS)
    monkeypatch.chdir(server.runs_root().parent)
    for asked, has_source in (
        (AskedSearch(f"run:{pairs}:{PAIRS.names[0]}", 2, "A", settings=SearchSettings(size=3, max_length=4)), True),
        (AskedSearch(f"run:{pairs}:{PAIRS.names[0]}", 2, source="ABC", settings=SearchSettings("greedy")), True),
        (AskedSearch(f"run:{pairs}:{PAIRS.names[0]}", 2, settings=SearchSettings(coverage=0.5)), True),
        (AskedSearch(f"run:{words}:{WORDS.names[0]}", 0, "the value", settings=SearchSettings(max_length=4)), False),
    ):
        names: dict = {}
        exec(search_code(asked, has_source), names)  # the code that the page shows
        status, _, body = get(port, f"/unroll/search?{search_question(asked)}")
        assert status == 200, body
        sent = json.loads(body)["hypotheses"]
        assert [list(one.tokens) for one in names["search"].hypotheses] == [one["tokens"] for one in sent]


def test_a_model_of_words_reads_words_and_ends_at_a_full_stop(port: int) -> None:
    run = recorded(WORDS)
    sent = searched(port, run, WORDS.names[0], prefix="The value of", length="4")
    assert [sent["symbols"][token] for token in sent["prefix"]] == ["the", "value", "of"]
    assert sent["symbols"][sent["end"]] == "."
    assert math.fsum(np.exp(sent["nodes"]["step_log_prob"][1:5])) < 1


@pytest.mark.parametrize(("question", "says"), [("&source=%20", "something to read"), ("2", "the run has the models")])
def test_what_pairs_cannot_be_asked_is_said(port: int, pairs: str, question: str, says: str) -> None:
    status, _, body = get(port, f"/unroll/search?model=run:{pairs}:{PAIRS.names[0]}{question}")
    assert status == 400 and says in json.loads(body)["error"]
