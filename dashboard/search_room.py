"""Where models search on demand: the tree of a search and what may follow a hypothesis, from a worker, kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.training.translation_moment import PairMoment
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import desk_of, snapshot
from dashboard.decoding_asked import PROOF, AskedSearch, read_search, read_tokens
from dashboard.decoding_sources import Source
from dashboard.decoding_wire import attention_body, next_body, tree_body
from dashboard.desk import Call
from dashboard.readers import readers_of
from dashboard.reading_asked import AskedReading
from dashboard.reading_choice import choose
from dashboard.recorded_pairs import RecordedPairs, recorded
from dashboard.replies import answered, visitor_of, zipped

PATIENCE_SECONDS = 60.0
SHORT = 8
"""Tokens of a short answer."""


def source_of(asked: AskedSearch) -> Source:
    """Who is to decode; reads files.

    Errors: RecordingError for the run, ValueError for its model, LimitReached for one that is too large.
    """
    if asked.preset is not None:
        return Source(asked.preset, "a table of probabilities")
    pairs = recorded(asked.model)
    if pairs is not None:
        return _pairs_source(pairs, asked.step)
    chosen = choose(AskedReading(asked.model, asked.step))
    return Source(chosen.key, chosen.label, chosen.reader, chosen.step)


def _pairs_source(pairs: RecordedPairs, step: int | None) -> Source:
    """A model of pairs, at or before a training step."""
    if not pairs.ships:
        server.jobs().limits.check(pairs.config)
    with readers_of(pairs.root).reading(pairs.folder) as recording:
        found, parameters = snapshot(recording, pairs.name, step)
    model = pairs.config.names.index(pairs.name)
    key = (pairs.ships, pairs.folder, pairs.name, found, parameters is None)
    return Source(key, pairs.config.models[model].label, PairMoment(pairs.config, model, parameters), found)


def search_call(function: Callable[..., Any], source: Source, asked: AskedSearch, *more: Any) -> Call:
    """What a worker does about a search: `function(source, asked, *more, texts)`."""
    key = (function.__name__, source.key, asked, *more)
    arguments = (server.most_analysis_seconds(), function, source, asked, *more, server.texts_root())
    return Call(key, call_within, arguments)


def is_small(asked: AskedSearch) -> bool:
    """Whether a search takes milliseconds, so that no worker need be awaited: that of a short answer in a table."""
    return asked.preset is not None and asked.settings.max_length <= SHORT and asked.proof <= PROOF


def done_here(call: Call) -> Any:
    """The result of a small call, without a worker and so without its alarm."""
    _, function, *arguments = call.arguments
    return function(*arguments)


async def _body(request: Request, asked: AskedSearch, make: Callable[[], Call]) -> Response:
    call = await asyncio.to_thread(make)
    if is_small(asked):
        return zipped(request, await asyncio.to_thread(done_here, call))
    desk = desk_of(await asyncio.to_thread(server.analysis_pool))
    results = await desk.results(visitor_of(request), [call], PATIENCE_SECONDS)
    if results is None:
        raise TimeoutError("The server is busy and the search did not come; try again in a moment.")
    return zipped(request, results[0])


async def _search(request: Request) -> Response:
    asked = read_search(request.query_params)
    return await _body(request, asked, lambda: search_call(tree_body, source_of(asked), asked))


async def _next(request: Request) -> Response:
    asked, tokens = read_search(request.query_params), read_tokens(request.query_params.get("tokens", ""))
    return await _body(request, asked, lambda: search_call(next_body, source_of(asked), asked, tokens))


async def _attention(request: Request) -> Response:
    asked, tokens = read_search(request.query_params), read_tokens(request.query_params.get("tokens", ""))
    return await _body(request, asked, lambda: search_call(attention_body, source_of(asked), asked, tokens))


search = answered(_search)
"""GET /unroll/search: the tree with all that the search knew."""
next_tokens = answered(_next)
"""GET /unroll/search/next: what may follow a hypothesis."""
attention = answered(_attention)
"""GET /unroll/search/attention: where a model looked in its source while it wrote a hypothesis."""
