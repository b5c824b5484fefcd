from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter, open_recording, read_header
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.limits import Limits
from core.training.loop import train
from core.training.rows import records, scalars
from dashboard import server, state
from dashboard.answering import Work
from dashboard.answers import rows_answer
from dashboard.asked import read_question
from dashboard.embeddings_asked import read_words, table_question, words_question
from dashboard.embeddings_calls import analogous_words
from dashboard.embeddings_explanations import EMBEDDINGS_LESSONS
from dashboard.embeddings_room import movement_work, table_work
from dashboard.widgets.embeddings_fields import (
    ANALOGIES,
    SECTIONS,
    SITUATIONS,
    config_of,
    embeddings_fields,
    situation,
    values_of,
)
from dashboard.widgets.embeddings_page import page_of
from dashboard.widgets.embeddings_table import table_csv
from dashboard.widgets.recent_runs import _place
from dashboard.widgets.run_controls import ShownRun
from tests.dashboard.test_views import text

RECALL = TrainingConfig(TaskConfig("recall", 5), (ModelConfig("gru", 4, embedding_size=2),), steps=2, batch_size=4)


def recorded(runs, config: TrainingConfig) -> str:
    with RecordingWriter.create(runs, config=config.to_dict(), seed=config.seed) as writer:
        for step in train(config):
            writer.append(step.step, scalars(step), records(step))
        writer.close(status="finished")
        return writer.header.id


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_opens_with_its_question_and_its_lesson(open_view, section: str) -> None:
    page = open_view("embeddings", show=section)
    said = text(page)
    assert EMBEDDINGS_LESSONS[section].question in said and EMBEDDINGS_LESSONS[section].trying.strip() in said
    assert not page.error and not page.warning and not page.exception


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_describes_a_run_that_the_server_takes(name: str, runs) -> None:
    fields = embeddings_fields(Limits(), server.texts_root())
    values = {field.key: field.default for field in fields} | situation(name, fields)
    config = config_of(values, server.texts_root())
    Limits().check(config)
    assert config_of(values | values_of(config), server.texts_root()) == config


def test_the_address_holds_what_was_chosen_and_gives_it_back(open_view) -> None:
    page = open_view("embeddings", e_who="own", e_task="recall", e_size="2", e_token="B")
    page.number_input(key="e_size").set_value(7).run()
    query = {key: value if isinstance(value, str) else value[0] for key, value in page.query_params.items()}
    assert query | {"e_who": "own", "e_task": "recall", "e_size": "7", "e_token": "B"} == query
    assert not page.error and not page.exception


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"e_size": "1"}, "Numbers of a row E must be"), ({"e_vectors": "/etc/passwd"}, "Vectors must be one of")],
)
def test_what_an_address_may_not_say_is_told_and_the_page_stays(open_view, wrong: dict, says: str) -> None:
    page = open_view("embeddings", **wrong)
    assert says in page.warning[0].value and not page.error


def test_a_token_that_the_table_lacks_falls_back_to_one_it_has(open_view) -> None:
    page = open_view("embeddings", e_who="own", e_task="recall", e_token="list")
    assert page.selectbox(key="e_token").value == "A" and not page.exception


def test_too_many_words_for_the_timesteps_are_an_error_with_a_remedy(open_view) -> None:
    page = open_view("embeddings", e_who="own", e_task="next_word", e_words="5000", e_T="100")
    assert "choose T ≤ 20" in page.error[0].value


def test_a_run_in_the_address_sets_the_controls_and_a_change_leaves_it(open_view, runs) -> None:
    run = recorded(runs, RECALL)
    page = open_view("embeddings", run=run)
    assert page.session_state["e_task"] == "recall" and page.session_state["e_size"] == 2
    assert page.session_state[state.EMBEDDINGS_RUN] == run and not page.exception
    page.number_input(key="e_size").set_value(3).run()
    assert page.session_state[state.EMBEDDINGS_RUN] is None and "run" not in page.query_params


def test_any_run_with_tokens_is_shown_and_one_of_numbers_is_not(open_view, runs) -> None:
    other = recorded(runs, replace(RECALL, models=(ModelConfig("relu_rnn", 4, layers=2), ModelConfig("gru", 4))))
    page = open_view("embeddings", run=other)
    assert page.session_state[state.EMBEDDINGS_RUN] == other and not page.exception and not page.error
    adding = recorded(runs, replace(RECALL, task=TaskConfig("adding", 5), models=(ModelConfig("gru", 4),)))
    assert open_view("embeddings", run=adding).session_state[state.EMBEDDINGS_RUN] is None


