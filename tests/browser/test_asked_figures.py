"""Pictures that a worker computes: they come when ready, nothing jumps, and what is asked is what is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from core.training.loop import train
from core.training.moment import Moment, observe

pytestmark = pytest.mark.browser
MODEL = ModelConfig("rnn", 8, initialization="orthogonal")
CONFIG = TrainingConfig(TaskConfig("recall", length=20), (MODEL,), steps=40, batch_size=8)
"""What apps/asked_page.py asks about, with gain 1."""
PLOT = "document.querySelector('[data-panel=asked-{}] .js-plotly-plot')"


@pytest.fixture(scope="session")
def asked_server(hosts: str) -> str:
    return f"{hosts}/asked_page"


@pytest.fixture
def asked_page(asked_server: str, open_page: Callable):
    page = open_page(asked_server)
    wait_for_picture(page, "norms")
    wait_for_picture(page, "matrix")
    return page


def wait_for_picture(page, name: str) -> None:
    page.locator(f"[data-panel=asked-{name}] [data-asked=shown] .main-svg").first.wait_for(timeout=60_000)


def first_norm(page) -> float:
    """What the curve shows at the first timestep."""
    return page.evaluate(f"{PLOT.format('norms')}._fullData[0].y[0]")


def norm_at_start(gain: float) -> float:
    model = replace(MODEL, gain=gain)
    return initial_flows(replace(CONFIG, models=(model,)))[0].norms()[0, 0, 0]


def test_a_picture_comes_with_its_sentence_and_no_markup_of_the_server_s(asked_page) -> None:
    assert first_norm(asked_page) == pytest.approx(norm_at_start(1.0), rel=1e-6)
    reading = asked_page.locator("[data-panel=asked-norms] .unroll-reading")
    assert "<b>of all</b>" in reading.text_content()
    assert reading.locator("strong").all_text_contents() == ["None", f"{norm_at_start(1.0):.3g}"]
    assert reading.locator("b").count() == 0


def table_of(page, name: str) -> list[dict[str, str]]:
    """What the figure's own button downloads."""
    panel = page.locator(f"[data-panel=asked-{name}]")
    panel.locator(".nsewdrag").first.hover()
    with page.expect_download() as coming:
        panel.locator("[data-title='Download the numbers as CSV']").click()
    assert coming.value.suggested_filename == f"asked-{name}.csv"
    return list(csv.DictReader(io.StringIO(coming.value.path().read_text(encoding="utf-8"))))


def test_the_numbers_of_a_picture_are_downloaded_as_they_are(asked_page) -> None:
    norms = initial_flows(CONFIG)[0].norms()[0, 0]
    curve, cells = table_of(asked_page, "norms"), table_of(asked_page, "matrix")
    assert [float(row["y"]) for row in curve] == pytest.approx(norms, rel=1e-12)
    assert {(row["series"], row["x_axis"], row["z"]) for row in curve} == {(MODEL.label, "timestep t", "")}
    drawn = np.array([float(row["z"]) for row in cells]).reshape(20, 20)
    np.testing.assert_allclose(drawn, np.tril(np.tile(np.log10(norms), (20, 1))), rtol=1e-12)
    assert [(row["x"], row["y"]) for row in cells[:21]] == [(str(t), "1") for t in range(1, 21)] + [("1", "2")]


def test_a_table_marks_what_is_no_number_and_holds_no_formula(asked_page) -> None:
    figure = """{
      layout: {
        xaxis: { title: { text: "x, y" } },
        annotations: [{ xref: "x2 domain", yref: "y2 domain", text: "<b>g</b>" }],
      },
      _fullData: [
        { visible: true, name: "=1+1", x: [1, 2, 3], y: [NaN, Infinity, null], customdata: ['a "b"', [1, 2], "-3"] },
        { visible: true, name: "-3 or less", x: [1], y: [1], xaxis: "x2", yaxis: "y2" },
        { visible: "legendonly", name: "hidden", y: [1] },
      ],
    }"""
    written = asked_page.evaluate(f"import('/unroll/live_csv.js').then(({{ table }}) => table({figure}))")
    head, *lines = csv.reader(io.StringIO(written))
    assert head == ["subplot", "series", "x", "x_axis", "y", "y_axis", "z", "measured"]
    assert lines == [
        ["xy", "'=1+1", "1", "x, y", "NaN", "", "", 'a "b"'],
        ["xy", "'=1+1", "2", "x, y", "Inf", "", "", "1 2"],
        ["xy", "'=1+1", "3", "x, y", "", "", "", "-3"],
        ["g", "'-3 or less", "1", "", "1", "", "", ""],
    ]


