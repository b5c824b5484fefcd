"""Where models read on demand: the reader's two questions, computed in a worker, kept, and sent as bytes.

Axes: T timesteps, H hidden units.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import math
import secrets
from functools import lru_cache
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from core.training.read_planes import ReadPlanes, read_planes
from core.training.workers import WorkerPool
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Work, answer
from dashboard.desk import Call, Desk
from dashboard.gates_asked import read_gates_question
from dashboard.reading_asked import AskedReading, read_reading
from dashboard.reading_choice import Chosen, choose
from dashboard.replies import answered, refusal, visitor_of, zipped

MOST_BYTES = 160_000_000
"""Of kept readings: six planes of 4,000 × 256 float32 are 25 MB."""
PATIENCE_SECONDS = 60.0
COMPRESSION = 1
"""Level of gzip for what is words; more costs the reader time."""
STORED = 0
"""Level of gzip for planes: level 1 saves a fifth of such numbers, and six of them wait half a second for it."""
PRECISIONS: dict[str, Any] = {"half": np.dtype("<f2"), "single": np.dtype("<f4")}
_STARTED = secrets.token_hex(4)
"""In every ETag, for a text or a model may be another when the server starts again."""


@lru_cache(maxsize=1)
def reading_desk_of(pool: WorkerPool) -> Desk:
    """The readings' own desk before a pool, that planes do not push pictures out."""
    return Desk(pool, MOST_BYTES)


def reading_call(asked: AskedReading, chosen: Chosen) -> Call:
    """What a worker does for a reading."""
    places = (asked.passage, asked.hands, asked.layer, asked.direction)
    arguments = (server.most_analysis_seconds(), read_planes, chosen.reader, *places, server.texts_root())
    return Call(("reading", chosen.key, *places), call_within, arguments)


async def _planes(request: Request, asked: AskedReading, chosen: Chosen) -> ReadPlanes:
    """The reading, from a worker unless it is kept. Errors: TimeoutError; whatever the worker raises."""
    desk = reading_desk_of(await asyncio.to_thread(server.analysis_pool))
    results = await desk.results(visitor_of(request), [reading_call(asked, chosen)], PATIENCE_SECONDS)
    if results is None:
        raise TimeoutError("The server is busy and the reading did not come; try again in a moment.")
    return results[0]


async def _asked(request: Request) -> tuple[AskedReading, Chosen]:
    asked = read_reading(request.query_params)
    return asked, await asyncio.to_thread(choose, asked)


async def _reading(request: Request) -> Response:
    asked, chosen = await _asked(request)
    planes = await _planes(request, asked, chosen)
    return zipped(request, await asyncio.to_thread(_described, asked, chosen, planes))


def _described(asked: AskedReading, chosen: Chosen, planes: ReadPlanes) -> bytes:
    first = next(iter(planes.planes.values()))
    described: dict[str, Any] = {
        "kind": planes.kind,
        "gates": list(planes.planes),
        "steps": len(first),
        "units": first.shape[1],
        "layers": planes.layers,
        "directions": planes.directions,
        "tokens": planes.tokens,
        "losses": [_sent(loss) if there else None for loss, there in zip(planes.losses, planes.has_loss, strict=True)],
        "next": planes.expected and [[[s, _sent(p)] for s, p in row] for row in planes.expected],
        "step": chosen.step,
        "label": chosen.label,
        "edited": sorted(step for step, _ in asked.passage.edits),
    }
    written = json.dumps(described, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return gzip.compress(written.encode(), COMPRESSION)


def _sent(value: float) -> float | str:
    """A number as JSON can hold it: what is not finite in words that JavaScript's `Number` takes."""
    if math.isfinite(value):
        return round(float(value), 6)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


async def _plane(request: Request) -> Response:
    """One gate or state, row-major (H, T), little-endian; precision=half (float16) or single (float32)."""
    asked, chosen = await _asked(request)
    gate, precision = request.query_params.get("gate", ""), request.query_params.get("precision", "half")
    if precision not in PRECISIONS:
        return refusal(f"precision is half or single, got {precision[:40]!r}; choose one.", 400)
    named = repr((reading_call(asked, chosen).key, gate, precision, _STARTED))
    headers = {"ETag": f'"{hashlib.sha256(named.encode()).hexdigest()[:24]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    planes = (await _planes(request, asked, chosen)).planes
    if gate not in planes:
        return refusal(f"this model has {', '.join(planes)}, got {gate[:40]!r}; choose one of these.", 400)
    plane = planes[gate].T
    headers |= {"X-Shape": f"{plane.shape[0]},{plane.shape[1]}"}
    body = await asyncio.to_thread(_bytes, plane, PRECISIONS[precision])
    return zipped(request, body, "application/octet-stream", **headers)


def _bytes(plane: np.ndarray, kind: np.dtype) -> bytes:
    return gzip.compress(np.ascontiguousarray(plane, kind).tobytes(), STORED)


reading = answered(_reading)
"""GET /unroll/reading: what was read, what was expected, how sure."""
plane = answered(_plane)
"""GET /unroll/reading/plane: the numbers of one gate or state."""


async def _gates(request: Request) -> Response:
    from dashboard.gates_analyses import GATES_ANALYSES

    make = GATES_ANALYSES.get(request.path_params["name"])
    if make is None:
        return refusal("There is no such picture; reload the page.", 404)

    def work() -> Work:
        question = read_gates_question(request.path_params["name"], request.query_params)
        return make(question, choose(question.reading))

    return await answer(request, work)


gates = answered(_gates)
"""GET /unroll/asked/gates/{name}: a picture of the Gates page."""