def test_a_run_of_words_is_linked_to_this_page(runs) -> None:
    run = recorded(runs, RECALL)
    assert _place(server_header(run))[0] == "views/embeddings.py"


def server_header(run: str):
    return read_header(server.runs_root() / run)


def is_drawn_at_once(work: Work) -> bool:
    """Whether no worker is asked, and there is a picture with a sentence."""
    return not work.calls and work.draw is not None and bool(work.draw([]).reading)


def test_a_question_says_run_or_config_or_the_shipped_model(runs) -> None:
    run = recorded(runs, RECALL)
    name, _, query = table_question("space", RECALL, token=3).partition("?")
    given = dict(pair.split("=", 1) for pair in query.split("&"))
    asked = read_question(name, {**given, "config": "{}", "run": run, "step": "1"}, server.runs_root())
    work = table_work(asked)
    assert work.step == 1 and work.body
    assert is_drawn_at_once(table_work(replace(asked, run_id=None)))
    with_vectors = ModelConfig("gru", 4, embedding_size=50, vectors="counted")
    assert table_work(replace(asked, run_id=None, config=replace(RECALL, models=(with_vectors,)))).calls
    shipped = replace(asked, run_id=None, extra={"shipped": 1.0, "token": 20.0})
    assert table_work(shipped).step is None and is_drawn_at_once(table_work(shipped))
    with pytest.raises(ValueError, match="Nothing has moved yet"):
        movement_work(replace(asked, run_id=None))


@pytest.mark.parametrize(
    ("given", "words", "said"),
    [
        ({"source": "/etc/passwd", "size": "50"}, ["a"], "a source of vectors is one of the page's"),
        ({"source": "counted", "size": "9999"}, ["a"], "vectors have 1 to 512 numbers"),
        ({"source": "counted", "size": "50"}, [""], "a word has 1 to 40 letters"),
        ({"source": "counted", "size": "50"}, ["a", "b"], "about 1 words, got 2"),
    ],
)
def test_a_question_about_words_is_checked(given: dict, words: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_words(given, words, 1)


def test_words_are_written_into_a_question_as_they_are() -> None:
    assert words_question("analogy", "counted", 50, ("a", "ä", "c&d")).endswith("word=a&word=%C3%A4&word=c%26d")


def test_the_table_to_take_home_is_that_of_the_run(runs) -> None:
    run = recorded(runs, RECALL)
    header = server_header(run)
    page = page_of(ShownRun(header, RECALL, False), {"e_who": "own", "e_which": 1})
    header_line, *lines = table_csv(page).splitlines()
    assert header_line == "token,share,across,up,w1,w2" and [line[0] for line in lines] == list("ABCDEFGH")
    numbers = np.array([line.split(",")[1:] for line in lines], float)
    last = list(train(RECALL))[-1].models[0].parameters[:16].reshape(8, 2)
    np.testing.assert_allclose(numbers[:, 3:], last, rtol=1e-6)
    np.testing.assert_allclose(numbers[:, 1:3], last, rtol=1e-6)


def test_a_page_whose_pictures_need_no_rows_is_sent_none_of_their_arrays(runs) -> None:
    run = recorded(runs, RECALL)
    with open_recording(runs / run) as recording:
        rows = rows_answer(recording, sources=[""])["rows"]
    assert [row["step"] for row in rows] == [0, 1, 2] and not any(row["arrays"] or row["scalars"] for row in rows)


@pytest.mark.parametrize("name", ANALOGIES)
def test_each_example_of_an_analogy_sets_its_words(open_view, name: str) -> None:
    page = open_view("embeddings", show="words", e_a="day")
    assert page.session_state["e_analogy"] is None
    page.button_group(key="e_analogy").set_value(name).run()
    assert not page.error and tuple(page.text_input(key=f"e_{one}").value for one in "abc") == ANALOGIES[name]
    assert page.session_state["e_analogy"] == name


def test_the_examples_with_counted_vectors_come_out_but_for_the_one_that_fails() -> None:
    answers = {"Plural": "functions", "Greatest": "maximum", "Where it ends": "end", "In and out": "write"}
    for name, answer in answers.items():
        assert analogous_words("counted", 50, ANALOGIES[name], 1, None).words == (answer,)
    assert analogous_words("counted", 50, ANALOGIES["One that fails"], 1, None).words != ("write",)
