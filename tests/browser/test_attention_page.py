"""The page of sequence to sequence in a real browser: pictures before any click, a hand, a run, phone and dark."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PICTURES = {"align": 7, "hand": 2, "bottleneck": 1, "gradient": 4, "fusion": 1, "digits": 2, "cheat": 1}
SMALL = "a_task=copy&a_min=4&a_max=4&a_models=own&a_units=8&a_batch=8&a_steps=30"
SECONDS = 60_000


@pytest.fixture
def attention(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, seen whole."""

    def opened(rest: str = "", **options):
        return open_page(f"{server}/attention?{rest}", **{"viewport": {"width": 1280, "height": 4000}, **options})

    return opened


def readings(page, count: int) -> list[str]:
    """The sentences of so many pictures, once all are drawn."""
    expect(page.locator("[data-panel] [data-asked=shown] .main-svg:first-child")).to_have_count(count, timeout=SECONDS)
    return page.locator(".unroll-reading").all_text_contents()


@pytest.mark.parametrize("show", PICTURES)
def test_every_section_shows_its_pictures_with_their_sentences_before_any_click(attention, show: str) -> None:
    said = readings(attention(f"show={show}"), PICTURES[show])
    assert len(said) == PICTURES[show] and all(text.strip().endswith(".") and "*" not in text for text in said)


def test_a_situation_is_shown_and_a_row_lights_up_the_source(attention) -> None:
    page = attention()
    readings(page, PICTURES["align"])
    page.get_by_role("radio", name="Dates to ISO").or_(page.get_by_text("Dates to ISO", exact=True)).first.click()
    expect(page.locator(".unroll-reading").first).to_contain_text("should become “20", timeout=SECONDS)
    page.wait_for_url(re.compile("a_task=dates"), timeout=15_000)
    strip = page.locator("[data-panel=matrix] .unroll-strip")
    strip.press("Home")
    assert "t = 1 “" in strip.inner_text()
    lit = strip.locator("span").evaluate_all("spans => spans.map(one => Number(one.style.getPropertyValue('--level')))")
    assert sum(lit) == pytest.approx(1, abs=0.1) and len(lit) != 11


def test_a_click_on_a_cell_lays_the_row_there_and_it_is_written_again(attention) -> None:
    page = attention("show=hand&a_example=1")
    before = readings(page, 2)[0]
    box = page.locator("[data-panel=by-itself] .heatmaplayer image").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 22, box["y"] + box["height"] / 22)
    page.wait_for_url(re.compile("a_laid=0-0"), timeout=15_000)
    expect(page.locator("[data-panel=by-hand] .unroll-reading")).to_contain_text("Other tokens", timeout=SECONDS)
    page.get_by_role("button", name="Take the hand away (1 rows)").click()
    expect(page.locator("[data-panel=by-hand] .unroll-reading")).to_contain_text("nothing changed", timeout=SECONDS)
    assert "Click on a cell" in before


def test_a_run_is_watched_and_found_again(attention) -> None:
    page = attention(SMALL)
    assert readings(page, 4)[0].startswith("Before training.")
    page.locator(".st-key-pairs-run_train button").click()
    expect(page.get_by_text("finished · step 30 of 30")).to_be_visible(timeout=SECONDS)
    expect(page.locator("[data-panel=loss] .scatterlayer .trace")).to_have_count(1)
    page.wait_for_url(re.compile("run="), timeout=15_000)
    page.reload()
    expect(page.get_by_text("finished · step 30 of 30")).to_be_visible(timeout=SECONDS)
    expect(page.locator("[data-panel=film] .unroll-reading")).to_contain_text("at step 30", timeout=SECONDS)


@pytest.mark.parametrize("show", ["align", "digits"])
def test_the_page_fits_a_phone_in_the_dark(attention, show: str) -> None:
    page = attention(f"show={show}", viewport={"width": 390, "height": 6000}, color_scheme="dark")
    readings(page, PICTURES[show])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_each_number_is_comes_when_it_is_opened(attention) -> None:
    page = attention()
    expect(page.locator("[data-panel=seeds] .main-svg").first).to_be_visible(timeout=SECONDS)
    source = page.get_by_text("Och & Ney (2003)")
    assert source.count() == 0
    page.get_by_text("Each number: what it is").click()
    expect(source).to_be_visible(timeout=SECONDS)
    expect(page.locator(".katex").first).to_be_visible()
