"""What every computed answer has in common: it is dropped when the browser leaves, and what fails is a sentence."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.recordings.storage import RecordingError
from core.training.limits import LimitReached
from core.training.workers import WorkerDied
from dashboard.desk import TooManyAsked
from dashboard.frontdoor import visitor_from

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
_log = logging.getLogger("unroll.answering")


def answered(answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of an answer: it ends when the browser has gone, and says what went wrong."""

    async def endpoint(request: Request) -> Response:
        try:
            return await _while_there(request, answer(request))
        except RecordingError as error:
            return refusal(str(error), 410 if "vanished" in str(error) else 404)
        except Exception as error:
            return _failure(error)

    return endpoint


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


def visitor_of(request: Request) -> str:
    """Who asks, for the limits per visitor: the browser's cookie, else its address."""
    host = request.client.host if request.client else ""
    return visitor_from(request.headers.get("cookie")) or host


def zipped(request: Request, body: bytes, media_type: str = "application/json", **headers: str) -> Response:
    """An answer that was compressed beforehand, unpacked for the rare client that does not take it so."""
    sent = {**HEADERS, "Vary": "Accept-Encoding", **headers}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(body), media_type=media_type, headers=sent)
    return Response(body, media_type=media_type, headers={**sent, "Content-Encoding": "gzip"})


def refusal(sentence: str, status: int) -> Response:
    """An error as pages show it."""
    return JSONResponse({"error": sentence}, status, headers=HEADERS)


def _failure(error: Exception) -> Response:
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            why = f"The picture did not come: {error}; try again." if kind is WorkerDied else str(error)
            return refusal(why, status)
    _log.error("An analysis failed.", exc_info=error)
    return refusal("The picture could not be computed; the server's log says why.", 500)
