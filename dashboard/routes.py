"""HTTP beside Streamlit's own: scripts of the pages' hosts, a run's new rows, computed pictures, readings, exports.

A live page asks for what it has not seen, so an answer costs what is new, not the history.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.recordings.storage import RecordingError, check_run_id, export_csv, export_zip
from dashboard import server
from dashboard.answering import asked_endpoint
from dashboard.answers import MOST_STRIDE, rows_answer
from dashboard.plotly_script import plotly_script
from dashboard.readers import readers_of
from dashboard.scripts import script, scripts_version

if TYPE_CHECKING:
    from dashboard.asked import Analysis

KEPT = "public, max-age=31536000, immutable"
ACTIVE = ("queued", "running", "paused")


def plotly_js(request: Request) -> Response:
    """plotly.js; its address carries the version, so browsers keep it for a year."""
    plain, packed = plotly_script()
    headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    if "gzip" not in accepted:
        return Response(plain, media_type="text/javascript", headers=headers)
    return Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})


def script_js(request: Request) -> Response:
    """One of our own scripts; browsers keep that of the newest version, and else ask each time whether it changed."""
    path = script(request.path_params["name"])
    if path is None:
        return JSONResponse({"error": "There is no such script."}, 404)
    body = path.read_bytes()
    if request.path_params.get("version") == scripts_version():
        return Response(body, media_type="text/javascript", headers={"Cache-Control": KEPT})
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/javascript", headers=headers)


def rows(request: Request) -> Response:
    """Rows of a run after a step; see `rows_answer`. Watching keeps an unfinished run alive."""
    asked = request.query_params
    after = _whole(asked.get("after"), -1, -1, 2**53)
    stride = _whole(asked.get("stride"), 1, 1, MOST_STRIDE)
    sources = asked.getlist("source") or None
    with readers_of(server.runs_root()).reading(request.path_params["run_id"]) as recording:
        answer = rows_answer(recording, after, stride, sources)
    if answer["status"] in ACTIVE:
        server.jobs().watch(request.path_params["run_id"])
        answer["queue"] = server.jobs().queue_position(request.path_params["run_id"])
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _whole(given: str | None, default: int, lowest: int, highest: int) -> int:
    """A whole number from the address, held within its range; the default for anything else."""
    digits = (given or "").removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 16:
        return default
    return min(max(int(given or ""), lowest), highest)


def scalars_csv(request: Request) -> Response:
    """The run's scalars as CSV, one line a step."""
    table = io.StringIO()
    with readers_of(server.runs_root()).reading(request.path_params["run_id"]) as recording:
        export_csv(recording, table)
    return _download(table.getvalue().encode(), f"{request.path_params['run_id']}.csv", "text/csv; charset=utf-8")


def recording_zip(request: Request) -> Response:
    """The run's whole folder."""
    run_id = request.path_params["run_id"]
    check_run_id(run_id)
    return _download(export_zip(server.runs_root() / run_id), f"{run_id}.zip", "application/zip")


def _download(body: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def _with_errors_said(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The endpoint; a recording that cannot be read is 404 (410 if it was there a moment ago), with the sentence."""

    def answer(request: Request) -> Response:
        try:
            return endpoint(request)
        except RecordingError as error:
            status = 410 if "vanished" in str(error) else 404
            return JSONResponse({"error": str(error)}, status, headers={"Cache-Control": "no-store"})

    return answer


def _analyses() -> Mapping[str, Analysis]:
    """Those that a page may ask for; imported late, as their figures are slow to load."""
    from dashboard.analyses import ANALYSES

    return ANALYSES


def _late(room: str, name: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of a module of the dashboard that is imported at its first question, as torch is slow to load."""

    async def answer(request: Request) -> Response:
        endpoint: Callable[[Request], Awaitable[Response]] = getattr(import_module(f"dashboard.{room}"), name)
        return await endpoint(request)

    return answer


ROUTES = [
    Route("/unroll/asked/attention/{name}", _late("attention_room", "picture")),
    Route("/unroll/unrolled", _late("recurrence_room", "unroll")),
    Route("/unroll/asked/recurrence/{name}", _late("recurrence_room", "picture")),
    Route("/unroll/asked/embeddings/{name}", _late("embeddings_room", "embeddings")),
    Route("/unroll/asked/summed/{claim}", _late("summed_room", "claim")),
    Route("/unroll/search", _late("search_room", "search")),
    Route("/unroll/search/next", _late("search_room", "next_tokens")),
    Route("/unroll/search/attention", _late("search_room", "attention")),
    Route("/unroll/asked/gates/{name}", _late("reading_room", "gates")),
    Route("/unroll/asked/truncation/{name}", _late("truncation_room", "picture")),
    Route("/unroll/reading", _late("reading_room", "reading")),
    Route("/unroll/reading/plane", _late("reading_room", "plane")),
    Route("/unroll/asked/{name}", asked_endpoint(_analyses)),
    Route("/unroll/plotly.min.js", plotly_js),
    Route("/unroll/runs/{run_id}/rows", _with_errors_said(rows)),
    Route("/unroll/runs/{run_id}/export.csv", _with_errors_said(scalars_csv)),
    Route("/unroll/runs/{run_id}/recording.zip", _with_errors_said(recording_zip)),
    Route("/unroll/scripts/{version}/{name}", script_js),
    Route("/unroll/{name}", script_js),
]
