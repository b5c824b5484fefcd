"""The Decoding page in a real browser: the tree and what it forces, every section with its picture and its sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

DRAWN = ".unroll-search.drawn:not(.busy)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
TEXT = "of=shipped&prefix=def+&by=beam&k=4&most=20&least=0"
SECTIONS = {
    "accounts": ("mass", "After 4 steps 0.048 of all probability"),
    "sizes": ("sizes", "The best there is, “A C B [stop]”, is found from k = 2"),
    "methods": ("costs", "counts are exact"),
    "penalty": ("penalty", "“A B C [stop]” wins"),
    "next": ("next", "the likeliest is “A” with 0.5"),
}


@pytest.fixture
def decoding(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, seen whole."""

    def opened(rest: str = "", **options):
        options = {"viewport": {"width": 1280, "height": 2000}, **options}
        return open_page(f"{server}/decoding?{rest}", **options)

    return opened


def test_the_first_picture_is_a_search_that_greedy_loses(decoding) -> None:
    page = decoding()
    page.wait_for_selector(DRAWN, timeout=90_000)
    expect(page.get_by_text("The best there is was missed")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("ranked 2, 0.2877 nats").first).to_be_visible()


def test_decode_from_here_forces_the_node_and_says_so_in_the_address(decoding) -> None:
    page = decoding("node=0,2")
    page.wait_for_selector(DRAWN, timeout=90_000)
    page.locator("button", has_text="Decode from here").click()
    page.wait_for_url(re.compile(r"forced=0%2C2|forced=0,2"), timeout=30_000)
    expect(page.get_by_text("begins with the 2 tokens")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("This is the best there is")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Let it go").click()
    expect(page.get_by_text("The best there is was missed")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_its_picture_and_its_sentence(decoding, section: str) -> None:
    panel, says = SECTIONS[section]
    page = decoding(f"show={section}")
    expect(page.locator(f"[data-panel={panel}] .main-svg").first).to_be_visible(timeout=90_000)
    expect(page.get_by_text(says).first).to_be_visible(timeout=60_000)


def test_a_situation_is_one_click_and_in_the_address(decoding) -> None:
    page = decoding()
    page.wait_for_selector(DRAWN, timeout=90_000)
    page.get_by_role("radio", name="Python code").click()
    page.wait_for_url(re.compile("of=shipped.*prefix=def|prefix=def.*of=shipped"), timeout=30_000)
    expect(page.get_by_text("formatter_filename").first).to_be_visible(timeout=60_000)
    page.reload()
    page.wait_for_selector(DRAWN, timeout=90_000)
    expect(page.get_by_text("A beam of 4 writes a plausible name", exact=False)).to_be_visible(timeout=30_000)


def test_beside_each_hypothesis_stands_where_it_looked(decoding) -> None:
    page = decoding("of=shipped:french-names:lstm-dot-h128&by=beam&k=4&most=40&least=0&prefix=")
    page.wait_for_selector(DRAWN, timeout=90_000)
    said = page.locator(".unroll-search-looked .said")
    expect(said).to_contain_text("of the attention on", timeout=60_000)
    last = said.inner_text()
    matrix = page.locator(".unroll-search-looked canvas")
    matrix.focus()
    matrix.press("ArrowUp")
    expect(said).not_to_have_text(last)
    assert page.locator(".unroll-search-looked .source span").count() == len("Maltese Pound") + 1
    page.locator(".unroll-search-plane").press("ArrowLeft")
    expect(said).to_contain_text("“e” was written", timeout=30_000)


def test_the_tree_of_a_text_fits_a_phone_and_a_prefix_is_typed(decoding) -> None:
    page = decoding(TEXT, **PHONE)
    page.wait_for_selector(DRAWN, timeout=90_000)
    expect(page.get_by_text("was missed")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    typed = page.get_by_label("Prefix")
    typed.fill("import ")
    typed.press("Enter")
    page.wait_for_url(re.compile("prefix=import"), timeout=30_000)
    expect(page.get_by_text("P(“==")).to_be_visible(timeout=60_000)


def test_the_whole_tree_is_taken_home(decoding) -> None:
    page = decoding("by=exhaustive")
    page.wait_for_selector(DRAWN, timeout=90_000)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Tree (JSON)").click()
    tree = json.loads(downloading.value.path().read_text())
    assert len(tree["nodes"]) == 1 + 4 + 12 + 36 + 108 and tree["hypotheses"][0]["text"] == "ACB[stop]"
