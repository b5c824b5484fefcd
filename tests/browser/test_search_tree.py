from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from core.decoding import PRESETS, beam_search, best_first_search
from core.decoding.presets import GREEDY_LOSES, TWO_LOSES_TO_THREE, Preset
from core.recordings.search import Search
from core.recordings.search_tree import Status

pytestmark = pytest.mark.browser
SYMBOLS = GREEDY_LOSES.symbols
A, B, C, STOP = range(4)
WORDS = {Status.END_DROPPED: "end dropped"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
QUESTION = "model=preset:greedy-loses&method=beam&size=2"
WIDER = "model=preset:two-loses-to-three&method=beam&size=2"


class Drawn(NamedTuple):
    """A box of the exported drawing."""

    token: str
    percent: str
    word: str
    rank: str


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/search_page"


@pytest.fixture
def show(address: str, open_page: Callable) -> Callable:
    """Open a page with the tree of a question; `options` are Playwright's."""

    def shown(question: str = QUESTION, **options):
        page = open_page(f"{address}?{question}", **options)
        wait_drawn(page)
        return page

    return shown


def wait_drawn(page) -> None:
    page.wait_for_selector(".unroll-search.drawn:not(.busy)", timeout=90_000)


def search_of(preset: Preset, size: int) -> Search:
    step, state = preset.model()
    settings = {"max_length": preset.max_length, "eos": preset.eos, "start": preset.start, "rules": preset.rules}
    return beam_search(step, state, beam_size=size, **settings)


def press(page, *keys: str) -> None:
    page.locator(".unroll-search-plane").focus()
    for key in keys:
        page.keyboard.press(key)


def drawing(page) -> ElementTree.Element:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the tree as a drawing").click()
    return ElementTree.fromstring(Path(waiting.value.path()).read_text())


def texts(page) -> list[str]:
    return [element.text or "" for element in drawing(page).iter("{http://www.w3.org/2000/svg}text")]


def boxes(page) -> list[Drawn]:
    """Every box of the drawing but the root's."""
    words = texts(page)
    ranks = [place for place, word in enumerate(words) if re.fullmatch(r"#\d+", word)]
    return [Drawn(*words[place - 3 : place + 1]) for place in ranks]


def stubs(page) -> list[tuple[int, float]]:
    """Every count of what is not drawn, with its probability."""
    words = texts(page)
    places = [place for place, word in enumerate(words) if re.fullmatch(r"\+[\d,]+", word)]
    return [(int(words[place].replace(",", "")), float(words[place + 1].removeprefix("mass "))) for place in places]


def percent(share: float) -> str:
    if share >= 0.9995:
        return "100 %"
    return f"{100 * share:.1f} %" if share >= 0.0995 else f"{100 * share:#.2g} %"


def expected(search: Search, most: int | None = None) -> Counter[Drawn]:
    """The boxes there are to be, up to a step."""
    nodes = [node for node in search.tree.nodes[1:] if most is None or node.step <= most]
    return Counter(
        Drawn(
            SYMBOLS[node.token],
            percent(np.exp(node.step_log_prob)),
            "pushed out" if node.left else WORDS.get(node.status, str(node.status)),
            f"#{node.rank}",
        )
        for node in nodes
        if np.isfinite(node.step_log_prob)
    )


def inspected(page, name: str) -> str:
    """A number of the node that is looked at."""
    term = page.locator(".unroll-search-inspector dt", has_text=re.compile(f"^{re.escape(name)}$"))
    return term.locator("xpath=following-sibling::dd[1]").text_content()


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("∞", "inf"))


def text_of(page) -> str:
    return page.locator(".unroll-search-inspector mark").text_content()


def script_runs(page) -> int:
    return int(page.get_by_text("script runs: ").text_content().removeprefix("script runs: "))