def test_the_costlier_picture_is_asked_for_first_when_a_control_moves(asked_page) -> None:
    with asked_page.expect_request(lambda request: "/asked/" in request.url and "0.9" in request.url) as first:
        asked_page.get_by_role("slider", name="gain").focus()
        asked_page.keyboard.press("ArrowLeft")
    assert "/asked/matrix" in first.value.url


def test_nothing_jumps_when_the_first_picture_comes(asked_server: str, open_page: Callable) -> None:
    page = open_page(f"{asked_server}?show=slow,matrix,norms")
    page.locator("[data-panel=asked-slow] [data-asked=first]").wait_for()
    page.get_by_text("computing…").first.wait_for()
    assert page.locator("[data-panel=asked-slow]").get_attribute("aria-busy") == "true"
    tops = "[...document.querySelectorAll('.unroll-panel, .unroll-scrubber')].map((e) => e.getBoundingClientRect().top)"
    before = page.evaluate(tops)
    for name in ("slow", "matrix", "norms"):
        wait_for_picture(page, name)
    assert page.evaluate(tops) == before
    assert page.locator("[data-panel=asked-slow]").get_attribute("aria-busy") is None


def test_an_old_picture_stays_until_the_new_one_and_only_the_newest_counts(asked_server, open_page) -> None:
    page = open_page(f"{asked_server}?show=slow,norms")
    for name in ("slow", "norms"):
        wait_for_picture(page, name)
    page.evaluate(f"window.before_ = {PLOT.format('slow')}")
    page.get_by_role("slider", name="gain").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator("[data-panel=asked-slow] [data-asked=waiting]").wait_for()
    assert page.locator("[data-panel=asked-slow] .main-svg").first.is_visible()
    wanted = f"{norm_at_start(1.3):.3g}"
    for name in ("slow", "norms"):
        page.locator(f"[data-panel=asked-{name}] strong", has_text=wanted).wait_for(timeout=60_000)
    assert page.evaluate(f"window.before_ === {PLOT.format('slow')}")


def test_a_moved_control_draws_each_picture_once(asked_page) -> None:
    plots = [PLOT.format(name) for name in ("norms", "matrix")]
    for plot in plots:
        asked_page.evaluate(f"({plot}.draws_ = 0, {plot}.on('plotly_afterplot', () => {plot}.draws_++), null)")
    asked_page.get_by_role("slider", name="gain").focus()
    asked_page.keyboard.press("ArrowRight")
    asked_page.locator("[data-panel=asked-norms] strong", has_text=f"{norm_at_start(1.1):.3g}").wait_for(timeout=60_000)
    asked_page.wait_for_function(" && ".join(f"{plot}.draws_" for plot in plots))
    asked_page.wait_for_timeout(500)
    assert [asked_page.evaluate(f"{plot}.draws_") for plot in plots] == [1, 1]


def test_zoom_survives_the_next_picture(asked_page) -> None:
    x_range = f"{PLOT.format('norms')}._fullLayout.xaxis.range"
    drag(asked_page, asked_page.locator("[data-panel=asked-norms] .nsewdrag").bounding_box())
    asked_page.wait_for_function(f"{x_range}[0] > 2")
    zoomed = asked_page.evaluate(x_range)
    asked_page.get_by_role("slider", name="gain").focus()
    asked_page.keyboard.press("ArrowLeft")
    wanted = f"{norm_at_start(0.9):.3g}"
    asked_page.locator("[data-panel=asked-norms] strong", has_text=wanted).wait_for(timeout=60_000)
    assert asked_page.evaluate(x_range) == zoomed


def drag(page, box: dict) -> None:
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()


