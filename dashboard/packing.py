"""A drawn answer as it travels: JSON with its numbers as base64, compressed."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np

from dashboard.asked import Drawn, Strip

COMPRESSION = 3
"""Level of gzip: half the time of the usual one."""
NO_NUMBER = 255
"""A strip's byte for NaN."""


def packed(drawn: Drawn, step: int | None) -> bytes:
    """The answer as the browser takes it: numbers as base64, and all of it compressed here, off the event loop."""
    from plotly.io.json import to_json_plotly  # slow to load, and the server's start needs it not

    figure = drawn.figure.to_plotly_json()
    figure["layout"].pop("template", None)  # Streamlit's own; the browser sets one from the page's theme
    answer = {"figure": figure, "reading": drawn.reading, "step": step}
    if drawn.strip is not None:
        answer["strip"] = _packed_strip(drawn.strip)
    return gzip.compress(to_json_plotly(answer).encode(), COMPRESSION)


def _packed_strip(strip: Strip) -> dict[str, Any]:
    """Strengths as bytes, 0…254, and 255 for NaN."""
    rows = np.asarray(strip.rows, float)
    levels = np.where(np.isnan(rows), NO_NUMBER, np.round(np.clip(rows, 0, 1) * (NO_NUMBER - 1)))
    data = base64.b64encode(levels.astype(np.uint8).tobytes()).decode()
    return {
        "tokens": list(strip.tokens),
        "names": list(strip.names),
        "title": strip.title,
        "shape": list(rows.shape),
        "data": data,
    }
