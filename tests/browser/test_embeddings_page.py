"""The Embeddings page in a real browser: the space and its neighbours, a click, a live run, vectors of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PICTURES = {"space": 2, "rows": 1, "lookup": 3, "pretrained": 1, "words": 2}


@pytest.fixture
def embeddings(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, seen whole."""

    def opened(rest: str = "", **options):
        return open_page(f"{server}/embeddings?{rest}", **{"viewport": {"width": 1280, "height": 2400}, **options})

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


@pytest.mark.parametrize(("section", "count"), PICTURES.items())
def test_each_section_shows_its_pictures_and_reads_them_out(embeddings, section: str, count: int) -> None:
    page = embeddings(f"show={section}")
    expect(shown(page)).to_have_count(count, timeout=60_000)
    for reading in page.locator("[data-panel] .unroll-reading").all():
        expect(reading).to_contain_text(re.compile(r"\d"), timeout=30_000)


def test_a_click_on_a_point_looks_at_its_token_and_the_address_holds_it(embeddings) -> None:
    page = embeddings()
    expect(shown(page)).to_have_count(2, timeout=60_000)
    press(page, "space", 20)
    page.wait_for_url(re.compile(r"e_token="), timeout=15_000)
    expect(page.locator("[data-panel=neighbours] .unroll-reading")).not_to_contain_text("Nearest to “3”")


def test_a_run_moves_its_points_while_it_trains_and_its_link_shows_it_again(embeddings, open_page) -> None:
    page = embeddings("e_who=own&e_task=recall&e_size=2&e_T=5&e_H=8&e_batch=8&e_steps=60&e_lr=0.01")
    space = page.locator("[data-panel=space] .unroll-reading")
    expect(space).to_contain_text("it went 0 from where it began", timeout=60_000)
    page.locator(".st-key-e_train button").click()
    expect(page.get_by_text("finished", exact=False).first).to_be_visible(timeout=120_000)
    expect(space).to_contain_text(re.compile(r"At training step 60|it went 0\.\d+"), timeout=30_000)
    again = open_page(page.url, viewport={"width": 1280, "height": 2400})
    expect(again.locator("[data-panel=space] .unroll-reading")).to_contain_text(
        re.compile(r"it went 0?\.?\d"), timeout=60_000
    )
    again.get_by_text("Row by row").click()
    expect(again.locator("[data-panel=movement] .unroll-reading")).to_contain_text("rows", timeout=60_000)


def test_a_file_of_vectors_is_read_kept_and_chosen(embeddings, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    words = {"open": "1 0 0", "close": "1 1 0", "read": "1 0 1", "over": "1 1 1", "table": "-1 0 0.1"}
    path.write_text("".join(f"{word} {numbers}\n" for word, numbers in words.items()))
    page = embeddings("show=words&e_a=open&e_b=close&e_c=read")
    page.get_by_role("button", name="Vectors of your own").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Read the upload").click()
    expect(page.locator("[data-panel=analogy] .unroll-reading")).to_contain_text("“read” to “over”", timeout=60_000)


def test_a_malformed_file_is_refused_by_its_line(embeddings, tmp_path: Path) -> None:
    path = tmp_path / "broken.txt"
    path.write_text("the 1 2 3\nof 4 5\n")
    page = embeddings("show=words")
    page.get_by_role("button", name="Vectors of your own").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Read the upload").click()
    expect(page.get_by_text("line 2 must hold a word and 3 numbers", exact=False)).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("section", ["space", "lookup"])
def test_a_phone_has_no_sideways_scroll(embeddings, section: str) -> None:
    page = embeddings(f"show={section}", viewport={"width": 390, "height": 2400}, color_scheme="dark")
    expect(shown(page).first).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
