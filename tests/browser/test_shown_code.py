"""Show the code, on pages of each kind: it comes once it is opened."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser
PAGES = ("gradient-flow", "gates", "decoding", "attention?show=fusion")


@pytest.mark.parametrize("place", PAGES)
def test_the_code_of_a_page_is_drawn_once_it_is_opened(server: str, open_page, place: str) -> None:
    page = open_page(f"{server}/{place}")
    title = page.get_by_text("Show the code")
    expect(title).to_be_visible(timeout=60_000)
    code = page.locator("[data-testid=stCode]")
    expect(code).to_have_count(0)
    title.click()
    expect(code.first).to_contain_text("import", timeout=60_000)
