"""The main job in a real browser: see, train, steer, share, come back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.browser

PAGE = "/gradient-flow"
ACCURACIES = """() => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    const plot = plots.find(plot => plot.layout?.yaxis?.title?.text === 'share right');
    const last = (plot?.data ?? []).map(trace => Array.from(trace.y ?? []).at(-1));
    return last[1] > 0.9 ? last.slice(0, 2) : null;
}"""

COUNT_FRAMES = """() => {
    const chart = () => document.querySelector('[data-panel=curves] .js-plotly-plot');
    const first = chart();
    window.frames_ = { all: 0, without: 0 };
    const look = () => {
        const isThere = chart() === first && first.isConnected && first.getBoundingClientRect().height > 0;
        window.frames_.all += 1;
        window.frames_.without += isThere ? 0 : 1;
        requestAnimationFrame(look);
    };
    look();
}"""


@pytest.fixture
def flow(server: str, open_page: Callable):
    """The gradient-flow page, with its first picture."""
    page = open_page(server + PAGE)
    page.locator(".js-plotly-plot").first.wait_for()
    return page


def button(page, key: str):
    return page.locator(f".st-key-{key} button")


def train(page, steps: int = 60):
    """Train for some steps and wait until the run's address is there."""
    if f"steps={steps}" not in page.url:
        page.get_by_role("button", name="Training").click()
        field = page.get_by_label("Training steps")
        field.fill(str(steps))
        field.press("Enter")
        page.wait_for_url(re.compile(f"steps={steps}"))
        page.keyboard.press("Escape")
    button(page, "train").click()
    page.wait_for_url(re.compile("run="))


def wait_for_status(page, status: str, timeout: int = 60_000):
    page.locator('[data-testid="stProgress"]', has_text=re.compile(f"^{status}")).wait_for(timeout=timeout)


def step_number(page) -> int:
    return int(re.search(r"step (\d+) of", page.locator('[data-testid="stProgress"]').inner_text())[1])


def test_the_first_look_tells_how_the_gradient_dies_before_any_click(flow):
    sentences = flow.locator('[data-testid="stMarkdown"]', has_text="Before training").first.inner_text()
    assert re.search(r"RNN: ∂L/∂h at step 1 is 3\.3 · 10⁻⁷ of that at step 20", sentences)
    assert "LSTM, forget bias 3: ∂L/∂c" in sentences


def test_the_page_itself_begins_plotly_before_streamlit_asks_for_it(flow):
    assert flow.locator('head script[async][src*="plotly.min.js"]').count() == 1


def test_training_shows_both_models_learning_and_a_reload_finds_the_run(flow):
    train(flow, steps=150)
    wait_for_status(flow, "finished")
    flow.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 5")
    trained = flow.locator('[data-testid="stMarkdown"]', has_text="At training step 150").first
    trained.wait_for()
    flow.locator('[data-panel="accuracy"]').scroll_into_view_if_needed()  # panels out of sight wait to be drawn
    flow.wait_for_function(ACCURACIES)  # the LSTM's last accuracy, once all rows have come
    rnn, lstm = flow.evaluate(ACCURACIES)
    assert lstm > 0.9 > 0.5 > rnn
    flow.reload()
    flow.locator('[data-testid="stMarkdown"]', has_text="At training step 150").first.wait_for()
    button(flow, "reset").click()
    flow.locator('[data-testid="stMarkdown"]', has_text="Before training").first.wait_for()
    flow.wait_for_url(lambda address: "run=" not in address)


def test_a_run_is_paused_stepped_resumed_and_ended(flow):
    train(flow, steps=20_000)
    button(flow, "pause").click()
    wait_for_status(flow, "paused")
    paused_at = step_number(flow)
    button(flow, "step").click()
    flow.locator('[data-testid="stProgress"]', has_text=f"step {paused_at + 1} of").wait_for()
    button(flow, "pause").click()
    wait_for_status(flow, "training")
    button(flow, "end").click()
    wait_for_status(flow, "ended")


def test_the_first_picture_is_there_in_every_frame_while_a_run_begins_ends_and_is_left(flow):
    flow.evaluate(COUNT_FRAMES)
    train(flow)
    button(flow, "end").click()
    button(flow, "reset").click()
    button(flow, "train").and_(flow.locator(":enabled")).wait_for()
    frames = flow.evaluate("window.frames_")
    assert frames["all"] > 10 and frames["without"] == 0


def test_a_structural_change_starts_anew_and_ends_the_run(flow, server):
    train(flow, steps=20_000)
    run = re.search(r"run=([^&]+)", flow.url)[1]
    wait_for_status(flow, "training")
    seed = flow.get_by_label("Seed")
    seed.fill("7")
    seed.press("Enter")
    flow.locator('[data-testid="stMarkdown"]', has_text="Before training").first.wait_for()
    flow.wait_for_url(lambda address: "run=" not in address and "seed=7" in address)
    flow.goto(f"{server}{PAGE}?run={run}")
    wait_for_status(flow, "ended")


