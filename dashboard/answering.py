"""The answer to a live figure's question: computed in a worker, drawn in a thread; the event loop only waits.

Axes: P parameters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.recordings.storage import Recording, RecordNotFoundError
from core.training.config import TrainingConfig
from core.training.workers import WorkerPool
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.asked import Analysis, Asked, Drawn, read_question
from dashboard.desk import Call, Desk
from dashboard.packing import packed
from dashboard.readers import readers_of
from dashboard.replies import HEADERS, answered, refusal, visitor_of, zipped

PATIENCE_SECONDS = 1.0
"""After so long the browser hears its place in the queue, and asks again."""
Snapshot = tuple[int, np.ndarray | None]
"""Training step and parameters, shape (P,); None: as initialised."""


@dataclass(frozen=True)
class Work:
    """What answers a question: calls of the worker and what is drawn from their results, or a picture drawn already."""

    key: tuple
    """Equal for works of equal answers."""
    step: int | None
    """Of the parameters, or the newest of the recording; None without a run."""
    calls: tuple[Call, ...] = ()
    draw: Callable[[list], Drawn] | None = None
    """One result a call → picture."""
    body: bytes | None = None
    """In place of both: as `packed` gives it."""
    share: Callable[[], float | None] = lambda: None
    """How much of the calls is done by now, in [0, 1]; None if nobody knows."""


@lru_cache(maxsize=1)
def desk_of(pool: WorkerPool) -> Desk:
    """The one desk before a pool."""
    return Desk(pool)


def asked_endpoint(analyses: Callable[[], Mapping[str, Analysis]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers with one of these analyses. `analyses` is called at each question, to import late."""

    async def asked(request: Request) -> Response:
        analysis = analyses().get(request.path_params["name"])
        if analysis is None:
            return refusal("There is no such picture; reload the page.", 404)
        return await answer(request, partial(_work, analysis, dict(request.query_params)))

    return answered(asked)


async def answer(request: Request, make_work: Callable[[], Work]) -> Response:
    """The answer to one question. `make_work`, called in a thread, says what there is to do, and may read files."""
    work = await asyncio.to_thread(make_work)
    if work.step is not None and str(work.step) == request.query_params.get("since"):
        return JSONResponse({"unchanged": True}, headers=HEADERS)
    if work.body is not None:
        return zipped(request, work.body)
    desk = desk_of(await asyncio.to_thread(server.analysis_pool))
    if work.key in desk.kept:
        return zipped(request, desk.kept.get(work.key))
    results = await desk.results(visitor_of(request), work.calls, PATIENCE_SECONDS)
    if results is None:
        return JSONResponse(_standing(desk, work), 202, headers=HEADERS)
    body = await asyncio.to_thread(_drawn, work, results)
    desk.kept.put(work.key, body)
    return zipped(request, body)


def _standing(desk: Desk, work: Work) -> dict[str, float]:
    """Place in the queue, and the share that is done where it is known."""
    place, share = desk.place(work.calls), work.share()
    return {"place": place} if share is None else {"place": place, "share": round(share, 3)}


def _drawn(work: Work, results: list) -> bytes:
    assert work.draw is not None
    return packed(work.draw(results), work.step)


def _work(analysis: Analysis, given: Mapping[str, str]) -> Work:
    """What there is to do; reads files. Errors: ValueError, LimitReached, RecordingError."""
    asked = read_question(analysis.name, given, server.runs_root())
    server.jobs().limits.check(asked.config)
    if analysis.draw_run is not None:
        return _drawn_from_run(analysis.draw_run, asked)
    if asked.run_id is None or analysis.is_initial:
        step = None if asked.run_id is None else 0
        return _to_draw(analysis, asked, step, [_initial_call(analysis, asked, model) for model in asked.models])
    names = [asked.config.names[model] for model in asked.models]
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        found = [snapshot(recording, name, asked.step) for name in names]
    calls = [_call_in_run(analysis, asked, *place) for place in zip(asked.models, found, strict=True)]
    return _to_draw(analysis, asked, found[0][0], calls)


def _to_draw(analysis: Analysis, asked: Asked, step: int | None, calls: list[Call]) -> Work:
    extra = tuple(sorted(asked.extra.items()))
    key = ("answer", asked.name, asked.config, asked.models, extra, tuple(call.key for call in calls))
    return Work(key, step, tuple(calls), lambda results: _dated(analysis, asked, results, step))


def _dated(analysis: Analysis, asked: Asked, results: list, step: int | None) -> Drawn:
    """The picture; of a run its sentence says the step of the parameters, which may lie before the one asked for."""
    assert analysis.draw is not None
    drawn = analysis.draw(asked, results, step)
    is_of_step = step is not None and not analysis.is_initial
    return replace(drawn, reading=f"At training step {step}. {drawn.reading}") if is_of_step else drawn


def _drawn_from_run(draw_run: Callable[[Asked, Recording], Drawn], asked: Asked) -> Work:
    if asked.run_id is None:
        raise ValueError("This picture is drawn from a run, and none is shown; train one first.")
    with readers_of(server.runs_root()).reading(asked.run_id) as recording:
        step = recording.last_step if asked.step is None else min(asked.step, recording.last_step)
        return Work((), step, body=packed(draw_run(asked, recording), step))


def snapshot(recording: Recording, name: str, step: int | None) -> Snapshot:
    """A model's newest parameters at or before the step asked for; before the first ones, the initial."""
    try:
        found, parameters = recording.dated_record(f"{name}/parameters", step)
    except RecordNotFoundError:
        return 0, None
    assert isinstance(parameters, np.ndarray)
    return found, parameters


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
