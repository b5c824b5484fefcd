from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.recordings.storage import RecordingWriter

pytestmark = pytest.mark.browser
CHARTS = 4
X_RANGE = "document.querySelector('[data-panel={}] .js-plotly-plot')._fullLayout.xaxis.range"
COUNT_FRAMES = """(wanted) => {
  const charts = () => [...document.querySelectorAll(".unroll-panel .js-plotly-plot")];
  const drawn = (chart) => chart.isConnected && chart.getBoundingClientRect().height > 0
    && chart.querySelector(".heatmaplayer image[*|href^='data:image'], .scatterlayer .trace path.js-line[d]");
  const seen = new WeakSet(charts());
  window.frames_ = { all: 0, missing: 0, strangers: 0 };
  const look = () => {
    const now = charts();
    window.frames_.all += 1;
    if (now.length !== wanted || !now.every(drawn)) window.frames_.missing += 1;
    for (const chart of now) if (!seen.has(chart)) { seen.add(chart); window.frames_.strangers += 1; }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@pytest.fixture(scope="session")
def live_server(hosts: str) -> str:
    return f"{hosts}/live_page"


class LiveRun:
    """A run that the test writes, step by step, as any training script would."""

    def __init__(self, root: Path):
        self.writer = RecordingWriter.create(root, config={"steps": 100}, seed=0)
        self.id = self.writer.header.id
        self.step = -1

    def write(self, steps: int = 1) -> None:
        for _ in range(steps):
            self.step += 1
            self.writer.append(self.step, *self.row(self.step))
        self.writer.flush()

    @staticmethod
    def row(step: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        factors = {"rnn": 0.2, "lstm": 0.9}
        norms = {name: (factor ** np.arange(19, -1, -1)) * (1 + step) / 100 for name, factor in factors.items()}
        arrays = {f"{name}/hidden_norms": value.astype(np.float32).reshape(1, 1, 20) for name, value in norms.items()}
        return {f"{name}/loss": 2 * 0.98**step for name in factors}, arrays


@pytest.fixture
def run(runs: Path) -> Iterator[LiveRun]:
    live = LiveRun(runs)
    live.write(10)
    yield live
    live.writer.close()


@pytest.fixture
def live_page(live_server: str, open_page: Callable, run: LiveRun):
    page = open_page(f"{live_server}?run={run.id}")
    wait_for_step(page, run.step)
    return page


def wait_for_step(page, step: int) -> None:
    """Until the scrubber, the loss and the heatmaps, which are drawn last, show the step."""
    page.wait_for_function(f"document.querySelector('.unroll-scrubber output')?.textContent === 'step {step} of 100'")
    page.wait_for_function(
        "step => [...document.querySelectorAll('[data-panel=loss], [data-panel^=heat]')].every("
        "panel => panel.querySelector('.js-plotly-plot')?.data?.[0].x?.at(-1) === step)",
        arg=step,
    )


def first_y(page) -> float:
    """What the RNN's curve shows at the last timestep."""
    return page.evaluate("document.querySelector('[data-panel=curves] .js-plotly-plot').data[0].y.at(-1)")


def script_runs(page) -> int:
    text = page.get_by_text("script runs: ").text_content()
    return int(text.removeprefix("script runs: "))


def test_a_live_run_neither_remounts_nor_blanks_a_chart(live_page, run: LiveRun) -> None:
    live_page.evaluate(COUNT_FRAMES, CHARTS)
    heatmap = live_page.locator("[data-panel=heat-lstm] .unroll-plot")
    for _ in range(30):
        run.write(2)
        live_page.wait_for_timeout(100)
        assert middle_colour(heatmap.screenshot()) != (255, 255, 255)
    wait_for_step(live_page, run.step)
    frames = live_page.evaluate("window.frames_")
    assert frames["all"] > 30
    assert (frames["missing"], frames["strangers"]) == (0, 0)


