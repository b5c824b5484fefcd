"""GET /unroll/asked/embeddings/{name}: a picture of a table of embeddings, or of the words of a source of vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from core.recordings.storage import RecordNotFoundError
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Work, answer
from dashboard.asked import Asked, Drawn, read_question
from dashboard.desk import Call
from dashboard.embeddings_asked import SHIPPED, AskedWords, read_words
from dashboard.embeddings_calls import analogous_words, costs, initial_rows, similar_words, times_met
from dashboard.embeddings_drawings import (
    draw_analogy,
    draw_memory,
    draw_movement,
    draw_neighbours,
    draw_norms,
    draw_product,
    draw_similar,
    draw_space,
    draw_times,
    draw_treatments,
)
from dashboard.embeddings_sweeps import SHIPPED_TREATMENTS
from dashboard.embeddings_tables import Table, planned_table, run_table, shipped_table
from dashboard.packing import packed
from dashboard.readers import readers_of
from dashboard.replies import answered, refusal
from dashboard.summed_room import sweep_work

TABLES: dict[str, Callable[[Table, int], Drawn]] = {
    "space": draw_space,
    "neighbours": draw_neighbours,
    "norms": draw_norms,
    "product": draw_product,
}
"""Pictures of a table and a chosen token."""
COSTS = {"times": draw_times, "memory": draw_memory}
ANSWERS = 10
"""Words that a question about words is answered with."""


def table_work(asked: Asked) -> Work:
    """A picture of a table: of the shipped model, of a run at a step, else of the models before training."""
    draw, token = TABLES[asked.name.rpartition("/")[2]], int(asked.extra.get("token", 0))
    if SHIPPED in asked.extra:
        return Work(("shipped", asked.name, token), None, (), lambda _: draw(shipped_table(), token))
    table = _recorded(asked, is_change="change" in asked.extra)
    if table is not None:
        return Work((), table.step, body=packed(_dated(draw(table, token), table), table.step))
    model = asked.models[0]
    arguments = (asked.config, model, server.texts_root())
    key = ("answer", asked.name, token, *arguments)

    def drawn(results: list[np.ndarray]) -> Drawn:
        rows = results[0] if results else initial_rows(*arguments)
        return draw(planned_table(asked.config, model, rows), token)

    is_slow = asked.config.models[model].vectors  # else made in milliseconds, where a worker may be busy
    return Work(key, None, (_call(initial_rows, *arguments),) if is_slow else (), drawn)


def movement_work(asked: Asked) -> Work:
    """How far rows went, with the counts that a worker makes by drawing the batches again."""
    token, one = int(asked.extra.get("token", 0)), asked.config.models[asked.models[0]]
    table = _recorded(asked)
    if table is None or table.step is None:
        raise ValueError("Nothing has moved yet: this picture is of a run. Train one first.")
    call = _call(times_met, asked.config, table.step, server.texts_root())
    key = ("answer", asked.name, token, asked.models, asked.run_id, call.key)
    return Work(key, table.step, (call,), lambda met: _dated(draw_movement(table, token, met[0], one.frozen), table))


def _dated(drawn: Drawn, table: Table) -> Drawn:
    """The picture whose sentence says of which training step the rows are."""
    return replace(drawn, reading=f"At training step {table.step}. {drawn.reading}")


def _recorded(asked: Asked, is_change: bool = False) -> Table | None:
    """The table of a run; None without a run, and before its first row."""
    if asked.run_id is None:
        return None
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        try:
            return run_table(recording, asked.config, asked.models[0], asked.step, is_change)
        except RecordNotFoundError:
            return None


def _call(function: Callable, *arguments: Any) -> Call:
    key = (function.__name__, *arguments)
    return Call(key, call_within, (server.most_analysis_seconds(), function, *arguments))


def costs_work(name: str) -> Work:
    """Time or memory of both ways."""
    call = _call(costs)
    return Work(("answer", "embeddings", name), None, (call,), lambda found: COSTS[name](found[0]))


def similar_work(asked: AskedWords) -> Work:
    """The words nearest to one."""
    word = asked.words[0]
    call = _call(similar_words, asked.source, asked.size, word, ANSWERS, server.texts_root())
    return Work(("answer", call.key), None, (call,), lambda found: draw_similar(found[0], word))


def analogy_work(asked: AskedWords) -> Work:
    """The answers to an analogy."""
    call = _call(analogous_words, asked.source, asked.size, asked.words, ANSWERS, server.texts_root())
    return Work(("answer", call.key), None, (call,), lambda found: draw_analogy(found[0], asked.words))


async def _embeddings(request: Request) -> Response:
    name, given = request.path_params["name"], request.query_params

    def words(count: int) -> AskedWords:
        return read_words(given, given.getlist("word"), count)

    def asked() -> Asked:
        question = read_question(f"embeddings/{name}", given, server.runs_root())
        server.jobs().limits.check(question.config)
        return question

    works: dict[str, Callable[[], Work]] = {
        **{one: lambda: table_work(asked()) for one in TABLES},
        "movement": lambda: movement_work(asked()),
        **{one: partial(costs_work, one) for one in COSTS},
        "similar": lambda: similar_work(words(1)),
        "analogy": lambda: analogy_work(words(3)),
        "treatments": lambda: sweep_work(draw_treatments, str(SHIPPED_TREATMENTS), given.get("run")),
    }
    if name not in works:
        return refusal("There is no such picture; reload the page.", 404)
    return await answer(request, works[name])


embeddings = answered(_embeddings)
