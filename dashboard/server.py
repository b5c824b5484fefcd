"""What lives as long as the server: the training jobs, the open recordings, the visitor's cookie."""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

if TYPE_CHECKING:
    from core.training.jobs import Jobs
    from core.training.workers import WorkerPool

VISITOR_COOKIE = "unroll_visitor"
COOKIE_ATTRIBUTES = "Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
MOST_WORKERS = 8

_log = logging.getLogger("unroll.server")
_lock = threading.Lock()
_jobs: Jobs | None = None
_pool: WorkerPool | None = None


def runs_root() -> Path:
    """Folder of the recordings: `UNROLL_RUNS`, else `runs` where the server was started."""
    return Path(os.environ.get("UNROLL_RUNS") or "runs").resolve()


def texts_root() -> Path:
    """Folder of the visitors' own texts, beside the runs."""
    return runs_root() / "texts"


def worker_count() -> int:
    """Training processes: `UNROLL_WORKERS`, else one for each core, at most 8. Errors: ValueError for other text."""
    given = os.environ.get("UNROLL_WORKERS")
    if not given:
        return min(os.cpu_count() or 1, MOST_WORKERS)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 64:
        raise ValueError(f"UNROLL_WORKERS must be a whole number in 1…64, got {given!r}; set one or unset it.")
    return int(given)


def jobs() -> Jobs:
    """The process's one `Jobs`, made at the first call: at server start, or by a test of a page without a server."""
    global _jobs, _pool
    with _lock:
        if _jobs is None:
            from core.training.jobs import Jobs
            from core.training.limits import Limits
            from core.training.workers import WorkerPool

            slots, limits, root = worker_count(), Limits.from_environment(), runs_root()
            _pool = WorkerPool(slots)
            _jobs = Jobs(root, _pool, slots, limits, texts_root())
            atexit.register(close_jobs)
        return _jobs


def close_jobs() -> None:
    """Mark the unfinished runs and end the workers; harmless when there are none."""
    global _jobs, _pool
    with _lock:
        jobs_, pool, _jobs, _pool = _jobs, _pool, None, None
    if jobs_ is not None:
        jobs_.close()
    if pool is not None:
        pool.shutdown(cancel_futures=True)


def _warm() -> None:
    """Start the workers and load what the first page needs, so that it opens at once."""
    from dashboard import routes

    try:
        jobs()
        routes.plotly_script()
        import pandas  # noqa: F401
        import plotly.graph_objects  # noqa: F401
        import torch

        torch.set_num_threads(1)
    except Exception:
        _log.exception("The server could not warm up; the first page will say why.")
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warm up in a thread, so that the server answers meanwhile; at the end stop everything that it started."""
    warming = asyncio.get_running_loop().run_in_executor(None, _warm)
    try:
        yield
    finally:
        await warming
        await asyncio.to_thread(close_jobs)


class Frontdoor:
    """ASGI middleware: known hosts only, a random visitor cookie with pages, no sniffing, no foreign frames."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on; HTTP answers leave with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not is_host_allowed(headers.get("host")):
            refusal = PlainTextResponse("This host name is not in server.allowedHosts.", status_code=400)
            await refusal(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _add_headers(answer: MutableHeaders, request: Headers) -> None:
    from dashboard import routes

    answer.setdefault("X-Content-Type-Options", "nosniff")
    answer.setdefault("X-Frame-Options", "SAMEORIGIN")
    answer.setdefault("Referrer-Policy", "same-origin")
    if "text/html" not in request.get("accept", ""):  # a page is asked for by a person's navigation
        return
    answer.append("Link", routes.PRELOAD)
    if visitor_from(request.get("cookie")) is None:
        answer.append("Set-Cookie", f"{VISITOR_COOKIE}={secrets.token_urlsafe(16)}; {COOKIE_ATTRIBUTES}")


def visitor_from(cookie: str | None) -> str | None:
    """The visitor's id in a Cookie header; None without one."""
    try:
        morsel = SimpleCookie(cookie or "").get(VISITOR_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None and 16 <= len(morsel.value) <= 64 else None


MIDDLEWARE = [Middleware(Frontdoor)]