@pytest.mark.parametrize(("preset", "size"), [("greedy-loses", 2), ("two-loses-to-three", 3), ("best-is-empty", 2)])
def test_every_node_is_the_searches(show: Callable, preset: str, size: int) -> None:
    page = show(f"model=preset:{preset}&method=beam&size={size}&pruned=all")
    found = Counter(one for one in boxes(page) if one.percent not in ("0 %", "0.0 %"))
    assert found == expected(search_of(PRESETS[preset], size))


def test_the_node_looked_at_first_is_the_winner(show: Callable) -> None:
    page = show()
    best = search_of(GREEDY_LOSES, 2).hypotheses[0]
    assert text_of(page) == "".join(SYMBOLS[token] for token in best.tokens) == "ACB[stop]"
    assert number(inspected(page, "log P")) == pytest.approx(best.log_prob, abs=5e-4)
    factors = page.locator(".unroll-search-inspector .factor").all_text_contents()
    shares = [float(factor.split()[-2]) / 100 for factor in factors]
    assert np.prod(shares) == pytest.approx(np.exp(best.log_prob), rel=1e-3)
    assert page.locator(".product").text_content().endswith("= 0.0540")


def test_a_pruned_node_says_rank_gap_and_reason(show: Callable) -> None:
    page = show(f"{WIDER}&node={C}")
    search = search_of(TWO_LOSES_TO_THREE, 2)
    node = search.tree.nodes[search.tree.find((C,))]
    assert page.locator(".unroll-search-inspector h3").text_content() == node.status == "pruned"
    assert (inspected(page, "rank"), number(inspected(page, "gap"))) == ("3", pytest.approx(node.gap, abs=5e-4))
    said = page.locator(".fate").text_content()
    assert said == f"Pruned: rank 3 of its step; its score is {-node.gap:.3f} below the last one kept."