def test_a_panel_out_of_sight_asks_when_it_comes_near(asked_server: str, open_page: Callable) -> None:
    page = open_page(f"{asked_server}?show=norms,matrix&below", viewport={"width": 390, "height": 300})
    wait_for_picture(page, "matrix")
    assert 300 < page.locator("[data-panel=asked-matrix]").bounding_box()["y"] < 600  # near, though not in sight
    far = page.locator("[data-panel=far]")
    page.wait_for_timeout(500)
    assert far.locator(".main-svg").count() == 0
    far.scroll_into_view_if_needed()
    far.locator("[data-asked=shown] .main-svg").first.wait_for(timeout=60_000)


def test_a_failure_is_a_sentence_with_another_try(asked_server: str, chromium) -> None:
    page = chromium.new_page()
    page.goto(f"{asked_server}?show=killed,refused,norms")
    wait_for_picture(page, "norms")
    refused, killed = (page.locator(f"[data-panel=asked-{name}] [role=alert]") for name in ("refused", "killed"))
    refused.get_by_text("this probe needs an LSTM").wait_for()
    killed.get_by_text("SIGKILL").wait_for()
    with page.expect_response(lambda response: "/asked/killed" in response.url and response.status == 503):
        killed.get_by_role("button", name="Try again").click()
    page.close()


def level(page, token: int) -> float:
    return float(
        page.locator(".unroll-strip span").nth(token).evaluate("span => span.style.getPropertyValue('--level')")
    )


def test_a_row_of_the_heatmap_colours_the_text_under_it(asked_page) -> None:
    strip = asked_page.get_by_role("slider", name="The loss at t reaches")
    assert strip.locator("span").all_text_contents() == list("to·be⏎or·not·to·be⏎o")
    assert [level(asked_page, token) for token in (0, 19)] == pytest.approx([1 / 20, 1.0], abs=2e-3)
    box = asked_page.locator("[data-panel=asked-matrix] .nsewdrag").bounding_box()
    asked_page.mouse.move(box["x"] + 5, box["y"] + box["height"] * (20 - 11.5) / 20)
    strip.get_by_text("t = 12").wait_for()
    assert [level(asked_page, token) for token in (11, 12)] == pytest.approx([12 / 20, 0.0], abs=2e-3)
    strip.focus()
    asked_page.keyboard.press("ArrowUp")
    strip.get_by_text("t = 13").wait_for()
    asked_page.keyboard.press("Home")
    strip.get_by_text("t = 1 “t”").wait_for()
    assert strip.locator("span.no-number").count() == 1
    assert strip.get_attribute("aria-valuetext") == "t = 1 “t”"


def test_a_token_that_is_pointed_at_is_the_row_and_marks_its_time(asked_page) -> None:
    asked_page.locator(".unroll-strip span").nth(6).hover()
    asked_page.get_by_text("t = 7 “o”").wait_for()
    mark = asked_page.locator("[data-panel=asked-norms] .unroll-mark.time")
    mark.wait_for()
    plot = asked_page.locator("[data-panel=asked-norms] .nsewdrag").bounding_box()
    assert mark.bounding_box()["x"] - plot["x"] == pytest.approx(plot["width"] * 6 / 19, abs=2)


def test_hovering_marks_a_timestep_and_a_click_arrives_in_python(asked_page) -> None:
    box = asked_page.locator("[data-panel=asked-matrix] .nsewdrag").bounding_box()
    x, y = box["x"] + box["width"] * 3.5 / 20, box["y"] + box["height"] * 0.5 / 20
    asked_page.mouse.move(x, y)
    asked_page.locator("[data-panel=asked-norms] .unroll-mark.time").wait_for()
    asked_page.mouse.click(x, y)
    asked_page.get_by_text("click: Click(panel='asked-matrix', step=None, t=4, value=-").wait_for()
    asked_page.get_by_text("series='reach'").wait_for()


