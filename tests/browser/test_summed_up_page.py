"""The page that sums RNNs up in a real browser: five claims, each with its picture and its sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser
SLOW = 90_000
CLAIMS = {
    "length": "numbers read 1 character and 1,000",
    "size": "At every T alike",
    "sharing": "add up to that of the one shared W_hh",
    "time": "One matrix product",
    "lag": "all seeds solve it up to a lag of",
}


@pytest.fixture
def summed(server: str, open_page: Callable) -> Callable:
    def opened(rest: str = "", **options):
        return open_page(f"{server}/summed-up?{rest}", **{"viewport": {"width": 1280, "height": 2400}, **options})

    return opened


def test_every_claim_is_measured_and_read_out_before_any_click(summed) -> None:
    page = summed("s_units=16")
    for claim, says in CLAIMS.items():
        panel = page.locator(f"[data-panel={claim}]")
        expect(panel.locator(".unroll-reading")).to_contain_text(says, timeout=SLOW)
        expect(panel.locator(".js-plotly-plot .trace").first).to_be_attached(timeout=SLOW)


def test_another_cell_changes_the_measured_pictures_and_the_address(summed) -> None:
    page = summed()
    expect(page.locator("[data-panel=time] .unroll-reading")).to_contain_text("the LSTM takes", timeout=SLOW)
    page.get_by_text("A small GRU", exact=True).click()
    expect(page.locator("[data-panel=time] .unroll-reading")).to_contain_text("the GRU takes", timeout=SLOW)
    page.wait_for_url(re.compile("s_cell=gru"), timeout=SLOW)


def test_a_sweep_of_ones_own_is_trained_steered_and_left(summed) -> None:
    page = summed()
    page.get_by_role("button", name="Train again, here").click()
    page.wait_for_url(re.compile("run="), timeout=SLOW)
    expect(page.locator("[data-panel=lag] .unroll-reading")).to_contain_text("no run is done yet", timeout=SLOW)
    page.get_by_role("button", name="End run").click()
    expect(page.get_by_text(re.compile("ended · step")).first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Show what ships").click()
    expect(page.locator("[data-panel=lag] .unroll-reading")).to_contain_text(CLAIMS["lag"], timeout=SLOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_claims_without_scrolling_aside(summed, scheme: str) -> None:
    page = summed(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.get_by_text("What am I seeing?").wait_for(timeout=SLOW)
    overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
