"""Home in a real browser: a live picture, two doors, a card with a question and a picture for every view."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.widgets.home_cards import present_cards

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser
SLOW = 60_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_has_a_card_with_its_question_and_a_picture_that_loads(
    server: str, open_page: Callable, scheme: str
) -> None:
    page = open_page(server, viewport={"width": 1280, "height": 2000}, color_scheme=scheme)
    expect(page.locator(".js-plotly-plot .trace")).to_have_count(4, timeout=SLOW)
    for card in present_cards():
        expect(page.get_by_text(card.question)).to_be_visible(timeout=SLOW)
        picture = page.get_by_alt_text(card.alt)
        expect(picture).to_be_visible(timeout=SLOW)
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())


def test_a_card_opens_its_view(server: str, open_page: Callable) -> None:
    page = open_page(server, viewport={"width": 1280, "height": 2000})
    page.get_by_role("main").get_by_role("link", name="RNNs summed up").click()
    expect(page.get_by_role("heading", name="RNNs summed up")).to_be_visible(timeout=SLOW)


def test_a_phone_shows_the_cards_below_each_other_without_scrolling_aside(server: str, open_page: Callable) -> None:
    page = open_page(server, viewport={"width": 390, "height": 844})
    page.get_by_text("Recent runs").wait_for(timeout=SLOW)
    overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