def test_arrow_keys_walk_and_python_hears_where_one_rests(show: Callable) -> None:
    page = show(f"{QUESTION}&pruned=all")
    before = script_runs(page)
    press(page, "Home", "ArrowRight")
    assert text_of(page) == "A"
    press(page, "ArrowDown")
    assert text_of(page) == "B"
    press(page, "ArrowUp", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert text_of(page) == "AC"
    page.get_by_text(f"heard: TreeResult(node=({A}, {C}), step=None, pruned='all'").wait_for()
    assert script_runs(page) < before + 4  # not one a key
    press(page, "Enter")
    assert page.evaluate("document.activeElement.classList.contains('unroll-search-inspector')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('unroll-search-plane')")


def test_at_a_step_there_is_what_the_search_knew_then(show: Callable) -> None:
    page, search = show(f"{QUESTION}&pruned=all&at=1"), search_of(GREEDY_LOSES, 2)
    for step, (kept, finished, pruned) in enumerate(search.tree.mass(), 1):
        found = Counter(one for one in boxes(page) if one.percent not in ("0 %", "0.0 %"))
        assert found == expected(search, step)
        said = page.locator(".unroll-search-step").text_content()
        shares = [float(share) for share in re.findall(r"(?:kept|finished|pruned) ([\d.]+)", said)]
        assert shares == pytest.approx([kept, finished, pruned], abs=5e-4) and f"step {step} of 4" in said
        press(page, ".")
    page.get_by_text("4 steps, 4 model calls").wait_for()
    assert "cut" not in texts(page)


def test_a_line_divides_the_kept_from_the_pruned(show: Callable) -> None:
    page = show(f"{QUESTION}&pruned=all&at=2")
    sheet = drawing(page)
    found = [(element.text, float(element.get("y"))) for element in sheet.iter("{http://www.w3.org/2000/svg}text")]
    line = next(y for text, y in found if text == "cut")
    frontier = max(float(e.get("x")) for e in sheet.iter("{http://www.w3.org/2000/svg}text") if e.text == "kept")
    words = [
        (element.text, float(element.get("y")))
        for element in sheet.iter("{http://www.w3.org/2000/svg}text")
        if element.text in ("kept", "pruned") and float(element.get("x")) == frontier
    ]
    assert {text for text, y in words if y < line} == {"kept"} and {text for text, y in words if y > line} == {"pruned"}
    assert Counter(text for text, _ in words)["kept"] == 2


def test_the_slider_goes_through_the_steps(show: Callable) -> None:
    page = show()
    slider = page.locator(".unroll-search-bar input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("after step 4 of 4").wait_for()
    page.keyboard.press("Home")
    page.get_by_text("after step 1 of 4").wait_for()
    assert slider.get_attribute("aria-valuetext").startswith("after step 1 of 4: kept 0.7, finished 0, pruned 0.3")
    page.get_by_text("step=1, pruned='best'").wait_for()
    page.get_by_role("button", name="Show the search as it ended").click()
    page.get_by_text("step=None, pruned='best'").wait_for()


def test_an_exact_search_is_replayed_hypothesis_by_hypothesis(show: Callable) -> None:
    preset = GREEDY_LOSES
    page = show(f"model=preset:{preset.key}&method=best-first&returned=1&pruned=all&at=3")
    step, state = preset.model()
    settings = {"max_length": preset.max_length, "eos": preset.eos, "start": preset.start, "rules": preset.rules}
    tree = best_first_search(step, state, **settings).tree
    taken = list(dict.fromkeys(tree.parent[1:].tolist()))
    assert page.locator(".unroll-search-step").text_content() == f"after 3 of {len(taken)} hypotheses taken up"
    known = int(np.isin(tree.parent, taken[:3]).sum())
    assert len(boxes(page)) + sum(count for count, _ in stubs(page)) == known
    assert sum(one.word == "kept" for one in boxes(page)) == 2  # the root is the third


def test_what_is_not_drawn_is_counted_with_its_probability(show: Callable) -> None:
    page = show(f"{WIDER}&pruned=none")
    search = search_of(TWO_LOSES_TO_THREE, 2)
    found, counted = boxes(page), stubs(page)
    assert [one for one in found if one.word == "pruned"] == [Drawn("C", "29.0 %", "pruned", "#3")]  # the true best's
    assert len(found) + sum(count for count, _ in counted) == len(search.tree) - 1
    tree = search.tree
    leaves = np.setdiff1d(np.arange(len(tree)), tree.parent)
    ends = tree.log_prob[leaves][~tree.has(Status.PRUNED)[leaves]]
    assert np.exp(ends).sum() + 0.29 + sum(mass for _, mass in counted) == pytest.approx(1, abs=3e-3)


def test_what_is_counted_can_be_listed(show: Callable) -> None:
    page = show(f"{WIDER}&pruned=none&node={A}")
    before, stubs_before = len(boxes(page)), len(stubs(page))
    page.get_by_role("button", name="Give a node to each listed token that may follow").click()
    page.get_by_role("button", name="Give a node to each listed token that may follow").wait_for(state="hidden")
    tree = search_of(TWO_LOSES_TO_THREE, 2).tree
    opened = [node for node in tree.nodes if node.parent == tree.find((A,)) and node.status is Status.PRUNED]
    assert len(boxes(page)) == before + len(opened) and len(stubs(page)) == stubs_before - 1


def test_a_folded_node_counts_all_below_it(show: Callable) -> None:
    page = show(f"{QUESTION}&pruned=all&node={A}")
    before = len(boxes(page))
    press(page, " ")
    search = search_of(GREEDY_LOSES, 2)
    below = [node for node in search.tree.nodes if node.step > 1 and search.tree.path(node.id)[0] == A]
    assert len(boxes(page)) == before - len(below)
    assert (len(below), 0.5) in stubs(page)
    page.get_by_role("button", name="Hide or show what is below this node").click()
    assert len(boxes(page)) == before


def test_below_a_pruned_node_the_model_says_what_would_have_followed(show: Callable) -> None:
    page = show(f"{WIDER}&node={C}")
    page.get_by_role("button", name="Ask the model what would have followed").click()
    page.locator(".unroll-search-legend", has_text="explored 4").wait_for()
    table = TWO_LOSES_TO_THREE.table[(C,)]
    press(page, "ArrowRight")
    assert text_of(page) == "C[stop]" and number(inspected(page, "P")) == pytest.approx(0.29 * table[STOP], abs=5e-4)
    press(page, "ArrowDown")
    assert text_of(page) == "CA" and page.locator(".unroll-search-inspector h3").text_content() == "explored"
    page.get_by_role("button", name="Ask the model what would have followed").click()
    page.locator(".unroll-search-legend", has_text="explored 8").wait_for()


def test_bars_are_the_models_distribution_with_the_cut(show: Callable) -> None:
    page = show(f"{QUESTION}&node={A}")
    page.locator(".unroll-search-next h4", has_text="What may follow").wait_for()
    bars = page.locator(".unroll-search-next li:not(.cut)")
    found = dict(zip(bars.locator("code").all_text_contents(), bars.locator("output").all_text_contents(), strict=True))
    wanted = zip(SYMBOLS, GREEDY_LOSES.otherwise[1], strict=True)
    assert found == {symbol: percent(share) for symbol, share in wanted}
    rows = page.locator(".unroll-search-next li").all_text_contents()
    assert [row[0] for row in rows[:2]] == ["B", "C"] and rows[2].startswith("cut")


def test_decoding_goes_on_from_a_node(show: Callable) -> None:
    page = show(f"{WIDER}&node={C}")
    page.get_by_role("button", name="Search again, with these tokens forced as the beginning").click()
    page.get_by_text(f"forced: ({C},)").wait_for()
    page.locator(".unroll-search-notes", has_text="Beam of 2").wait_for()
    wait_drawn(page)
    page.get_by_role("button", name="Show all of the tree").click()
    press(page, "End")
    page.wait_for_function("document.querySelector('.unroll-search-inspector mark').textContent === 'C[stop]'")


def test_a_click_looks_at_a_node_and_the_wheel_zooms_about_the_pointer(show: Callable) -> None:
    page = show(f"{QUESTION}&pruned=all")
    press(page, "Home")
    box = page.locator(".unroll-search-plane").bounding_box()
    place = find_box(page, box)
    page.mouse.click(*place)
    chosen = text_of(page)
    assert chosen != "∅"
    page.mouse.wheel(0, 300)
    press(page, "Home")
    page.mouse.click(*place)
    assert text_of(page) == chosen


def find_box(page, box) -> tuple[float, float]:
    """A place on the plane where a node is, as the pointer says."""
    for down in range(int(box["height"]) // 2, int(box["height"]), 20):
        for right in range(int(box["width"]) // 3, int(box["width"]), 30):
            place = box["x"] + right, box["y"] + down
            page.mouse.move(*place)
            if page.locator(".unroll-search-plane.pointing").count():
                return place
    raise AssertionError("no node stands in the lower half")


def test_two_fingers_zoom(show: Callable) -> None:
    page = show(**PHONE)
    before = page.locator(".unroll-search-plane").screenshot()
    page.evaluate(
        """() => {
          const plane = document.querySelector('.unroll-search-plane');
          plane.setPointerCapture = () => {};
          const box = plane.getBoundingClientRect();
          const send = (type, id, x) => plane.dispatchEvent(new PointerEvent(type, {
            pointerId: id, pointerType: 'touch', clientX: box.left + x, clientY: box.top + 100, bubbles: true }));
          send('pointerdown', 1, 100); send('pointerdown', 2, 140);
          for (let x = 140; x <= 260; x += 20) send('pointermove', 2, x);
          send('pointerup', 1, 100); send('pointerup', 2, 260);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.locator(".unroll-search-plane").screenshot() != before


def test_the_older_picture_stays_until_the_next_is_there(show: Callable) -> None:
    page = show(f"{WIDER}&node={C}")
    held = []
    page.route("**/unroll/search?*forced*", lambda route: held.append(route))
    page.get_by_role("button", name="Search again, with these tokens forced as the beginning").click()
    page.wait_for_selector(".unroll-search.busy")
    assert text_of(page) == "C" and page.locator(".unroll-search.drawn").count() == 1
    assert len(held) == 1
    held[0].continue_()
    wait_drawn(page)


def test_what_cannot_be_searched_is_a_sentence_and_can_be_asked_again(address: str, chromium) -> None:
    page = chromium.new_page()
    page.goto(f"{address}?model=preset:none")
    page.locator(".unroll-search-trouble", has_text="a table is one of").wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Ask the server again").is_visible()
    page.close()


def test_nothing_of_the_server_is_taken_for_markup(address: str, open_page: Callable) -> None:
    page = open_page(f"{address}?{QUESTION}")
    wait_drawn(page)
    evil = "<img src=x onerror=alert(1)>"

    def poison(route) -> None:
        answer = route.fetch().json()
        answer |= {"symbols": [evil] * 4, "method": evil, "stopped": evil, "best_status": evil, "reasons": [evil] * 15}
        route.fulfill(body=json.dumps(answer), content_type="application/json")

    page.route("**/unroll/search?*", poison)
    page.reload()
    wait_drawn(page)
    page.locator(".unroll-search-inspector mark", has_text="<img").wait_for()
    page.locator(".unroll-search-next code", has_text="<img").first.wait_for()
    assert page.locator(".unroll-search img").count() == 0


def test_a_phone_has_the_inspector_below_and_nothing_sticks_out(show: Callable) -> None:
    page = show(**PHONE)
    edges = page.evaluate(
        "[...document.querySelectorAll('.unroll-search *')].map((node) => node.getBoundingClientRect().right)"
    )
    assert max(edges) <= 390
    plane, inspector = (page.locator(f".unroll-search-{part}").bounding_box() for part in ("plane", "inspector"))
    assert inspector["y"] >= plane["y"] + plane["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_has_the_themes_paper_and_colours_by_status(show: Callable, scheme: str) -> None:
    page = show(f"{QUESTION}&pruned=all", color_scheme=scheme)
    page.wait_for_function("getComputedStyle(document.querySelector('.unroll-search-plane canvas')).opacity === '1'")
    pixels = Image.open(io.BytesIO(page.locator(".unroll-search-plane canvas").screenshot())).convert("RGB")
    colors = set(pixels.get_flattened_data())
    assert (sum(pixels.getpixel((5, 5))) < 300) == (scheme == "dark")
    kept, finished, pruned, winner = (0x1C, 0x7F, 0xC4), (0x00, 0x9E, 0x73), (0x80, 0x86, 0x8F), (0xD5, 0x5E, 0x00)
    assert {kept, finished, pruned, winner} <= colors


def test_the_picture_can_be_taken_home(show: Callable) -> None:
    page = show()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the tree as a picture").click()
    picture = Image.open(waiting.value.path())
    assert picture.width > 1000 and len(set(picture.convert("RGB").get_flattened_data())) > 10


def test_who_hears_the_page_hears_the_node(show: Callable) -> None:
    page = show(f"{QUESTION}&pruned=all")
    assert page.locator(".unroll-search-plane").get_attribute("aria-label").startswith("The search tree. Arrow keys")
    press(page, "Home", "ArrowRight")
    page.locator(".unroll-search-spoken[aria-live]", has_text="A, 50.0 %, token 1. Kept: rank 1").wait_for(
        state="attached"
    )


def test_the_shipped_model_searches_text(show: Callable) -> None:
    page = show("model=shipped&prefix=import&method=beam&size=2&length=4")
    assert page.locator(".unroll-search-inspector .prefix").text_content() == "import"
    assert page.locator(".unroll-search-notes").text_content().count("Beam of 2") == 1