def test_another_visitor_sees_a_shared_run_but_cannot_steer_it(flow, open_page):
    train(flow, steps=20_000)
    wait_for_status(flow, "training")
    guest = open_page(flow.url, is_guest=True)
    wait_for_status(guest, "training")
    assert button(guest, "end").is_disabled() and button(guest, "pause").is_disabled()
    button(flow, "end").click()
    wait_for_status(guest, "ended")


@pytest.mark.parametrize("situation", ["PyTorch's own LSTM", "Exploding", "Initialisation", "Real text"])
def test_every_situation_trains_and_its_run_stays_on_the_page(flow, situation):
    flow.get_by_role("radio", name=situation, exact=True).click()
    flow.wait_for_url(re.compile(r"\?"))
    train(flow, steps=20)
    wait_for_status(flow, "finished")
    flow.locator('[data-testid="stMarkdown"]', has_text="At training step 20").first.wait_for()


def test_another_page_and_back_finds_the_run_again(flow):
    train(flow, steps=60)
    wait_for_status(flow, "finished")
    flow.get_by_role("link", name="Home").click()
    flow.get_by_role("heading", name="Recent runs").wait_for()
    flow.get_by_role("link", name="Gradient flow", exact=False).first.click()
    flow.locator('[data-testid="stMarkdown"]', has_text="At training step 60").first.wait_for()


@pytest.mark.parametrize(
    "query, sentence",
    [
        ("T=9999", "Timesteps T must be a whole number from 5 to 400"),
        ("T=abc", "Timesteps T must be"),
        ("m1_cell=transformer", "Model 1 must be one of"),
        ("lr=nan", "Learning rate must be a number"),
        ("steps=1e9", "Training steps must be a whole number"),
        ("text=sha256:" + "0" * 64, "Text must be one of"),
        ("run=../../etc", "cannot be shown"),
        ("run=20200101-000000-000000-abcdef", "cannot be shown"),
    ],
)
def test_what_an_address_may_not_say_falls_back_with_a_sentence(server, open_page, query, sentence):
    page = open_page(f"{server}{PAGE}?{query}")
    page.locator('[data-testid="stAlert"]', has_text=sentence).first.wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    assert page.locator('[data-testid="stException"]').count() == 0


def test_a_link_brings_the_controls_along(server, open_page):
    page = open_page(f"{server}{PAGE}?T=30&seed=5&m2_bias=1")
    page.locator('[data-testid="stMarkdown"]', has_text="LSTM, forget bias 1").first.wait_for()
    expect(page.get_by_label("Timesteps T")).to_have_value("30")
    assert "m2_bias=1" in page.url


def test_controls_in_a_popover_show_what_holds_also_after_the_page_ran_again(server, open_page):
    page = open_page(f"{server}{PAGE}?H=24&models=3")
    seed = page.get_by_label("Seed")
    seed.fill("2")
    seed.press("Enter")
    page.wait_for_url(re.compile("seed=2"))
    page.get_by_role("button", name="Models").click()
    expect(page.get_by_label("Hidden units H")).to_have_value("24")
    expect(page.get_by_role("spinbutton", name="Models")).to_have_value("3")
    assert "H=24" in page.url and "models=3" in page.url


def test_a_text_that_is_none_is_refused_and_the_page_stays_usable(server, open_page, tmp_path):
    page = open_page(f"{server}{PAGE}?task=next_character")
    page.get_by_role("button", name="Task").click()
    for name, content, said in (
        ("nul.txt", b"\x00\xff\xfe" * 400, "a binary file"),
        ("empty.txt", b"", "an empty file"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        page.locator('input[type="file"]').set_input_files(file)
        page.locator('[data-testid="stAlert"]', has_text=said).wait_for()
    good = tmp_path / "good.txt"
    good.write_text("to be or not to be, that is the question. " * 60)
    page.locator('input[type="file"]').set_input_files(good)
    page.wait_for_url(re.compile("text=sha256"))


def test_the_receipt_agrees(flow):
    flow.get_by_text("Receipt: the same numbers the slow way").click()
    receipts = flow.locator("text=agrees with an unrolled float64 loop")
    receipts.nth(1).wait_for(timeout=30_000)
    assert receipts.count() == 2


def test_dark_and_phone_show_the_page_without_overflow(server, open_page):
    page = open_page(server + PAGE, viewport={"width": 390, "height": 844}, is_mobile=True, color_scheme="dark")
    page.locator(".js-plotly-plot").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 4")
