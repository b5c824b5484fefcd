"""How long the pictures of a section take to follow a moved control, from the browser: prints where the seconds go.

Run: pytest -m benchmark -s tests/browser/test_picture_times.py
"""

from __future__ import annotations

import statistics

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.benchmark]

ROUNDS = 5
SIZES = "T=200&H=64"
NOTE_TIMES = """() => document.querySelectorAll('[data-panel] .js-plotly-plot').forEach((plot) => {
    const { panel } = plot.closest('[data-panel]').dataset;
    plot.on('plotly_afterplot', () => (window.drawnAt_[panel] = performance.now()));
})"""
ANSWERS = "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/unroll/asked/'))"
TIMES = f"""([start, count]) => {{
    const drawn = Object.values(window.drawnAt_), asked = {ANSWERS}.filter((entry) => entry.startTime > start);
    if (drawn.length < count || document.querySelector('[data-panel][aria-busy]')) return null;
    return [
        Math.min(...asked.map((entry) => entry.startTime)) - start,
        Math.max(...asked.map((entry) => entry.responseEnd)) - start,
        Math.max(...drawn) - start,
    ].map((milliseconds) => milliseconds / 1000);
}}"""


@pytest.mark.parametrize(
    ("section", "height", "count"),
    [("why", 1000, 4), ("why", 2800, 6), ("reach&task=next_character", 2800, 2)],
)
def test_from_a_moved_control_to_the_last_picture(server, open_page, section, height, count):
    page = open_page(f"{server}/gradient-flow?show={section}&{SIZES}", viewport={"width": 1280, "height": height})
    page.locator("[data-asked=shown] .main-svg:first-child").nth(count - 1).wait_for(timeout=60_000)
    page.evaluate(NOTE_TIMES)
    rounds = [follow(page, seed, count) for seed in range(1000 + height, 1000 + height + ROUNDS)]
    asked, answered, drawn = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(
        f"\n{section}, {SIZES}, two models, {count} pictures: first question after {asked:.2f} s, "
        f"last answer {answered:.2f} s, last picture {drawn:.2f} s (best {min(times[2] for times in rounds):.2f} s)"
    )
    assert len(rounds) == ROUNDS


def follow(page, seed: int, count: int) -> tuple[float, float, float]:
    """Seconds from a new seed to the first question, to the last answer and to the last picture."""
    field = page.get_by_label("Seed")
    field.fill(str(seed))
    page.wait_for_timeout(1500)
    start = page.evaluate("(window.drawnAt_ = {}, performance.clearResourceTimings(), performance.now())")
    field.press("Enter")
    return page.wait_for_function(TIMES, arg=[start, count], polling=50, timeout=60_000).json_value()
