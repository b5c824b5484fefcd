"""Take the pictures of the views that the cards of Home show, on a light and on a dark page.

    python -m assets.record_thumbnails [view …]    # from the repository's root; tests/requirements.txt and a Chromium

Each is the beginning of what a view shows before any click.
"""

from __future__ import annotations

import io
import shutil
import sys

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from assets.record_pictures import BROWSERS, SECONDS, served
from dashboard.widgets.home_cards import Card, present_cards, thumbnail

SIZE = (640, 400)
QUALITY = 80
SETTLE = 2000
"""Milliseconds from the first picture to the last line in it."""
PICTURES = {
    "recurrence": ("recurrence?r_t=4", ".unroll-chain"),
    "gradient_flow": ("gradient-flow", ".unroll-grid"),
    "truncation": ("truncation", ".unroll-grid"),
    "gates": ("gates", ".unroll-reader"),
    "decoding": ("decoding", ".unroll-search"),
    "attention": ("attention", ".unroll-grid"),
    "embeddings": ("embeddings", ".unroll-grid"),
    "summed_up": ("summed-up", ".unroll-grid"),
}
"""View → its address, and where in it the picture begins."""
DRAWN = ".js-plotly-plot .trace, .unroll-unrolled.drawn, .unroll-reader canvas, .unroll-search svg, canvas"


def photograph(browser: Browser, address: str, card: Card, theme: str) -> None:
    """Keep one view's picture."""
    place, selector = PICTURES[card.view]
    page = browser.new_page(viewport={"width": 1280, "height": 1800}, color_scheme=theme, device_scale_factor=1)  # type: ignore[arg-type]
    page.goto(f"{address}/{place}")
    page.locator(selector).first.wait_for(timeout=SECONDS * 1000)
    page.locator(DRAWN).first.wait_for(timeout=SECONDS * 1000)
    page.wait_for_timeout(SETTLE)
    image = Image.open(io.BytesIO(page.screenshot(clip=_clip(page, selector))))
    image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS).save(thumbnail(card, theme), quality=QUALITY)
    page.close()


def _clip(page: Page, selector: str) -> dict[str, float]:
    """The upper part of an element, as wide as it is, in the ratio of a thumbnail."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    width = min(box["width"], 820.0)
    return {"x": box["x"], "y": box["y"], "width": width, "height": width * SIZE[1] / SIZE[0]}


def main() -> None:
    """Take the pictures of the views that the command names, or of all."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is installed")
    chosen = [card for card in present_cards() if not sys.argv[1:] or card.view in sys.argv[1:]]
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for card in chosen:
            for theme in ("light", "dark"):
                thumbnail(card, theme).parent.mkdir(exist_ok=True)
                photograph(browser, address, card, theme)
        browser.close()


if __name__ == "__main__":
    main()
