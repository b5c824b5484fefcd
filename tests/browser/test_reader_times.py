"""How soon the reader draws, and how soon its cursor follows the pointer: prints milliseconds.

Run: pytest -m benchmark -s tests/browser/test_reader_times.py
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.browser.apps.reading import open_reader

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]
ROUNDS, LONG = 5, 2000
DRAWN = """() => ({
  drawn: window.drawn_,
  host: performance.getEntriesByType('resource').find((entry) => entry.name.includes('reader_host')).startTime,
})"""
WATCH = """(() => {
  const look = () => {
    const maps = [...document.querySelectorAll('.unroll-map')];
    const isDrawn = document.querySelector('.unroll-reader-state')?.textContent && maps.length;
    if (isDrawn && !maps.some((map) => map.classList.contains('waiting'))) window.drawn_ = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
LATENCY = """async () => {
  const maps = document.querySelector('.unroll-pictures');
  const cursor = document.querySelector('.unroll-cursor');
  const box = maps.getBoundingClientRect();
  const times = [];
  for (let move = 0; move < 60; move += 1) {
    const [before, start] = [cursor.style.transform, performance.now()];
    const place = { clientX: box.left + 60 + move * 9, clientY: box.top + 60, bubbles: true };
    maps.dispatchEvent(new PointerEvent('pointermove', place));
    await new Promise((done) => {
      const look = () => (cursor.style.transform === before ? requestAnimationFrame(look) : done());
      requestAnimationFrame(look);
    });
    times.push(performance.now() - start);
  }
  return times;
}"""


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/reader_page"


def test_time_to_the_first_picture_and_of_a_cursors_move(address: str, open_page: Callable) -> None:
    open_reader(open_page, address, length=LONG)
    fresh = [first_picture(open_page, address, start) for start in range(10_000, 10_000 + ROUNDS * 3000, 3000)]
    kept = [first_picture(open_page, address, 10_000) for _ in range(ROUNDS)]
    moves = open_reader(open_page, address, length=LONG).evaluate(LATENCY)
    print(
        f"\n{LONG} timesteps × 256 units × 6 maps, from the reader's start: a reading that is made "
        f"{np.median(fresh):.0f} ms, one that is kept {np.median(kept):.0f} ms; the cursor moves within "
        f"{np.median(moves):.0f} ms (95 %: {np.quantile(moves, 0.95):.0f} ms)"
    )
    assert len(fresh) == len(kept) == ROUNDS


def first_picture(open_page: Callable, address: str, start: int) -> float:
    """Milliseconds from the reader's first script to all maps drawn."""
    page = open_page(f"{address}?length=10")
    page.add_init_script(WATCH)
    page.goto(f"{address}?length={LONG}&start={start}")
    page.wait_for_function("window.drawn_", timeout=60_000)
    found = page.evaluate(DRAWN)
    page.close()
    return found["drawn"] - found["host"]
