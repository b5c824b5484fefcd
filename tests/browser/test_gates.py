"""The Gates page in a real browser: the reader and its cursor, pictures with their sentences, a run to follow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PICTURES = {"saturation": 2, "intervene": 4}


@pytest.fixture
def gates(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, seen whole."""

    def opened(rest: str = "", **options):
        options = {"viewport": {"width": 1280, "height": 2800}, **options}
        return open_page(f"{server}/gates?chars=300{rest}", **options)

    return opened


def shown(page):
    return page.locator("[data-panel] [data-asked=shown] .main-svg:first-child")


def press(page, panel: str, nth: int) -> None:
    """Click a point as a person does: it lies under the layer that listens."""
    box = page.locator(f"[data-panel={panel}] .scatterlayer .point").nth(nth).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(f"[data-panel={panel}] .hoverlayer .hovertext").first.wait_for()
    page.mouse.down()
    page.mouse.up()


def test_the_reader_shows_the_text_and_moves_its_cursor_without_the_server(gates) -> None:
    page = gates()
    said = page.locator(".unroll-said")
    expect(said).to_contain_text("t = 12 · unit 233", timeout=30_000)
    expect(page.get_by_text("parse150", exact=False).first).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("canvas").first.click(position={"x": 200, "y": 30})
    page.keyboard.press("ArrowRight")
    before = said.text_content()
    page.keyboard.press("ArrowRight")
    expect(said).not_to_have_text(before or "")
    assert not [url for url in asked if "/unroll/reading" in url]


def test_the_unit_that_one_goes_to_is_in_the_address(gates) -> None:
    page = gates()
    expect(page.locator(".unroll-said")).to_contain_text("unit 233", timeout=30_000)
    page.locator("canvas").first.click(position={"x": 200, "y": 30})
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile(r"unit=\d+"), timeout=15_000)


@pytest.mark.parametrize("show", PICTURES)
def test_every_picture_of_a_section_comes_with_its_sentence(gates, show: str) -> None:
    page = gates(f"&show={show}")
    expect(shown(page)).to_have_count(PICTURES[show], timeout=60_000)
    readings = page.locator(".unroll-reading").all_text_contents()
    assert len(readings) == PICTURES[show] and all(text.endswith(".") for text in readings)
    assert not any("*" in text for text in readings)


def test_a_held_cell_is_said_to_stand_still_exactly(gates) -> None:
    page = gates("&show=intervene")
    expect(page.locator("[data-panel=state] .unroll-reading")).to_contain_text("is 0, exactly", timeout=60_000)


def test_a_click_on_a_unit_that_the_search_found_shows_it_on_the_text(gates) -> None:
    page = gates("&show=cells&reads=python-reference")
    expect(shown(page)).to_have_count(2, timeout=180_000)
    press(page, "cells", 0)
    page.wait_for_url(lambda url: "show=cells" not in url, timeout=15_000)
    expect(page.locator(".unroll-said")).to_contain_text("unit", timeout=30_000)


def test_a_click_on_a_point_of_the_scatter_chooses_its_unit(gates) -> None:
    page = gates("&show=saturation")
    expect(shown(page)).to_have_count(2, timeout=60_000)
    press(page, "saturation", 7)
    page.wait_for_url(re.compile(r"unit=\d+"), timeout=15_000)


def test_a_run_begins_from_the_shipped_model_and_the_reader_follows_it(gates) -> None:
    page = gates()
    expect(page.locator(".unroll-said")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Train one").click()
    page.get_by_role("button", name="Continue the shipped one").click()
    page.wait_for_url(re.compile("run=.*model=lstm-b1-h256|model=lstm-b1-h256.*run="), timeout=30_000)
    expect(page.get_by_text(re.compile(r"at step [1-9]\d*")).first).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="End run").click()
    expect(page.get_by_text(re.compile("ended · step")).first).to_be_visible(timeout=30_000)


def test_the_reader_ends_with_the_last_weights_of_a_run(gates) -> None:
    page = gates()
    page.get_by_role("button", name="Train one").click()
    for label, value in (("Updates", "7"), ("Units from zero", "8")):
        page.get_by_label(label).fill(value)
        page.get_by_label(label).press("Enter")
    expect(page.get_by_label("Units from zero")).to_have_value("8")
    page.get_by_role("button", name="Train from zero").click()
    expect(page.get_by_text("finished · step 7 of 7").first).to_be_visible(timeout=90_000)
    expect(page.locator(".unroll-reader-state")).to_contain_text("at step 7 ", timeout=30_000)


def test_the_cell_is_drawn_and_stepped_through_by_arrow_keys(gates) -> None:
    page = gates("&show=cell")
    expect(page.locator("svg").filter(has_text="tanh").first).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("show", ["read", "saturation", "intervene", "cell"])
def test_a_phone_shows_every_section_without_scrolling_aside(gates, show: str) -> None:
    page = gates(f"&show={show}", viewport={"width": 390, "height": 844})
    page.get_by_text("What am I seeing?").wait_for()
    overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
