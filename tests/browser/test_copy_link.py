"""The page's address, copied by a button."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser


def test_the_address_of_what_is_shown_is_copied(server: str, open_page) -> None:
    page = open_page(f"{server}/decoding?k=3", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click(timeout=60_000)
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url and "k=3" in copied
    expect(page.get_by_role("button", name="Copy link")).to_be_visible(timeout=10_000)  # and once more


def test_it_is_copied_too_where_browsers_give_pages_no_clipboard(server: str, open_page) -> None:
    page = open_page(f"{server}/decoding?k=3", permissions=["clipboard-read"])
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click(timeout=60_000)
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
