"""How long a visitor of the Truncation page waits for a section's first picture on a warm server: prints seconds.

Run: pytest -m benchmark -s tests/browser/test_truncation_times.py
"""

from __future__ import annotations

import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]

ROUNDS = 3
DRAWN = "[data-panel] [data-asked=shown] .main-svg:first-child"


@pytest.mark.parametrize("show", ["reach", "gradient", "lag", "train", "detach"])
def test_page_to_the_first_picture_of_a_section(server, open_page, show):
    waits = [wait(open_page(server), f"{server}/truncation?show={show}&c_seed={seed}") for seed in range(ROUNDS + 1)]
    heading, picture = (sorted(times)[ROUNDS // 2] for times in zip(*waits[1:], strict=True))  # the first one warms
    print(f"\n{show}: {picture:.2f} s to the first picture, {heading:.2f} s to the heading alone")
    assert len(waits) == ROUNDS + 1


def wait(page, address: str) -> tuple[float, float]:
    """Seconds to the heading, and to the first picture."""
    start = time.perf_counter()
    page.goto(address)
    page.locator("h1", has_text="Truncation").wait_for()
    heading = time.perf_counter() - start
    page.locator(DRAWN).first.wait_for(timeout=120_000)
    picture = time.perf_counter() - start
    page.close()
    return heading, picture
