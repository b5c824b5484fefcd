"""GET /unroll/unrolled: a model over what it reads, every number of every step; and the pictures beside it.

Axes: T timesteps, I input features, H hidden units, G gates.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from core.training.measures_unrolled import Unrolled, UnrolledPass
from dashboard import server
from dashboard.answering import answer, desk_of
from dashboard.recurrence_asked import read_unrolled
from dashboard.replies import answered, refusal, visitor_of, zipped
from dashboard.unrolled_reader import UnrolledReader, unrolled_call, unrolled_reader

PATIENCE_SECONDS = 60.0
MOST_SHOWN = 32
"""Units of a layer whose weights are sent, so that a sum can be taken apart."""


async def _unrolled(request: Request) -> Response:
    asked = read_unrolled(request.query_params)
    chosen = await asyncio.to_thread(unrolled_reader, asked)
    desk = desk_of(await asyncio.to_thread(server.analysis_pool))
    results = await desk.results(visitor_of(request), [unrolled_call(asked, chosen)], PATIENCE_SECONDS)
    if results is None:
        return refusal("The server is busy; the numbers come as soon as it can.", 429)  # the page asks again
    return zipped(request, await asyncio.to_thread(_packed, chosen, results[0]))


def _packed(chosen: UnrolledReader, found: Unrolled) -> bytes:
    described: dict[str, Any] = {
        "kind": found.kind,
        "phi": found.activation,
        "label": chosen.label,
        "step": chosen.step,
        "tokens": found.tokens,
        "units": chosen.config.hidden_size,
        "parameters": found.parameters,
        "losses": [None if not math.isfinite(loss) else round(loss, 6) for loss in found.losses.tolist()],
        "next": found.expected and [[[symbol, round(p, 6)] for symbol, p in row] for row in found.expected],
        "passes": [[_packed_pass(one) for one in directions] for directions in found.passes],
    }
    return gzip.compress(json.dumps(described, separators=(",", ":"), ensure_ascii=False).encode(), 1)


def _packed_pass(one: UnrolledPass) -> dict[str, Any]:
    """Numbers of shape (T, H) as (H, T), float32, base64; weights where they are few."""
    planes = {
        kind: {name: _bytes(values.T) for name, values in getattr(one, kind).items()}
        for kind in ("from_input", "from_state", "planes")
    }
    shapes = {"input": one.weight_input.shape, "hidden": one.weight_hidden.shape}
    weights = None
    if one.weight_hidden.shape[1] <= MOST_SHOWN and one.weight_input.shape[1] <= 2 * MOST_SHOWN:
        weights = {"input": _bytes(one.weight_input), "hidden": _bytes(one.weight_hidden), "x": _bytes(one.inputs.T)}
    return planes | {"shapes": shapes, "weights": weights}


def _bytes(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


unroll = answered(_unrolled)


async def _picture(request: Request) -> Response:
    from dashboard.recurrence_analyses import PICTURES

    make = PICTURES.get(request.path_params["name"])
    if make is None:
        return refusal("There is no such picture; reload the page.", 404)
    given = request.query_params
    return await answer(request, lambda: make(dict(given)))


picture = answered(_picture)
"""GET /unroll/asked/recurrence/{name}: what an edit changes, and one layer against two."""