class GoingRun:
    """A run of CONFIG that the test lets go on, and whose parameters are recorded at steps 0, 10, 20, …"""

    def __init__(self, root: Path):
        self.writer = RecordingWriter.create(root, config=CONFIG.to_dict(), seed=CONFIG.seed)
        self.steps = train(CONFIG)
        self.snapshots: dict[int, np.ndarray] = {}

    def go(self, steps: int) -> None:
        for _ in range(steps):
            step = next(self.steps)
            (model,) = step.models
            arrays = {"block_gradients": np.array([step.step, np.nan if step.step == 3 else 0], np.float32)}
            if step.step % 10 == 0:
                self.snapshots[step.step] = arrays["parameters"] = model.parameters
            named = {f"{model.name}/{name}": array for name, array in arrays.items()}
            self.writer.append(step.step, {f"{model.name}/gradient_norm": 0.0 if step.step == 2 else 10.0}, named)
        self.writer.flush()

    def first_norm(self, step: int) -> str:
        moment = Moment(CONFIG, 0, step, self.snapshots[step])
        return f"{observe(moment).watched.flow['recurrent'].norms()[0, 0, 0]:.3g}"


@pytest.fixture
def run(runs: Path) -> Iterator[GoingRun]:
    going = GoingRun(runs)
    going.go(8)
    yield going
    going.writer.close()


def test_a_followed_run_is_asked_about_again_and_a_pinned_step_shows_its_snapshot(asked_server, open_page, run) -> None:
    page = open_page(f"{asked_server}?run={run.writer.header.id}")
    read = page.locator("[data-panel=asked-norms] .unroll-reading")
    read.get_by_text(run.first_norm(0)).wait_for(timeout=60_000)
    run.go(5)
    page.locator("[data-panel=asked-norms]").get_by_text("At step 10").wait_for(timeout=30_000)
    assert run.first_norm(10) in read.text_content()
    page.get_by_role("slider", name="Training step shown").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.locator("[data-panel=asked-norms]").get_by_text("At step 0").wait_for(timeout=30_000)
    run.go(10)
    page.wait_for_function("document.querySelector('.unroll-scrubber input').max === '22'")
    page.wait_for_timeout(2500)
    assert "At step 0 " in read.text_content()
    page.get_by_role("button", name="Live").click()
    page.locator("[data-panel=asked-norms]").get_by_text("At step 20").wait_for(timeout=30_000)


def test_blocks_have_named_rows_and_a_log_axis_marks_what_it_cannot_show(asked_server, open_page, run) -> None:
    page = open_page(f"{asked_server}?show=norms&run={run.writer.header.id}")
    page.get_by_text("NaN or Inf").wait_for(timeout=60_000)
    blocks = page.evaluate(
        "(({x, y, z, customdata}) => ({x, y, z, customdata}))"
        "(document.querySelector('[data-panel=blocks] .js-plotly-plot').data[0])"
    )
    assert (blocks["x"], blocks["y"]) == (list(range(8)), ["W_ih", "W_hh"])
    assert blocks["z"][0] == pytest.approx([-6, 0, *np.log10(range(2, 8))]) and blocks["z"][1][3] is None
    assert blocks["z"][1][4] == pytest.approx(-6)
    norm = page.evaluate(
        "(({y, customdata, marker}) => ({y, customdata, symbol: marker.symbol}))"
        "(document.querySelector('[data-panel=norm] .js-plotly-plot').data[0])"
    )
    assert norm["y"][1:4] == [10, 1e-6, 10]
    assert norm["symbol"][2] == "triangle-down-open" and norm["customdata"][2].startswith("0 (underflow")
    box = page.locator("[data-panel=blocks] .nsewdrag").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 4.5 / 8, box["y"] + box["height"] * 0.75)
    page.get_by_text("click: Click(panel='blocks', step=4, t=None, value=4.0, series='W_ih'").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_and_nothing_sticks_out(asked_server: str, open_page: Callable, scheme: str) -> None:
    page = open_page(asked_server, viewport={"width": 390, "height": 844}, has_touch=True, color_scheme=scheme)
    for name in ("norms", "matrix"):
        wait_for_picture(page, name)
    rights = page.evaluate(
        "[...document.querySelectorAll('.unroll-live *')].map((node) => node.getBoundingClientRect().right)"
    )
    assert max(rights) <= 390
