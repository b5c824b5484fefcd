from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.rows import records
from tests.browser.apps.reading import IS_SHOWN, open_reader, place_of, said, script_runs, values

pytestmark = pytest.mark.browser
GATES = ("input", "forget", "candidate", "output", "cell", "hidden")
TEXT = 'def f(x):\n    return "a" + x  # why\n' * 3
CONFIG = TrainingConfig(
    TaskConfig("recall", length=12), (ModelConfig("gru", hidden_size=6),), steps=40, batch_size=4, learning_rate=0.1
)


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/reader_page"


@pytest.fixture
def reader(address: str, open_page: Callable):
    return open_reader(open_page, address, typed=TEXT)


def press(page, *keys: str) -> None:
    page.locator(".unroll-stack").focus()
    for key in keys:
        page.keyboard.press(key)


def wait_until_said(page, start: str) -> None:
    page.wait_for_function("start => document.querySelector('.unroll-said').textContent.startsWith(start)", arg=start)


def hear(page, text: str) -> None:
    """Wait for what Python heard."""
    page.get_by_text(text).wait_for()


def test_every_gate_has_a_map_with_colours_and_a_name(reader) -> None:
    for gate in GATES:
        picture = reader.locator(f".unroll-map[data-gate={gate}]")
        pixels = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
        assert len(set(pixels.crop((40, 25, 500, 90)).get_flattened_data())) > 20
        assert f"256 units by {len(TEXT)} timesteps" in picture.locator("canvas").get_attribute("aria-label")


def test_hovering_moves_one_cursor_everywhere_without_a_request_or_a_script_run(reader) -> None:
    runs_before, asked = script_runs(reader), []
    reader.on("request", lambda request: asked.append(request.url))
    for t in (30, 60, 90):
        reader.mouse.move(*place_of(reader, "cell", t, 100, len(TEXT), 256))
        wait_until_said(reader, f"t = {t} · unit 51")
        assert reader.locator(".unroll-text .current").text_content().strip("⏎\n") == TEXT[t].strip("\n")
    cursor = reader.locator(".unroll-cursor").bounding_box()
    x, _ = place_of(reader, "cell", 90, 0, len(TEXT), 256)
    assert cursor["x"] <= x <= cursor["x"] + cursor["width"]
    assert cursor["height"] > reader.locator(".unroll-map").last.bounding_box()["y"] - cursor["y"]
    reader.locator(".unroll-reader-state").hover()
    wait_until_said(reader, "t = 0")
    reader.wait_for_timeout(700)
    assert (asked, script_runs(reader)) == ([], runs_before)


