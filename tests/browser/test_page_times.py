"""How long a visitor waits on a warm server: prints seconds, and their ratio to the same page without a picture.

Run: pytest -m benchmark -s tests/browser/test_page_times.py
"""

from __future__ import annotations

import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]

ROUNDS = 5
PICTURE = ".js-plotly-plot .scatterlayer .trace"
LOSS_POINT = """() => [...document.querySelectorAll('.js-plotly-plot')].some(
    plot => plot.layout?.yaxis?.title?.text?.startsWith('loss') && plot.data.some(trace => trace.y?.length))"""


def test_page_to_first_picture_and_click_to_first_live_point(server, open_page):
    open_page(server).locator(PICTURE).first.wait_for()  # warm
    rounds = [waits(open_page(server, is_guest=True), f"{server}/gradient-flow") for _ in range(ROUNDS)]
    picture, heading, point = (sorted(times)[ROUNDS // 2] for times in zip(*rounds, strict=True))
    print(
        f"\npage to first picture {picture:.2f} s ({picture / heading:.2f}× the page's heading); "
        f"click on Train to first live point {point:.2f} s"
    )
    assert len(rounds) == ROUNDS


def waits(page, address: str) -> tuple[float, float, float]:
    """Seconds to the first picture, to the heading alone, and from a click on Train to the first live point."""
    start = time.perf_counter()
    page.goto(address)
    page.locator("h1", has_text="Gradient flow").wait_for()
    heading = time.perf_counter() - start
    page.locator(PICTURE).first.wait_for()
    picture = time.perf_counter() - start
    page.wait_for_timeout(1000)
    start = time.perf_counter()
    page.locator(".st-key-train button").click()
    page.wait_for_function(LOSS_POINT)
    point = time.perf_counter() - start
    page.locator(".st-key-end button, .st-key-reset button").first.click()
    page.close()
    return picture, heading, point
