"""GET /unroll/asked/truncation/{name}: a picture of the Truncation page, computed in a worker or drawn from a run."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from dashboard import server
from dashboard.answering import Work, answer
from dashboard.replies import answered, refusal
from dashboard.summed_room import sweep_work
from dashboard.truncation_asked import read_cut_question


async def _picture(request: Request) -> Response:
    from dashboard.truncation_analyses import CUT_ANALYSES, SHIPPED_WINDOWS, WINDOW_SWEEPS

    name, given = request.path_params["name"], dict(request.query_params)
    if name in WINDOW_SWEEPS:
        return await answer(request, lambda: sweep_work(WINDOW_SWEEPS[name], str(SHIPPED_WINDOWS), given.get("run")))
    if name not in CUT_ANALYSES:
        return refusal("There is no such picture; reload the page.", 404)

    def work() -> Work:
        asked = read_cut_question(name, given, server.runs_root())
        server.jobs().limits.check(asked.config)
        return CUT_ANALYSES[name](asked)

    return await answer(request, work)


picture = answered(_picture)