def test_arrow_keys_move_timestep_and_unit_and_python_hears_it_once(reader) -> None:
    runs_before = script_runs(reader)
    press(reader, "ArrowRight", "ArrowRight", "PageDown", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowUp")
    wait_until_said(reader, "t = 11 · unit 52")
    hear(reader, "heard: ReaderResult(unit=52, cursor=11, brush=None)")
    press(reader, "End")
    wait_until_said(reader, f"t = {len(TEXT) - 1} · unit 52")
    assert reader.locator(".unroll-came").text_content() == "the text ends here"
    press(reader, "Home")
    wait_until_said(reader, "t = 0")
    hear(reader, "cursor=0, brush=None)")
    assert script_runs(reader) <= runs_before + 3


def test_a_click_on_a_row_chooses_its_unit_in_the_order_given(address: str, open_page: Callable) -> None:
    page = open_reader(open_page, address, typed=TEXT, reversed=1)
    page.mouse.click(*place_of(page, "forget", 20, 10, len(TEXT), 256))
    hear(page, "heard: ReaderResult(unit=245, cursor=20, brush=None)")
    assert said(page).startswith("t = 20 · unit 245")
    press(page, "ArrowDown")
    wait_until_said(page, "t = 20 · unit 244")


def test_a_drag_over_the_text_brushes_a_span_and_escape_clears_it(reader) -> None:
    letters = reader.locator(".unroll-text > span")
    letters.nth(4).hover()
    reader.mouse.down()
    letters.nth(8).hover()
    reader.mouse.up()
    hear(reader, "cursor=4, brush=(4, 8))")
    assert reader.locator(".unroll-text .brushed").count() == 5
    brush = reader.locator(".unroll-brush").bounding_box()
    assert brush["x"] == pytest.approx(place_of(reader, "cell", 3.5, 0, len(TEXT), 256)[0], abs=1)
    press(reader, "Escape")
    hear(reader, "cursor=4, brush=None)")


def test_shift_and_arrows_brush_in_the_text(reader) -> None:
    reader.locator(".unroll-text").focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        reader.keyboard.press(key)
    hear(reader, "cursor=4, brush=(1, 4))")


def test_matches_are_outlined_and_stepped_through(address: str, open_page: Callable) -> None:
    page = open_reader(open_page, address, typed=TEXT, highlights=[[5, 8, 0.75], [70, 74, 0.5]])
    assert page.locator(".unroll-text .matched").count() == 9
    page.get_by_role("button", name="Next match").click()
    wait_until_said(page, "t = 5 ")
    page.get_by_role("button", name="Next match").click()
    wait_until_said(page, "t = 70 ")
    assert page.locator(".unroll-matches output").text_content() == "match 2 of 2, likeness 0.50"


def test_a_drag_over_a_map_zooms_keys_zoom_and_a_double_click_shows_all(reader) -> None:
    start, end = (place_of(reader, "input", t, 50, len(TEXT), 256) for t in (20, 59))
    reader.mouse.move(*start)
    reader.mouse.down()
    reader.mouse.move(*end, steps=3)
    reader.mouse.up()
    reader.get_by_text(f"t 20–59 of {len(TEXT)}").wait_for()
    first = reader.get_by_role("slider", name="First timestep shown")
    assert first.get_attribute("aria-valuenow") == "20"
    first.focus()
    reader.keyboard.press("ArrowRight")
    reader.get_by_text(f"t 21–59 of {len(TEXT)}").wait_for()
    press(reader, "0")
    reader.get_by_text(f"{len(TEXT)} timesteps").wait_for()
    press(reader, "+", "+")
    reader.get_by_text(f"of {len(TEXT)}").wait_for()
    reader.mouse.dblclick(*place_of(reader, "input", 50, 50, len(TEXT), 256))
    reader.get_by_text(f"{len(TEXT)} timesteps").wait_for()


def test_the_window_follows_the_cursor(reader) -> None:
    press(reader, "+", "+", "+", "End")
    reader.get_by_text(f"{len(TEXT) - 1} of {len(TEXT)}").wait_for()
    reader.get_by_role("combobox", name="Rows").select_option("16 units")
    press(reader, *["ArrowDown"] * 20)
    wait_until_said(reader, f"t = {len(TEXT) - 1} · unit 71")


def test_the_table_holds_the_unit_in_single_precision(reader) -> None:
    with reader.expect_download() as coming:
        reader.get_by_role("button", name="Save all gates and states of this unit as a table").click()
    rows = list(csv.DictReader(Path(coming.value.path()).read_text().splitlines()))
    assert "".join(eval(row["symbol"]) for row in rows) == TEXT
    for row in rows[1:]:
        f, i, g, c = (float(row[f"{gate}_51"]) for gate in ("forget", "input", "candidate", "cell"))
        before = float(rows[int(row["t"]) - 1]["cell_51"])
        assert c == pytest.approx(f * before + i * g, rel=1e-5, abs=1e-5)


def test_the_maps_can_be_saved_as_one_picture(reader) -> None:
    with reader.expect_download() as coming:
        reader.get_by_role("button", name="Save the maps as a picture").click()
    size = Image.open(coming.value.path()).size
    assert size[0] > 500 and size[1] > 6 * 130


def test_what_cannot_be_read_is_said_in_a_sentence_with_a_way_to_try_again(address: str, chromium) -> None:
    page = chromium.new_page()
    page.goto(f"{address}?start=9999999")
    page.get_by_role("alert").get_by_text("begin earlier").wait_for()
    assert page.get_by_role("button", name="Ask the server again").is_visible()
    page.close()


@pytest.fixture
def gru_run(runs: Path) -> Iterator[tuple[RecordingWriter, Iterator]]:
    """A GRU in training, at its first step."""
    steps = train(CONFIG)
    with RecordingWriter.create(runs, config=CONFIG.to_dict(), seed=CONFIG.seed) as writer:
        step = next(steps)
        writer.append(step.step, {}, records(step))
        writer.flush()
        yield writer, steps


def test_a_gru_in_training_is_followed_to_its_newest_snapshot(address, open_page, gru_run) -> None:
    writer, steps = gru_run
    model = f"run:{writer.header.id}:{CONFIG.names[0]}"
    page = open_reader(open_page, address, model=model, gates="reset,update,new,hidden", units=6, unit=2, live=1)
    assert page.locator(".unroll-map").count() == 4
    assert page.locator(".unroll-next").is_hidden()
    state, first = page.locator(".unroll-reader-state"), values(page)
    assert "at step 0" in state.text_content()
    for step in steps:
        writer.append(step.step, {}, records(step))
    writer.flush()
    page.wait_for_function("!document.querySelector('.unroll-reader-state').textContent.includes('at step 0')")
    page.wait_for_function(IS_SHOWN)
    assert values(page) != first


@pytest.fixture
def sick_run(runs: Path) -> str:
    """A GRU that reads text, with one NaN among its recorded weights: W_ih of unit 2's reset gate."""
    config = TrainingConfig(
        TaskConfig("next_character", length=8, text="python-source"), (ModelConfig("gru", 6),), steps=1, batch_size=2
    )
    first = next(train(config))
    parameters = np.array(first.models[0].parameters)
    parameters[len(make_task(config.task).symbols) * 6 + 2 * 6] = np.nan
    with RecordingWriter.create(runs, config=config.to_dict(), seed=config.seed) as writer:
        writer.append(0, {}, {f"{config.names[0]}/parameters": parameters})
        writer.close(status="diverged")
        return f"run:{writer.header.id}:{config.names[0]}"


def test_a_nan_is_shown_as_such_in_maps_line_readout_and_text(address, open_page, sick_run) -> None:
    page = open_reader(open_page, address, model=sick_run, gates="reset,update,new,hidden", units=6, unit=2, typed=TEXT)
    assert page.locator(".unroll-reader-trouble").is_hidden()
    notes = [one.get_attribute("aria-label") for one in page.locator(".unroll-map canvas").all()]
    held = len(TEXT) * 6
    assert [f"{held - 6 + sick} NaN (grey)" in note for note, sick in zip(notes, (1, 0, 1, 1), strict=True)] == [
        True
    ] * 4
    picture = page.locator(".unroll-map[data-gate=hidden]")
    pixels = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
    middle = pixels.crop((100, 30, 500, 60)).getcolors()
    assert middle is not None and max(middle)[1] == (128, 128, 128)  # grey, not the colour of 0
    press(page, "ArrowRight", "ArrowRight")
    wait_until_said(page, "t = 2 · unit 2 · loss NaN nats (p = NaN)")
    assert page.locator(".unroll-value output").all_text_contents() == ["NaN"] * 4
    assert set(page.locator(".unroll-next output").all_text_contents()) == {"NaN"}
    assert "NaN (grey)" in page.locator(".unroll-lens-title").text_content()


def test_the_text_can_be_coloured_by_the_loss_and_a_cell_by_its_own_range(address, open_page) -> None:
    page = open_reader(open_page, address, typed=TEXT, lens="loss")
    assert "the loss" in page.locator(".unroll-lens-title").text_content()
    page = open_reader(open_page, address, typed=TEXT)
    colours = "[...document.querySelectorAll('.unroll-text > span')].map(span => span.style.background)"
    before = page.evaluate(colours)
    page.get_by_role("button", name="Colour the cell state by this unit's own largest value").click()
    page.wait_for_function(f"before => `${{{colours}}}` !== before", arg=",".join(before))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_can_be_read_on_its_colour(address, open_page, scheme: str) -> None:
    page = open_reader(open_page, address, {"color_scheme": scheme}, typed=TEXT)
    found = page.evaluate(
        "[...document.querySelectorAll('.unroll-text > span')].map(span => [span.style.background, span.style.color])"
    )
    assert min(contrast(*map(channels, pair)) for pair in found) > 4


def channels(color: str) -> list[float]:
    return [float(part) for part in color[4:-1].split(",")]


def contrast(one: list[float], other: list[float]) -> float:
    """WCAG 2.2."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: list[float]) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_phone_shows_one_column_nothing_sticks_out_and_two_taps_mark_a_span(address, open_page) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    page = open_reader(open_page, address, options, typed=TEXT)
    edges = page.evaluate(
        "[...document.querySelectorAll('.unroll-reader *')].filter(node => !node.closest('.unroll-context'))"
        ".map(node => node.getBoundingClientRect().right)"
    )
    assert max(edges) <= 390
    page.get_by_role("button", name="Mark a span").tap()
    page.locator(".unroll-text > span").nth(3).tap()
    page.locator(".unroll-text > span").nth(6).tap()
    hear(page, "brush=(3, 6))")
