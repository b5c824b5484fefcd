from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from core.models.config import ModelConfig
from core.probes.intervention import Intervention, still_cell
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.moment import Moment
from core.training.reading import Passage, Reading, read
from core.training.rows import records
from core.training.start import SHIPPED
from dashboard.reading_asked import AskedReading, reading_question

pytestmark = pytest.mark.browser
TEXT = 'def f(x):\n    return "a" + x  # why\n'
UNIT, T = 51, 12
BOTH = ModelConfig("lstm", hidden_size=5, layers=2, bidirectional=True)
CONFIG = TrainingConfig(
    TaskConfig("recall", length=8),
    (ModelConfig("gru", 6), ModelConfig("relu_rnn", 6), ModelConfig("linear_rnn", 6), BOTH),
    steps=2,
    batch_size=4,
)
WORKINGS = str.maketrans({"×": "*", "−": "-"})
FORMS = {"σ": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh, "relu": lambda x: max(x, 0.0)}


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/cell_page"


@pytest.fixture(scope="session")
def run(runs: Path) -> str:
    with RecordingWriter.create(runs, config=CONFIG.to_dict(), seed=CONFIG.seed) as writer:
        for step in train(CONFIG):
            writer.append(step.step, {}, records(step))
        writer.close()
        return writer.header.id


@pytest.fixture
def show(address: str, open_page: Callable) -> Callable:
    """Open a page with the drawn cell of a reading; `options` are Playwright's."""

    def shown(asked: AskedReading, unit: int = UNIT, t: int = T, cell: str = "lstm", **options):
        query = urlencode({"question": reading_question(asked), "unit": unit, "t": t, "cell": cell})
        page = open_page(f"{address}?{query}", **options)
        page.wait_for_selector(".unroll-cell.drawn:not(.busy)", timeout=30_000)
        wait_for_place(page, unit, t)
        return page

    return shown


@pytest.fixture
def cell(show: Callable):
    """The shipped model's cell that reads TEXT."""
    return show(AskedReading(passage=Passage(typed=TEXT)))


def wait_for_place(page, unit: int, t: int) -> None:
    page.wait_for_function(
        "([unit, t]) => document.querySelector('.unroll-cell-bar output').textContent.startsWith(`t = ${t} of`)"
        " && document.querySelector('.unroll-cell-bar input[type=number]').valueAsNumber === unit",
        arg=[unit, t],
    )


def press(page, *keys: str) -> None:
    page.locator(".unroll-cell").focus()
    for key in keys:
        page.keyboard.press(key)


def number(page, part: str) -> float:
    return float(page.locator(f".node[data-part={part}] .number").text_content().replace("−", "-"))


def lines(page, part: str) -> list[str]:
    return page.locator(f".unroll-cell-equations li[data-part={part}] div p").all_text_contents()


def worked_out(line: str) -> float:
    """A line of an equation, such as "= 0.5 × (−2) + 3" or "= tanh(0.3)", in numbers."""
    return float(eval(line.removeprefix("=").translate(WORKINGS), {}, FORMS))  # noqa: S307


def verdicts(page) -> list[str]:
    return page.locator(".unroll-cell-equations .check:visible").all_text_contents()


def script_runs(page) -> int:
    return int(page.get_by_text("script runs: ").text_content().removeprefix("script runs: "))


def shipped_reading(hands: tuple[Intervention, ...] = ()) -> Reading:
    return read(SHIPPED, Passage(typed=TEXT), hands)


def test_every_number_is_the_models(cell) -> None:
    reading = shipped_reading()
    for gate in ("input", "forget", "candidate", "output", "cell", "hidden"):
        assert number(cell, gate) == pytest.approx(reading.plane(gate)[T, UNIT], rel=1e-3, abs=6e-4)
    for gate in ("cell", "hidden"):
        assert number(cell, f"{gate}Before") == pytest.approx(reading.plane(gate)[T - 1, UNIT], rel=1e-3, abs=6e-4)
    assert cell.locator(".node[data-part=read] .number").text_content() == TEXT[T].replace(" ", "·")


def test_the_equations_add_up_when_worked_out_by_hand(cell) -> None:
    for step in range(4):
        for part in ("input", "forget", "candidate", "output", "cell", "hidden"):
            found = [worked_out(line) for line in lines(cell, part) if ">" not in line]
            assert found == pytest.approx([found[-1]] * len(found), rel=2e-4, abs=1e-6)
        wanted = shipped_reading().plane("cell")[T + step, UNIT]
        assert worked_out(lines(cell, "cell")[-1]) == pytest.approx(wanted, rel=1e-5)
        assert [verdict[0] for verdict in verdicts(cell)] == ["✓", "✓"]
        press(cell, "ArrowRight")
        wait_for_place(cell, UNIT, T + step + 1)


