"""The answer to "what is new in this run?": rows as JSON, numbers as base64 float32.

Axes: L layers, D directions, T timesteps.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from core.recordings.storage import Recording, Row

MOST_ROWS = 600
MOST_COLUMNS = 512
"""Training steps that a live figure keeps; beyond them every second one is dropped."""
MOST_BYTES = 4_000_000
"""Of numbers in one answer; the rest comes with the next."""
MOST_STRIDE = 1 << 40
_SOURCE = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<layer>\d{1,3}),(?P<direction>\d{1,3})\])?")


def rows_answer(
    recording: Recording, after: int = -1, stride: int = 1, sources: Collection[str] | None = None
) -> dict[str, Any]:
    """What a page needs to go on from step `after`.

    Args:
        recording: Refreshed.
        after: The last step that the page has.
        stride: Of the steps that the page keeps; raised here to keep at most MOST_COLUMNS of the whole run.
        sources: Names of scalars and arrays; "name[l,d]" asks for one layer and direction. None: all, but no records.

    Returns:
        status, message, queue (None), steps (planned, None if unknown), last_step, stride, rows, more. The newest row
        always comes, also off the stride. A non-finite scalar is the string "NaN", "Infinity" or "-Infinity".
    """
    stride = max(stride, needed_stride(recording.last_step))
    wanted = None if sources is None else [match for source in sources if (match := _SOURCE.fullmatch(source))]
    rows, more = _rows(recording, after, stride, wanted)
    planned = recording.header.config.get("steps")
    return {
        "status": recording.header.status,
        "message": recording.header.message or recording.damage,
        "queue": None,
        "steps": planned if isinstance(planned, int) else None,
        "last_step": recording.last_step,
        "stride": stride,
        "rows": rows,
        "more": more,
    }


def needed_stride(last_step: int) -> int:
    """The smallest power of two that leaves at most MOST_COLUMNS of the steps 0…last_step."""
    stride = 1
    while last_step // stride >= MOST_COLUMNS:
        stride *= 2
    return stride


def _rows(
    recording: Recording, after: int, stride: int, wanted: list[re.Match[str]] | None
) -> tuple[list[dict[str, Any]], bool]:
    names = None if wanted is None else {match["name"] for match in wanted}
    answer: list[dict[str, Any]] = []
    size = 0
    for row in recording.rows(after, stride, names):
        if len(answer) >= MOST_ROWS or size > MOST_BYTES:
            return answer, True
        answer.append(_row(row, wanted))
        size += sum(len(array["data"]) for array in answer[-1]["arrays"].values())
    newest = answer[-1]["step"] if answer else after
    if recording.last_step > newest:
        answer.extend(_row(row, wanted) for row in recording.rows(recording.last_step - 1, 1, names))
    return answer, False


def _row(row: Row, wanted: list[re.Match[str]] | None) -> dict[str, Any]:
    if wanted is None:
        scalars: Mapping[str, float] = row.scalars
        arrays = {name: array for name, array in row.records.items() if isinstance(array, np.ndarray)}
    else:
        scalars = {match[0]: row.scalars[match[0]] for match in wanted if match[0] in row.scalars}
        arrays = {match[0]: array for match in wanted if (array := _picked(row, match)) is not None}
    return {
        "step": row.step,
        "time": row.time,
        "scalars": {name: _number(value) for name, value in scalars.items()},
        "arrays": {name: _packed(array) for name, array in arrays.items()},
    }


def _picked(row: Row, match: re.Match[str]) -> np.ndarray | None:
    """The asked-for layer and direction of an (L, D, T) array, or the whole; None where there is none."""
    array = row.records.get(match["name"])
    if not isinstance(array, np.ndarray) or match["layer"] is None:
        return array if isinstance(array, np.ndarray) else None
    layer, direction = int(match["layer"]), int(match["direction"])
    inside = array.ndim >= 2 and layer < array.shape[0] and direction < array.shape[1]
    return array[layer, direction] if inside else None


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _packed(array: np.ndarray) -> dict[str, Any]:
    """Shape, and little-endian float32 as base64."""
    return {"shape": list(array.shape), "data": base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()}
