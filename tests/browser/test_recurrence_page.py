"""The Recurrence page in a real browser: copies of a cell that are stepped through, and the numbers of each step."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from core.training.measures_unrolled import UnrolledPass, unrolled
from core.training.moment import Moment
from dashboard.recurrence_asked import AskedUnrolled

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser
HOST = ".unroll-unrolled.drawn"
SLOW = 60_000


@pytest.fixture
def recurrence(server: str, open_page: Callable) -> Callable:
    """Open the page at an address, its model drawn."""

    def opened(rest: str = "", **options):
        page = open_page(f"{server}/recurrence?{rest}", **{"viewport": {"width": 1280, "height": 1800}, **options})
        page.locator(HOST).wait_for(timeout=SLOW)
        return page

    return opened


def passes_of(asked: AskedUnrolled) -> tuple[tuple[UnrolledPass, ...], ...]:
    config = asked.drawn
    assert config is not None
    return unrolled(Moment(config, 0), asked.passage).passes


def rows_of(page) -> list[list[float]]:
    """The sums and values of the table, a row a gate."""
    rows = page.locator(".unroll-sums tbody tr").all()
    found = [re.findall(r"[−-]?\d+\.\d+", row.inner_text()) for row in rows]
    return [[float(number.replace("−", "-")) for number in row] for row in found]


@pytest.mark.parametrize(("cell", "unit", "t"), [("rnn", 0, 2), ("lstm", 4, 5)])
def test_the_table_holds_the_models_own_sums_and_gates(recurrence, cell: str, unit: int, t: int) -> None:
    page = recurrence(f"r_model={cell}&r_unit={unit}&r_t={t}")
    (one,) = passes_of(AskedUnrolled(cell))[0]
    for gate, shown in zip(one.from_input, rows_of(page), strict=True):
        parts = one.from_input[gate][t, unit], one.from_state[gate][t, unit]
        assert shown == pytest.approx([*parts, sum(parts), one.planes[gate][t, unit]], abs=6e-4)


def test_arrow_keys_go_through_time_and_units_and_the_address_keeps_the_place(recurrence) -> None:
    page = recurrence()
    expect(page.locator(".unroll-chain .copy.later")).to_have_count(2)
    page.locator(HOST).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".unroll-sums-title")).to_have_text(re.compile("Unit 1 at t = 3"))
    page.wait_for_url(lambda address: "r_t=3" in address and "r_unit=1" in address, timeout=SLOW)
    page.keyboard.press("Home")
    expect(page.locator(".unroll-sums-title")).to_have_text(re.compile("Unit 1 at t = 0"))
    expect(page.locator(".unroll-chain .copy.later")).to_have_count(4)


def test_a_click_on_a_copy_of_the_second_layer_looks_at_it(recurrence) -> None:
    page = recurrence("r_show=stack&r_model=gru")
    copies = page.locator(".unroll-chain .copy")
    expect(copies).to_have_count(10)
    page.get_by_role("button", name="Layer 2, t = 1").click()
    expect(page.locator(".unroll-chain .copy.here")).to_have_attribute("aria-label", "Layer 2, t = 1")
    page.wait_for_url(lambda address: "r_layer=1" in address, timeout=SLOW)


def test_layers_and_gates_are_reached_by_keys(recurrence) -> None:
    page = recurrence("r_show=stack&r_model=gru")
    page.locator(HOST).focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".unroll-chain .copy.here")).to_have_attribute("aria-label", "Layer 2, t = 2")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".unroll-sums tr.chosen th")).to_have_text("z")
    expect(page.locator(".unroll-chain .copy.here")).to_have_attribute("aria-label", "Layer 2, t = 2")


def test_a_layer_that_reads_backwards_is_stepped_through_from_the_end(recurrence) -> None:
    page = recurrence("r_show=both&r_model=rnn&r_direction=1&r_t=9")
    (_, reverse) = passes_of(AskedUnrolled("rnn", both=True))[0]
    assert rows_of(page)[0][:2] == pytest.approx(
        [reverse.from_input["hidden"][9, 0], reverse.from_state["hidden"][9, 0]], abs=6e-4
    )
    expect(page.locator(".unroll-chain .copy.later")).to_have_count(3)


def test_which_states_a_change_reaches_is_read_out(recurrence) -> None:
    page = recurrence("r_show=both&r_edit=4")
    sentence = page.locator("[data-panel=changes] .unroll-reading")
    expect(sentence).to_contain_text("leaves the 4 forward states", timeout=SLOW)
    expect(sentence).to_contain_text("11 of 11", timeout=SLOW)


def test_the_shipped_model_says_what_it_expects(recurrence) -> None:
    page = recurrence()
    page.get_by_text("The shipped LSTM", exact=True).click()
    expect(page.locator(".unroll-cell-said")).to_contain_text("expects next", timeout=SLOW)
    expect(page.locator(".unroll-sums-note").last).to_contain_text("(1024 × 256)", timeout=SLOW)


def test_a_text_that_is_typed_is_read(recurrence) -> None:
    page = recurrence()
    box = page.get_by_label("Text that is read")
    box.fill("abc")
    box.press("Enter")
    expect(page.locator(".unroll-chain .copy")).to_have_count(3, timeout=SLOW)


@pytest.mark.parametrize("show", ["step", "stack", "both"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_every_section_without_scrolling_aside(recurrence, show: str, scheme: str) -> None:
    page = recurrence(f"r_show={show}", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.get_by_text("What am I seeing?").wait_for()
    overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
