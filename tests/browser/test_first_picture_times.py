"""How long a visitor of a warm server waits for the first picture of a view, beside its heading.

Run: pytest -m benchmark -s tests/browser/test_first_picture_times.py
"""

from __future__ import annotations

import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]

ROUNDS = 5
FIRST = {
    "": ".js-plotly-plot .scatterlayer .trace",
    "recurrence": ".unroll-unrolled.drawn .copy.here",
    "recurrence?r_show=stack": "[data-panel=stacking] .scatterlayer .trace",
    "summed-up": "[data-panel=length] .scatterlayer .trace",
}
"""Address of a view → its first picture."""


@pytest.mark.parametrize("place", FIRST)
def test_the_first_picture_comes(server, open_page, place: str):
    page = open_page(f"{server}/{place}")
    page.locator(FIRST[place]).first.wait_for(timeout=120_000)  # warm
    rounds = [waits(open_page(server), f"{server}/{place}", FIRST[place]) for _ in range(ROUNDS)]
    picture, heading = (sorted(times)[ROUNDS // 2] for times in zip(*rounds, strict=True))
    print(f"\n{place or 'home'}: first picture {picture:.2f} s, {picture / heading:.2f}× the heading")
    assert picture > 0


def waits(page, address: str, first: str) -> tuple[float, float]:
    """Seconds to the first picture and to the heading."""
    start = time.perf_counter()
    page.goto(address)
    page.locator("h1").wait_for(timeout=60_000)
    heading = time.perf_counter() - start
    page.locator(first).first.wait_for(timeout=60_000)
    picture = time.perf_counter() - start
    page.close()
    return picture, heading
