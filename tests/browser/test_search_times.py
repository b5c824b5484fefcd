"""How soon a search tree is drawn, and how soon it follows: prints milliseconds.

Run: pytest -m benchmark -s tests/browser/test_search_times.py
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]
ROUNDS, MOVES = 5, 20
SEARCHES = {"k = 8, 60 steps": "size=8&length=60", "k = 64, 200 steps": "size=64&length=200"}
WATCH = """(() => {
  const look = () => {
    const isDrawn = document.querySelector('.unroll-search.drawn:not(.busy)');
    if (isDrawn) requestAnimationFrame(() => (window.drawn_ = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
TIMES = """() => {
  const began = (name) => performance.getEntriesByType('resource').find((entry) => entry.name.includes(name));
  return { drawn: window.drawn_, host: began('search_feed').startTime, came: began('/unroll/search?').responseEnd };
}"""
FOLLOWS = """async (moves) => {
  const plane = document.querySelector('.unroll-search-plane');
  plane.focus();
  const times = {};
  const press = async (name, key) => {
    const start = performance.now();
    plane.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    (times[name] ??= []).push(performance.now() - start);
  };
  await press('fit', 'Escape');
  for (let move = 0; move < moves; move += 1) {
    await press('zoom', move % 2 ? '-' : '+');
    await press('walk', move % 2 ? 'ArrowDown' : 'ArrowLeft');
    await press('step', ',');
  }
  return times;
}"""


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/search_page"


@pytest.mark.parametrize("name", SEARCHES)
def test_time_to_the_tree_and_of_what_moves_it(address: str, open_page: Callable, name: str) -> None:
    question = f"model=shipped&prefix=def&method=beam&end=&{SEARCHES[name]}"
    first_picture(open_page, address, question)  # a search that is made; from now on it is kept
    rounds = [first_picture(open_page, address, question) for _ in range(ROUNDS)]
    page = open_page(f"{address}?{question}")
    page.wait_for_selector(".unroll-search.drawn:not(.busy)", timeout=60_000)
    counts = page.locator(".unroll-search-legend").text_content().split("winner")[0]
    follows = {what: np.median(times) for what, times in page.evaluate(FOLLOWS, MOVES).items()}
    whole, drawing = np.median(rounds, axis=0)
    said = ", ".join(f"{what} {time:.0f} ms" for what, time in follows.items())
    print(
        f"\n{name} of 97 symbols ({counts}): from the host's start to the tree drawn {whole:.0f} ms, "
        f"of it after the answer {drawing:.0f} ms; then {said}"
    )
    assert len(rounds) == ROUNDS


def first_picture(open_page: Callable, address: str, question: str) -> tuple[float, float]:
    """Milliseconds to the tree drawn: from the host's first script, and from the answer."""
    page = open_page(f"{address}?model=preset:greedy-loses")
    page.add_init_script(WATCH)
    page.goto(f"{address}?{question}")
    page.wait_for_function("window.drawn_", timeout=90_000)
    found = page.evaluate(TIMES)
    page.close()
    return found["drawn"] - found["host"], found["drawn"] - found["came"]
