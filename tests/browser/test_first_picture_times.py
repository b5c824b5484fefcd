"""How long a visitor of a warm server waits for the first picture of a view, beside its heading: prints seconds.

The browser has seen the home page alone. Run: pytest -m benchmark -s tests/browser/test_first_picture_times.py
"""

from __future__ import annotations

import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]

ROUNDS = 5
LINES = ".js-plotly-plot .scatterlayer .trace"
ASKED = "[data-panel] [data-asked=shown] .main-svg:first-child"
FIRST = {
    "": LINES,
    "gradient-flow": LINES,
    "gates": ".unroll-reader canvas",
    "decoding": ".unroll-search.drawn:not(.busy)",
    "attention": ASKED,
    "recurrence": ".unroll-unrolled.drawn .copy.here",
    "recurrence?r_show=stack": f"[data-panel=stacking] {LINES.split()[1]} .trace",
    "truncation": ASKED,
    **{f"truncation?show={show}": ASKED for show in ("gradient", "lag", "train", "detach")},
    "embeddings": ASKED,
    "summed-up": f"[data-panel=length] {LINES.split()[1]} .trace",
}
"""Address of a view → its first picture."""


@pytest.mark.parametrize("place", FIRST)
def test_the_first_picture_comes(server, open_page, place: str):
    page = open_page(f"{server}/{place}")
    page.locator(FIRST[place]).first.wait_for(timeout=120_000)  # warm
    rounds = [waits(open_page(server, is_guest=True), f"{server}/{place}", FIRST[place]) for _ in range(ROUNDS)]
    picture, heading = (sorted(times)[ROUNDS // 2] for times in zip(*rounds, strict=True))
    print(f"\n{place or 'home'}: first picture {picture:.2f} s, {picture / heading:.2f}× the heading")
    assert picture > 0


def waits(page, address: str, first: str) -> tuple[float, float]:
    """Seconds to the first picture and to the heading."""
    page.locator(LINES).first.wait_for(timeout=60_000)
    start = time.perf_counter()
    page.goto(address)
    page.locator("h1").wait_for(timeout=60_000)
    heading = time.perf_counter() - start
    page.locator(first).first.wait_for(timeout=60_000)
    picture = time.perf_counter() - start
    page.close()
    return picture, heading
