"""The answer to a live figure's question: computed in a worker, drawn in a thread; the event loop only waits.

Axes: P parameters.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.recordings.storage import Recording, RecordingError, RecordNotFoundError
from core.training.config import TrainingConfig
from core.training.limits import LimitReached
from core.training.workers import WorkerDied, WorkerPool
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.asked import Analysis, Asked, Drawn, read_question
from dashboard.desk import Call, Desk, TooManyAsked
from dashboard.frontdoor import visitor_from
from dashboard.packing import packed
from dashboard.readers import readers_of

PATIENCE_SECONDS = 1.0
"""After so long the browser hears its place in the queue, and asks again."""
HEADERS = {"Cache-Control": "no-store"}
CLIENT_GONE = 499
STATUSES: dict[type[Exception], int] = {
    TooManyAsked: 429,
    LimitReached: 400,
    TimeoutError: 422,
    ValueError: 400,
    WorkerDied: 503,
}
"""Errors that a person can act on → HTTP status; RecordingError has its own, and all others are 500."""
Snapshot = tuple[int, np.ndarray | None]
"""Training step and parameters, shape (P,); None: as initialised."""
_log = logging.getLogger("unroll.answering")


@dataclass(frozen=True)
class Work:
    """What answers a question: calls of the worker and what is drawn from their results, or a picture drawn already."""

    asked: Asked
    step: int | None
    """Of the parameters, or the newest of the recording; None without a run."""
    calls: tuple[Call, ...] = ()
    body: bytes | None = None
    """As `packed` gives it."""

    @property
    def key(self) -> tuple:
        """Equal for works of equal answers."""
        asked = self.asked
        extra = tuple(sorted(asked.extra.items()))
        return ("answer", asked.name, asked.config, asked.models, extra, tuple(call.key for call in self.calls))


@lru_cache(maxsize=1)
def desk_of(pool: WorkerPool) -> Desk:
    """The one desk before a pool."""
    return Desk(pool)


def asked_endpoint(analyses: Callable[[], Mapping[str, Analysis]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers with one of these analyses. `analyses` is called at each question, to import late."""

    async def asked(request: Request) -> Response:
        try:
            analysis = analyses().get(request.path_params["name"])
            if analysis is None:
                return _refusal("There is no such picture; reload the page.", 404)
            return await _while_there(request, _answer(request, analysis))
        except RecordingError as error:
            return _refusal(str(error), 410 if "vanished" in str(error) else 404)
        except Exception as error:
            return _failure(error)

    return asked


async def _while_there(request: Request, answer: Coroutine[Any, Any, Response]) -> Response:
    """The answer; its work ends when the browser has gone."""
    answering, leaving = asyncio.ensure_future(answer), asyncio.ensure_future(_leaves(request))
    await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if answering.done():
        return answering.result()
    answering.cancel()
    return Response(status_code=CLIENT_GONE)


async def _leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _answer(request: Request, analysis: Analysis) -> Response:
    work = await asyncio.to_thread(_work, analysis, dict(request.query_params))
    if work.step is not None and str(work.step) == request.query_params.get("since"):
        return JSONResponse({"unchanged": True}, headers=HEADERS)
    if work.body is not None:
        return _answered(request, work.body)
    desk = desk_of(await asyncio.to_thread(server.analysis_pool))
    if work.key in desk.kept:
        return _answered(request, desk.kept.get(work.key))
    results = await desk.results(_visitor(request), work.calls, PATIENCE_SECONDS)
    if results is None:
        return JSONResponse({"place": desk.place(work.calls)}, 202, headers=HEADERS)
    body = await asyncio.to_thread(_drawn, analysis, work, results)
    desk.kept.put(work.key, body)
    return _answered(request, body)


def _drawn(analysis: Analysis, work: Work, results: list) -> bytes:
    assert analysis.draw is not None
    return packed(analysis.draw(work.asked, results, work.step), work.step)


def _visitor(request: Request) -> str:
    host = request.client.host if request.client else ""
    return visitor_from(request.headers.get("cookie")) or host


def _work(analysis: Analysis, given: Mapping[str, str]) -> Work:
    """What there is to do; reads files. Errors: ValueError, LimitReached, RecordingError."""
    asked = read_question(analysis.name, given, server.runs_root())
    server.jobs().limits.check(asked.config)
    if analysis.draw_run is not None:
        return _drawn_from_run(analysis.draw_run, asked)
    if asked.run_id is None:
        return Work(asked, None, tuple(_initial_call(analysis, asked, model) for model in asked.models))
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        found = [_snapshot(recording, asked, model) for model in asked.models]
    calls = [_call_in_run(analysis, asked, *place) for place in zip(asked.models, found, strict=True)]
    return Work(asked, found[0][0], tuple(calls))


def _drawn_from_run(draw_run: Callable[[Asked, Recording], Drawn], asked: Asked) -> Work:
    if asked.run_id is None:
        raise ValueError("This picture is drawn from a run, and none is shown; train one first.")
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        step = recording.last_step if asked.step is None else min(asked.step, recording.last_step)
        return Work(asked, step, body=packed(draw_run(asked, recording), step))


def _snapshot(recording: Recording, asked: Asked, model: int) -> Snapshot:
    """The newest at or before the step asked for; before the first one, the initial."""
    try:
        step, parameters = recording.dated_record(f"{asked.config.names[model]}/parameters", asked.step)
    except RecordNotFoundError:
        return 0, None
    assert isinstance(parameters, np.ndarray)
    return step, parameters


def _initial_call(analysis: Analysis, asked: Asked, model: int) -> Call:
    """The model before training. Its run is cut to it alone, so that another model's setting changes no key."""
    return _call(analysis, asked, replace(asked.config, models=(asked.config.models[model],)), 0)


def _call_in_run(analysis: Analysis, asked: Asked, model: int, snapshot: Snapshot) -> Call:
    return _call(analysis, asked, asked.config, model, *snapshot)


def _call(
    analysis: Analysis,
    asked: Asked,
    config: TrainingConfig,
    model: int,
    step: int = 0,
    parameters: np.ndarray | None = None,
) -> Call:
    from core.training.moment import Moment

    assert analysis.compute is not None
    places = (asked.layer, asked.direction, asked.example)
    run_id = None if parameters is None else asked.run_id
    moment = Moment(config, model, step, parameters)
    arguments = (server.most_analysis_seconds(), analysis.compute, moment, *places, server.texts_root())
    return Call((analysis.compute, run_id, config, model, step, places), call_within, arguments)


def _answered(request: Request, body: bytes) -> Response:
    headers = {**HEADERS, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(body), media_type="application/json", headers=headers)
    return Response(body, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})


def _refusal(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status, headers=HEADERS)


def _failure(error: Exception) -> Response:
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            why = f"The picture did not come: {error}; try again." if kind is WorkerDied else str(error)
            return _refusal(why, status)
    _log.error("An analysis failed.", exc_info=error)
    return _refusal("The picture could not be computed; the server's log says why.", 500)
