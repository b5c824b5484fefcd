"""A server with the reader's page and pages of it, for the tests of the reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

LAUNCHER = Path(__file__).parent / "reader_launcher.py"
IS_SHOWN = """() => document.querySelector('.unroll-reader-state')?.textContent
    && document.querySelectorAll('.unroll-map').length
    && !document.querySelector('.unroll-map.waiting, .unroll-reader.busy')
    && document.querySelector('.unroll-text .current')"""
TALL = {"width": 1280, "height": 1500}
SCRIPT_RUNS = "script runs: "


def open_reader(open_page: Callable, address: str, options: dict | None = None, **query: object):
    """A page whose reader has drawn all its maps; `query` as reader_page.py takes it, `options` are Playwright's."""
    written = {name: value if isinstance(value, str | int) else json.dumps(value) for name, value in query.items()}
    page = open_page(f"{address}?{urlencode(written)}", **{"viewport": TALL, **(options or {})})
    page.wait_for_function(IS_SHOWN, timeout=30_000)
    return page


def script_runs(page) -> int:
    return int(page.get_by_text(SCRIPT_RUNS).text_content().removeprefix(SCRIPT_RUNS))


def said(page) -> str:
    """What the readout says of the cursor."""
    return page.locator(".unroll-said").text_content()


def values(page) -> dict[str, float]:
    """What the readout shows of each gate and state, by its title."""
    rows = page.locator(".unroll-value").all()
    texts = ((row.locator("span").text_content(), row.locator("output").text_content()) for row in rows)
    return {name: float(number.replace("−", "-")) for name, number in texts}


def place_of(page, gate: str, t: float, row: float, steps: int, rows: int) -> tuple[float, float]:
    """The pixel of a timestep and a row of a map."""
    box = page.locator(f".unroll-map[data-gate={gate}] canvas").bounding_box()
    width, height = box["width"] - 68, box["height"] - 20  # LEFT and RIGHT, CAPTION of reader_picture.js
    return box["x"] + 34 + (t + 0.5) * width / steps, box["y"] + 20 + (row + 0.5) * height / rows