def middle_colour(png: bytes) -> tuple[int, int, int]:
    """The colour of the first columns at half height, where a heatmap is from its first rows on."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return image.getpixel((int(image.width * 0.12), image.height // 2))


def test_zoom_survives_rows_that_arrive(live_page, run: LiveRun) -> None:
    for panel in ("curves", "loss"):
        drag(live_page, live_page.locator(f"[data-panel={panel}] .nsewdrag").bounding_box())
    live_page.wait_for_function(f"{X_RANGE.format('curves')}[0] > 2 && {X_RANGE.format('loss')}[0] > 5")
    before = {panel: x_range(live_page, panel) for panel in ("curves", "loss")}
    for _ in range(2):
        run.write(10)
        wait_for_step(live_page, run.step)
    assert {panel: x_range(live_page, panel) for panel in ("curves", "loss")} == before


def drag(page, box: dict) -> None:
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()


def x_range(page, panel: str) -> list[float]:
    return page.evaluate(X_RANGE.format(panel))


def test_a_click_on_a_heatmap_cell_arrives_in_python(live_page, run: LiveRun) -> None:
    run.write(90)
    wait_for_step(live_page, 99)
    box = live_page.locator("[data-panel=heat-lstm] .nsewdrag").bounding_box()
    live_page.mouse.click(box["x"] + box["width"] * 40.5 / 101, box["y"] + box["height"] * 0.975)
    live_page.get_by_text("click: Click(panel='heat-lstm', step=40, t=1,").wait_for()
    live_page.get_by_text("scrub: 40").wait_for()
    assert first_y(live_page) == pytest.approx(0.41, rel=1e-6)


def test_the_scrubber_moves_the_curves_without_a_script_run(live_page, run: LiveRun) -> None:
    runs_before = script_runs(live_page)
    scrubber = live_page.get_by_role("slider", name="Training step shown")
    scrubber.evaluate("range => { range.value = 3; range.dispatchEvent(new Event('input')); }")
    live_page.wait_for_function(
        "Math.abs(document.querySelector('[data-panel=curves] .js-plotly-plot').data[0].y.at(-1) - 0.04) < 1e-6"
    )
    assert live_page.locator(".unroll-scrubber output").text_content() == "step 3 of 100"
    assert live_page.locator("[data-panel=heat-rnn] .unroll-mark.step").is_visible()
    live_page.wait_for_timeout(600)
    assert script_runs(live_page) == runs_before
    scrubber.evaluate("range => range.dispatchEvent(new Event('change'))")
    live_page.get_by_text("scrub: 3").wait_for()
    assert script_runs(live_page) == runs_before + 1


def test_arrow_keys_scrub_and_live_follows_again(live_page, run: LiveRun) -> None:
    live_page.get_by_role("slider", name="Training step shown").focus()
    live_page.keyboard.press("ArrowLeft")
    live_page.get_by_text("scrub: 8").wait_for()
    run.write(5)
    live_page.wait_for_function("document.querySelector('.unroll-scrubber input').max === '14'")
    assert live_page.locator(".unroll-scrubber output").text_content() == "step 8 of 100"
    live_page.get_by_role("button", name="Live").click()
    wait_for_step(live_page, run.step)
    live_page.get_by_text("scrub: None").wait_for()


def test_hovering_a_timestep_marks_it_in_every_panel_with_a_time_axis(live_page, run: LiveRun) -> None:
    box = live_page.locator("[data-panel=heat-rnn] .nsewdrag").bounding_box()
    live_page.mouse.move(box["x"] + 10, box["y"] + box["height"] * 0.475)
    live_page.locator("[data-panel=curves] .unroll-mark.time").wait_for()
    curves = live_page.locator("[data-panel=curves] .nsewdrag").bounding_box()
    mark = live_page.locator("[data-panel=curves] .unroll-mark.time").bounding_box()
    assert mark["x"] - curves["x"] == pytest.approx(curves["width"] * (11 - 0.5) / 20, abs=2)
    assert live_page.locator("[data-panel=heat-lstm] .unroll-mark.time").is_visible()
    assert not live_page.locator("[data-panel=loss] .unroll-mark.time").is_visible()


def test_values_under_the_floor_and_nan_are_marked_not_dropped(live_page, run: LiveRun) -> None:
    scalars, arrays = run.row(10)
    arrays["rnn/hidden_norms"][0, 0, :2] = [0.0, np.nan]
    run.writer.append(10, {**scalars, "rnn/loss": float("nan")}, arrays)
    run.writer.flush()
    wait_for_step(live_page, 10)
    live_page.get_by_text("NaN or Inf").wait_for()
    trace = live_page.evaluate(
        "(({y, customdata, marker}) => ({y, customdata, marker}))"
        "(document.querySelector('[data-panel=curves] .js-plotly-plot').data[0])"
    )
    assert trace["y"][:2] == [1e-12, 10]
    assert trace["customdata"][:2] == ["0 (underflow, drawn at the floor)", "NaN"]
    assert trace["marker"]["symbol"][:2] == ["triangle-down-open", "x"]
    assert (trace["marker"]["symbol"][-1], trace["marker"]["size"][-1]) == ("circle", 0)


def test_a_long_run_keeps_at_most_512_columns_and_the_newest(live_page, run: LiveRun) -> None:
    run.write(1291)
    live_page.wait_for_function(
        "['heat-rnn', 'loss'].every((id) => "
        "document.querySelector(`[data-panel=${id}] .js-plotly-plot`).data[0].x.at(-1) === 1300)"
    )
    steps = live_page.evaluate("document.querySelector('[data-panel=loss] .js-plotly-plot').data[0].x")
    assert steps == list(range(0, 1300, 4)) + [1300]


def test_the_end_of_a_run_reaches_python_once_and_polling_stops(live_page, run: LiveRun) -> None:
    runs_before = script_runs(live_page)
    run.writer.close(status="finished")
    live_page.get_by_text("status: finished").wait_for()
    live_page.locator(".unroll-status", has_text="Finished").wait_for()
    asked = []
    live_page.on("request", lambda request: asked.append(request.url))
    live_page.wait_for_timeout(1500)
    assert asked == []
    assert script_runs(live_page) == runs_before + 1


def test_a_run_that_vanishes_is_said_in_a_sentence(live_server: str, chromium, runs: Path) -> None:
    gone = LiveRun(runs)
    gone.write(3)
    page = chromium.new_page()
    page.goto(f"{live_server}?run={gone.id}")
    page.locator(".unroll-scrubber output", has_text="step 2 of 100").wait_for()
    shutil.rmtree(runs / gone.id)
    page.locator(".unroll-status", has_text="vanished").wait_for()
    page.close()


def test_dark_mode_colours_the_charts(live_server: str, open_page: Callable, run: LiveRun) -> None:
    page = open_page(f"{live_server}?run={run.id}", color_scheme="dark")
    wait_for_step(page, run.step)
    layout = "document.querySelector('[data-panel=curves] .js-plotly-plot')._fullLayout"
    assert page.evaluate(f"[{layout}.paper_bgcolor, {layout}.font.color]") == ["#11161d", "#e3e8ee"]


def test_a_phone_shows_one_column_and_nothing_sticks_out(live_server: str, open_page: Callable, run: LiveRun) -> None:
    page = open_page(f"{live_server}?run={run.id}", viewport={"width": 390, "height": 844}, has_touch=True)
    wait_for_step(page, run.step)
    right_edges = page.evaluate(
        "[...document.querySelectorAll('.unroll-live *')].map((node) => node.getBoundingClientRect().right)"
    )
    assert max(right_edges) <= 390
    lefts = {page.locator(f"[data-panel={name}]").bounding_box()["x"] for name in ("curves", "heat-rnn", "heat-lstm")}
    assert len(lefts) == 1


def test_every_panel_says_in_words_what_it_shows(live_page) -> None:
    names = ["Two curves", "Heatmap of rnn", "Heatmap of lstm", "Two loss lines"]
    assert all(live_page.get_by_role("group", name=name, exact=True).count() == 1 for name in names)