def test_before_the_first_step_there_are_zeros(cell) -> None:
    press(cell, "Home")
    wait_for_place(cell, UNIT, 0)
    assert (number(cell, "cellBefore"), number(cell, "hiddenBefore")) == (0, 0)
    cell.locator(".node[data-part=cellBefore] .symbol").locator("..").focus()
    assert "begins with zeros" in cell.locator(".unroll-cell-words").text_content()
    assert [verdict[0] for verdict in verdicts(cell)] == ["✓", "✓"]


def test_arrow_keys_ask_nothing_of_the_server_and_python_hears_where_one_rests(cell) -> None:
    asked: list[str] = []
    cell.on("request", lambda request: asked.append(request.url))
    before = script_runs(cell)
    press(cell, "ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "PageDown", "End")
    cell.get_by_text(f"heard: DiagramResult(unit={UNIT - 1}, t={len(TEXT) - 1})").wait_for()
    assert asked == [] and script_runs(cell) == before + 1
    wait_for_place(cell, UNIT - 1, len(TEXT) - 1)


def test_space_plays_until_somebody_steps_in(cell) -> None:
    press(cell, " ")
    wait_for_place(cell, UNIT, T + 2)
    press(cell, "ArrowLeft")
    wait_for_place(cell, UNIT, T + 1)
    cell.wait_for_timeout(900)
    wait_for_place(cell, UNIT, T + 1)
    assert cell.get_by_role("button", name="Play, or press space").text_content() == "Play"


def test_a_click_on_a_square_looks_at_its_unit(cell) -> None:
    box = cell.locator(".node[data-part=forget] rect").bounding_box()
    frame = cell.evaluate(
        "() => { const svg = document.querySelector('.unroll-cell-drawing svg');"
        " return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width }"
    )
    column, row, columns, rows = 7, 3, 32, 8
    cell.mouse.move(
        box["x"] + frame * (7 + (column + 0.5) / columns * 92), box["y"] + frame * (43 + (row + 0.5) / rows * 40)
    )
    cell.get_by_text("Unit 103: f =").wait_for()
    cell.mouse.down()
    cell.mouse.up()
    wait_for_place(cell, 103, T)
    assert number(cell, "forget") == pytest.approx(shipped_reading().plane("forget")[T, 103], abs=6e-4)


def test_a_part_says_what_it_is_for_and_shows_its_equation(cell) -> None:
    cell.locator(".node[data-part=forget]").focus()
    assert cell.locator(".unroll-cell-words").text_content().startswith("Keep: f multiplies the old memory")
    assert cell.locator(".unroll-cell-equations li.pointed").get_attribute("data-part") == "forget"
    cell.locator(".unroll-cell-equations li[data-part=cell]").hover()
    assert cell.locator(".node.pointed").get_attribute("data-part") == "cell"


def test_lines_are_as_wide_as_what_goes_along_them(cell) -> None:
    widths = cell.eval_on_selector_all(
        ".unroll-cell-drawing .line > path:first-child",
        "paths => paths.map((p) => Number(p.getAttribute('stroke-width')))",
    )
    reading = shipped_reading()
    f, i, g, c = (reading.plane(gate)[T, UNIT] for gate in ("forget", "input", "candidate", "cell"))
    before = reading.plane("cell")[T - 1, UNIT]
    most = np.abs([before, f * before, i * g, c]).max()
    wanted = [1.5 + 5.5 * abs(value) / most for value in (before, f * before, c, i * g)]
    assert widths[:4] == pytest.approx(wanted, rel=1e-4)
    assert widths[4:6] == pytest.approx([1.5 + 5.5 * f, 1.5 + 5.5 * i], rel=1e-4)


def test_a_hand_is_said_and_the_cell_stands_still(show: Callable) -> None:
    page = show(AskedReading(passage=Passage(typed=TEXT, edits=((T, "!"),)), hands=still_cell(10)))
    assert lines(page, "forget") == ["= 1 by hand"] and lines(page, "input") == ["= 0 by hand"]
    assert number(page, "cell") == number(page, "cellBefore")
    assert any("exactly" in verdict for verdict in verdicts(page))
    assert page.locator(".node.by-hand").count() == 3 and page.locator(".unroll-cell-ticker .current.edited").count()
    press(page, "Home")
    wait_for_place(page, UNIT, 0)
    assert page.locator(".node.by-hand").count() == 0


def run_reading(model: int) -> Reading:
    """The second example, read by a model of the run at its last step."""
    last = list(train(CONFIG))[-1]
    return read(Moment(CONFIG, model, last.step, last.models[model].parameters), Passage(example=1))


def test_a_gru_keeps_and_writes_in_one_gate(show: Callable, run: str) -> None:
    page = show(AskedReading(f"run:{run}:{CONFIG.names[0]}", passage=Passage(example=1)), 2, 4, "gru")
    reading = run_reading(0)
    z, n, h = (reading.plane(gate)[:, 2] for gate in ("update", "new", "hidden"))
    assert number(page, "kept") == pytest.approx(z[4] * h[3], abs=6e-4)
    assert number(page, "written") == pytest.approx((1 - z[4]) * n[4], abs=6e-4)
    assert [worked_out(line) for line in lines(page, "hidden")] == pytest.approx([h[4]] * 3, rel=1e-4)
    assert verdicts(page)[0].startswith("✓")


@pytest.mark.parametrize(("model", "form"), [(1, "relu"), (2, "")])
def test_a_plain_rnn_bends_a_sum(show: Callable, run: str, model: int, form: str) -> None:
    page = show(
        AskedReading(f"run:{run}:{CONFIG.names[model]}", passage=Passage(example=1)), 2, 4, CONFIG.models[model].cell
    )
    wanted = run_reading(model).plane("hidden")[4, 2]
    found = lines(page, "hidden")
    assert worked_out(found[-1]) == pytest.approx(wanted, rel=1e-4)
    if form and "≤" not in found[0]:
        assert found[0].startswith(f"= {form}(") and worked_out(found[0]) == pytest.approx(wanted, rel=1e-4)


def test_backwards_the_step_before_is_the_next_symbol(show: Callable, run: str) -> None:
    asked = AskedReading(f"run:{run}:{CONFIG.names[3]}", passage=Passage(example=1), layer=1, direction=1)
    page = show(asked, 2, 4, "lstm")
    cells = run_reading(3).plane("cell", 1, 1)[:, 2]
    assert number(page, "cellBefore") == pytest.approx(cells[5], abs=6e-4)
    assert "t+1" in page.locator("[data-part=cellBefore] .symbol").text_content()
    assert [verdict[0] for verdict in verdicts(page)] == ["✓", "✓"]
    page.locator(".node[data-part=read]").focus()
    assert "What layer 1 shows" in page.locator(".unroll-cell-words").text_content()


def test_what_cannot_be_read_is_a_sentence(address: str, chromium) -> None:
    page = chromium.new_page()
    page.goto(f"{address}?{urlencode({'question': 'start=9999999'})}")
    page.locator(".unroll-cell-trouble", has_text="begin earlier").wait_for()
    assert page.get_by_role("button", name="Ask the server again").is_visible()
    page.close()


def test_a_phone_shows_the_cell_upright_and_nothing_sticks_out(show: Callable) -> None:
    page = show(AskedReading(passage=Passage(typed=TEXT)), viewport={"width": 390, "height": 844}, has_touch=True)
    edges = page.evaluate(
        "[...document.querySelectorAll('.unroll-cell *:not(.unroll-cell-ticker *)')]"
        ".map((node) => node.getBoundingClientRect().right)"
    )
    assert max(edges) <= 390
    places = [page.locator(f".node[data-part={part}]").bounding_box() for part in ("cellBefore", "kept", "cell")]
    assert places[0]["y"] < places[1]["y"] < places[2]["y"]
    sizes = page.eval_on_selector_all(
        ".unroll-cell-drawing text",
        "texts => texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)",
    )
    assert min(sizes) >= 10.5


def test_a_finger_on_a_part_asks_what_it_is_for_and_chooses_no_unit(show: Callable) -> None:
    page = show(AskedReading(passage=Passage(typed=TEXT)), viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator(".node[data-part=input]").tap()
    page.locator(".unroll-cell-words", has_text="Write: i says").wait_for()
    page.wait_for_timeout(300)
    wait_for_place(page, UNIT, T)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_squares_have_the_colours_of_all_units(show: Callable, scheme: str) -> None:
    page = show(AskedReading(passage=Passage(typed=TEXT)), color_scheme=scheme)
    picture = page.locator(".node[data-part=cell]").screenshot()
    pixels = Image.open(io.BytesIO(picture)).convert("RGB")
    paper = pixels.getpixel((pixels.width // 2, 12))
    assert (sum(paper) < 300) == (scheme == "dark")
    assert len(set(pixels.crop((8, 44, 90, 80)).get_flattened_data())) > 15


def test_every_part_can_be_reached_and_is_named(cell) -> None:
    names = cell.eval_on_selector_all(".unroll-cell .node", "nodes => nodes.map((n) => n.getAttribute('aria-label'))")
    assert any(re.fullmatch(r"f = [01]\.\d+, keep", name) for name in names)
    assert any(name.startswith("c t−1 = ") for name in names) and "+, what stays and what is written" in names
    assert cell.locator(".unroll-cell .node[tabindex='0']").count() == len(names) == 14
    cell.locator(".unroll-cell-spoken", has_text=f"t = {T}, unit {UNIT}").wait_for(state="attached")


def test_the_picture_taken_home_draws_the_cell_without_the_page(show, tmp_path) -> None:
    page = show(AskedReading(passage=Passage(typed=TEXT)))
    with page.expect_download() as coming:
        page.get_by_role("button", name="Keep this picture").click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    assert path.name == f"cell-unit-{UNIT}-t-{T}.svg"
    alone = page.context.new_page()
    alone.goto(path.as_uri())
    said = alone.evaluate("document.documentElement.textContent")
    assert f"unit {UNIT}, t = {T}" in said and page.locator(".node.box .number").first.text_content() in said
    picture = np.asarray(Image.open(io.BytesIO(alone.screenshot())).convert("RGB"))
    alone.close()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50
