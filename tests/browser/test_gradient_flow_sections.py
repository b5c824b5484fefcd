"""The sections of gradient flow in a real browser: pictures come, say what they show, and follow the scrubber."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PAGE = "/gradient-flow"
SECTIONS = {
    "why": ("Why", 6),
    "reach": ("Which loss", 1),
    "clipping": ("Clipping", 1),
    "remedies": ("Remedies", 2),
    "weights": ("Weights", 4),
    "powers": ("Without tanh", 2),
}
"""Key → title, and how many pictures are asked for before training."""


@pytest.fixture
def section(server: str, open_page: Callable) -> Callable:
    """Open a section at an address, seen whole."""

    def opened(show: str, rest: str = "", **options):
        options = {"viewport": {"width": 1280, "height": 2800}, **options}
        return open_page(f"{server}{PAGE}?show={show}{rest}", **options)

    return opened


def shown(page):
    return page.locator("[data-panel] [data-asked=shown] .main-svg:first-child")


def reading(page, panel: str):
    return page.locator(f"[data-panel={panel}] .unroll-reading")


@pytest.mark.parametrize("show", SECTIONS)
def test_every_picture_of_a_section_comes_with_its_sentence(section, show):
    page = section(show)
    _, pictures = SECTIONS[show]
    expect(shown(page)).to_have_count(pictures, timeout=60_000)
    readings = page.locator(".unroll-reading").all_text_contents()
    assert len(readings) == pictures and all(text.endswith(".") for text in readings)
    assert not any("*" in text for text in readings)


def test_the_sections_are_chosen_on_the_page_and_the_address_keeps_the_choice(section):
    page = section("compare", "&T=12")
    page.locator(".js-plotly-plot").first.wait_for()
    for show, (title, pictures) in SECTIONS.items():
        page.get_by_role("radio", name=title, exact=True).click()
        page.wait_for_url(re.compile(f"show={show}"))
        expect(shown(page)).to_have_count(pictures, timeout=60_000)
    assert "T=12" in page.url
    page.reload()
    expect(shown(page)).to_have_count(SECTIONS["powers"][1], timeout=60_000)


def test_the_measured_factor_follows_the_slider(section):
    page = section("powers", "&rho=0.8")
    expect(reading(page, "powers")).to_contain_text("each step back keeps 80 %", timeout=60_000)
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(reading(page, "powers")).to_contain_text("each step back keeps 81 %", timeout=60_000)
    page.wait_for_url(re.compile(r"rho=0\.81"))


def test_a_row_of_the_matrix_lights_up_the_characters_that_its_loss_reaches(section):
    page = section("reach", "&task=next_character&T=20&H=16")
    expect(shown(page)).to_have_count(2, timeout=60_000)
    strip = page.locator("[data-panel=reach] .unroll-strip")
    expect(strip.locator("span")).to_have_count(20)
    expect(strip).to_contain_text("t = 20")
    box = page.locator("[data-panel=reach] .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + box["height"] * 9.5 / 20)
    expect(strip).to_contain_text("t = 10")


POINT_OF_LAYER_2 = """() => { const plot = document.querySelector('[data-panel=layers-0] .js-plotly-plot');
    const box = plot.querySelector('.nsewdrag').getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
    return [box.x + xaxis.d2p(1), box.y + yaxis.d2p(plot._fullData[1].y[0])]; }"""


def at_rest(page, measure: str):
    """What is measured, once the page no longer moves it."""
    now, before = page.evaluate(measure), None
    while now != before:
        page.wait_for_timeout(500)
        now, before = page.evaluate(measure), now
    return now


def test_a_click_on_a_curve_chooses_its_layer(section):
    page = section("compare", "&layers=2&H=8&T=8&models=1")
    page.locator("[data-panel=layers-0] .js-plotly-plot .nsewdrag").wait_for()
    point = at_rest(page, POINT_OF_LAYER_2)
    page.mouse.move(*point)
    page.mouse.click(*point)
    page.wait_for_url(re.compile("layer=2"))
    expect(page.get_by_role("radio", name="2", exact=True)).to_be_checked()


def test_the_pictures_of_a_run_follow_the_scrubber(section):
    page = section("weights", "&T=8&H=8&batch=8&models=1&steps=60")
    weights = reading(page, "weights-0")
    expect(weights).to_contain_text("largest weight", timeout=60_000)
    before = weights.inner_text()
    page.locator(".st-key-train button").click()
    page.locator('[data-testid="stProgress"]', has_text="finished").wait_for(timeout=60_000)
    expect(page.locator("[data-panel=block_gradients-0] .heatmaplayer image")).to_have_count(1, timeout=30_000)
    expect(weights).not_to_contain_text(before, timeout=60_000)
    scrubber = page.get_by_role("slider", name="Training step shown")
    scrubber.evaluate("range => { range.value = 0; range.dispatchEvent(new Event('input')); }")
    expect(weights).to_have_text(f"At training step 0. {before}", timeout=60_000)


def test_with_and_without_clipping_is_one_click_and_ends_in_a_table(section):
    page = section("clipping", "&steps=40")
    page.locator(".st-key-clip-or-not button").click()
    page.locator('[data-testid="stProgress"]', has_text="finished").wait_for(timeout=120_000)
    expect(reading(page, "run-norms")).to_contain_text("not clipped", timeout=60_000)
    expect(page.locator("table tbody tr")).to_have_count(2)


@pytest.mark.parametrize("show", SECTIONS)
def test_no_section_sticks_out_of_a_phone(section, show):
    phone = {"viewport": {"width": 390, "height": 3000}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}
    page = section(show, "&task=next_character&T=20&H=8", **phone)
    expect(shown(page).first).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 4")
    rights = page.evaluate("[...document.querySelectorAll('.unroll-live *')].map(e => e.getBoundingClientRect().right)")
    assert max(rights) <= 391
