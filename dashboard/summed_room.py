"""GET /unroll/asked/summed/{claim}: the picture of a claim, measured in a worker or drawn from a sweep's recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from core.recordings.storage import Recording, open_recording
from dashboard import server
from dashboard.answering import Work, answer
from dashboard.asked import Drawn
from dashboard.packing import packed
from dashboard.readers import readers_of
from dashboard.replies import answered, refusal
from dashboard.summed_asked import read_summed


async def _claim(request: Request) -> Response:
    from dashboard.summed_analyses import CLAIMS, SWEEPS

    claim, given = request.path_params["claim"], request.query_params
    if claim in SWEEPS:
        return await answer(request, lambda: sweep_work(*SWEEPS[claim], given.get("run")))
    if claim not in CLAIMS:
        return refusal("There is no such picture; reload the page.", 404)

    def work() -> Work:
        model = read_summed(given)
        server.jobs().limits.check(model.training)
        return CLAIMS[claim](model)

    return await answer(request, work)


def sweep_work(draw: Callable[[Recording], Drawn], shipped: str, run: str | None) -> Work:
    """The picture of a sweep: of the run, or of the recording that ships. Errors: RecordingError."""
    if run is None:
        return Work((), None, body=_shipped(draw, shipped))
    with readers_of(server.runs_root()).reading(run) as recording:
        return Work((), recording.last_step, body=packed(draw(recording), recording.last_step))


@lru_cache(maxsize=32)
def _shipped(draw: Callable[[Recording], Drawn], shipped: str) -> bytes:
    """The picture of a recording that ships, which no run changes."""
    with open_recording(shipped) as recording:
        return packed(draw(recording), None)


claim = answered(_claim)
