"""The reader's numbers and colours, each got a second way."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import numpy as np
import pytest
from plotly.colors import sample_colorscale

from core.training.read_planes import ReadPlanes, read_planes
from core.training.reading import Passage
from core.training.start import SHIPPED
from tests.browser.apps.reading import open_reader, place_of, said, values

pytestmark = pytest.mark.browser
TEXT = "def f(x):\n    return x  # why\n"
LONG = 2000
BYTES = "array => btoa(Array.from(new Uint8Array(array.buffer), (byte) => String.fromCharCode(byte)).join(''))"
TITLES = {"input i": "input", "forget f": "forget", "candidate g": "candidate", "output o": "output",
          "cell c": "cell", "hidden h": "hidden"}  # fmt: skip
POOLED = """async ([units, steps, width, height, seed]) => {
  const { pooled } = await import('/unroll/reader_picture.js');
  const levels = new Uint8Array(units * steps).map((_, index) => (index * 7919 + seed) % 11);
  levels[17 * steps + 1234] = 200; // one value in half a million
  levels[18 * steps + 99] = 255;
  const means = new Float32Array(units).fill(5);
  const unitOf = Array.from({ length: units }, (_, unit) => unit);
  const scene = { first: 0, stop: steps, span: steps, top: 0, bottom: units, unitOf, steps };
  const { kept, width: columns, height: rows } = pooled({ levels, means }, scene, { width, height });
  return { kept: [...kept], columns, rows };
}"""


@pytest.fixture(scope="session")
def address(hosts: str) -> str:
    return f"{hosts}/reader_page"


@pytest.fixture(scope="module")
def here() -> ReadPlanes:
    return read_planes(SHIPPED, Passage(typed=TEXT), (), 0, 0, None)


@pytest.fixture
def page(address: str, open_page: Callable):
    return open_reader(open_page, address, typed=TEXT, unit=51, cursor=12)


def test_the_readout_shows_what_the_model_did(page, here: ReadPlanes) -> None:
    for name, shown in values(page).items():
        expected = here.planes[TITLES[name]][12, 51]
        assert shown == pytest.approx(expected, abs=1e-3, rel=1e-3)
    loss = float(re.search(r"loss ([\d.]+) nats", said(page))[1])
    assert loss == pytest.approx(here.losses[12], abs=1e-3)


def test_the_likeliest_next_symbols_are_the_models(page, here: ReadPlanes) -> None:
    shown = [item.locator("code").text_content() for item in page.locator(".unroll-next li").all()]
    signs = {"\n": "⏎", " ": "·"}
    assert here.expected is not None
    assert shown == [signs.get(symbol, symbol) for symbol, _ in here.expected[12]]
    first = page.locator(".unroll-next output").first.text_content()
    assert float(first.removesuffix(" %")) / 100 == pytest.approx(here.expected[12][0][1], rel=0.02)


def test_a_cell_of_a_map_has_the_colour_of_its_value(page, here: ReadPlanes) -> None:
    page.get_by_role("combobox", name="Rows").select_option("16 units")
    page.wait_for_timeout(200)
    page.evaluate("for (const mark of document.querySelectorAll('.unroll-row-mark, .unroll-cursor')) mark.remove()")
    for row, t in [(0, 3), (5, 8), (11, 17), (15, 29)]:
        x, y = place_of(page, "forget", t, row, len(TEXT), 16)
        expected = sample_colorscale("Viridis", [float(here.planes["forget"][t, 43 + row])])[0]
        assert pixel(page, x, y) == pytest.approx([float(part) for part in expected[4:-1].split(",")], abs=12)


def pixel(page, x: float, y: float) -> list[int]:
    return page.evaluate(
        """([x, y]) => {
          const canvas = document.elementsFromPoint(x, y).find((one) => one.tagName === 'CANVAS');
          const box = canvas.getBoundingClientRect();
          return [...canvas.getContext('2d').getImageData(x - box.left, y - box.top, 1, 1).data].slice(0, 3);
        }""",
        [x, y],
    )


def test_every_number_of_half_precision_is_read_as_numpy_reads_it(page) -> None:
    written = page.evaluate(f"import('/unroll/reader_half.js').then((half) => ({BYTES})(half.halfValues()))")
    read = np.frombuffer(base64.b64decode(written), "<f4")
    expected = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    np.testing.assert_array_equal(read, expected)


def test_values_beyond_a_scale_and_nan_have_levels_of_their_own(page) -> None:
    levels = page.evaluate(
        "import('/unroll/reader_scales.js').then(({ scalesOf }) => [-0.01, 0, 0.5, 1, 1.01, NaN, Infinity]"
        ".map((value) => scalesOf(false).forget.level(value)))"
    )
    assert levels == [0, 1, 127, 253, 254, 255, 254]


@pytest.mark.parametrize(("width", "height"), [(780, 112), (301, 256), (1, 1)])
def test_pooling_keeps_the_value_farthest_from_the_mean_and_nan(page, width: int, height: int) -> None:
    units, steps = 256, LONG
    pooled = page.evaluate(POOLED, [units, steps, width, height, 3])
    kept = np.array(pooled["kept"]).reshape(pooled["rows"], pooled["columns"])
    levels = ((np.arange(units * steps) * 7919 + 3) % 11).reshape(units, steps)
    levels[17, 1234], levels[18, 99] = 200, 255
    far = np.where(levels == 255, 1e9, np.abs(levels - 5.0))
    expected = np.full(kept.shape, -1.0)
    rows, columns = np.arange(units) * kept.shape[0] // units, np.arange(steps) * kept.shape[1] // steps
    np.maximum.at(expected, (rows[:, None], columns[None]), far)
    np.testing.assert_array_equal(np.where(kept == 255, 1e9, np.abs(kept - 5.0)), expected)
    assert (kept == 255).any() and (width == 1 or (kept == 200).any())
