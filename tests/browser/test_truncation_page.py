"""The Truncation page in a real browser: pictures with their sentences, a run of windows, a sweep, phone and dark."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PICTURES = {"reach": 2, "gradient": 2, "lag": 1, "train": 1, "detach": 1}
SMALL = "c_T=20&c_units=8&c_batch=8&c_steps=40&c_place=13"
SECONDS = 60_000


@pytest.fixture
def truncation(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, seen whole."""

    def opened(rest: str = "", **options):
        return open_page(f"{server}/truncation?{rest}", **{"viewport": {"width": 1280, "height": 2400}, **options})

    return opened


def readings(page, count: int) -> list[str]:
    """The sentences of so many pictures, once all are drawn."""
    expect(page.locator("[data-panel] [data-asked=shown] .main-svg:first-child")).to_have_count(count, timeout=SECONDS)
    return page.locator(".unroll-reading").all_text_contents()


@pytest.mark.parametrize("show", PICTURES)
def test_every_section_shows_its_pictures_with_their_sentences_before_any_click(truncation, show: str) -> None:
    said = readings(truncation(f"show={show}&{SMALL}"), PICTURES[show])
    assert len(said) == PICTURES[show] and all(
        text.strip().endswith(".") and "*" not in text.replace("t*", "") for text in said
    )


def test_the_cut_that_is_chosen_is_read_out_and_in_the_address(truncation) -> None:
    page = truncation(SMALL)
    assert "h carried reaches 2 steps back, to t = 11" in readings(page, 2)[0]
    window = page.get_by_label("Window k₂")
    window.fill("4")
    window.press("Enter")
    expect(page.locator(".unroll-reading").first).to_contain_text("windows of 4, h carried reaches 0", timeout=SECONDS)
    page.wait_for_url(re.compile("c_window=4"), timeout=15_000)


def test_a_run_is_watched_found_again_and_looked_into(truncation) -> None:
    page = truncation(f"show=train&{SMALL}")
    readings(page, 1)
    page.locator(".st-key-c_train button").click()
    expect(page.get_by_text("finished · step 40 of 40")).to_be_visible(timeout=SECONDS)
    expect(page.locator("[data-panel=loss] .scatterlayer .trace")).to_have_count(4)
    page.wait_for_url(re.compile("run="), timeout=15_000)
    page.reload()
    expect(page.get_by_text("finished · step 40 of 40")).to_be_visible(timeout=SECONDS)
    page.get_by_role("radio", name="What a loss reaches").click()
    expect(page.locator(".unroll-reading").first).to_contain_text("Weights of training step 40", timeout=SECONDS)


def test_a_link_to_a_run_alone_sets_the_controls_as_it_was_started(truncation, server: str) -> None:
    page = truncation(f"show=train&{SMALL}")
    page.locator(".st-key-c_train button").click()
    page.wait_for_url(re.compile("run="), timeout=15_000)
    expect(page.get_by_text("finished · step 40 of 40")).to_be_visible(timeout=SECONDS)
    (run,) = re.findall(r"run=([^&]+)", page.url)
    page.goto(f"{server}/truncation?run={run}")
    expect(page.get_by_label("Timesteps T")).to_have_value("20", timeout=SECONDS)
    expect(page.get_by_text("finished · step 40 of 40")).to_be_visible(timeout=SECONDS)


def test_a_sweep_is_drawn_while_it_goes_on_and_can_be_ended(truncation) -> None:
    page = truncation("show=lag&c_units=4&c_steps=20")
    assert "whole sequence 95% right up to lag 29" in readings(page, 1)[0]
    page.locator(".st-key-cut-sweep-train button").click()
    expect(page.locator("[data-panel=newest-point] .unroll-reading")).to_contain_text("of 15: T =", timeout=SECONDS)
    page.locator(".st-key-end button").click()
    expect(page.get_by_text(re.compile("^ended · step"))).to_be_visible(timeout=SECONDS)
    page.locator(".st-key-cut-sweep-leave button").click()
    expect(page.locator("[data-panel=lag] .unroll-reading")).to_contain_text("up to lag 29", timeout=SECONDS)


def test_it_fits_a_phone_in_the_dark(truncation) -> None:
    page = truncation(SMALL, viewport={"width": 390, "height": 844}, color_scheme="dark")
    expect(page.locator("[data-panel=text] .unroll-reading")).to_contain_text("exactly 0", timeout=SECONDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
