"""Record the README's pictures: start the dashboard, train what a page shows first, and photograph it.

    python assets/record_pictures.py        # from the repository's root, with tests/requirements.txt and a Chromium

The pictures are of real runs, with the seeds that the page starts with.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WINDOW = {"width": 1280, "height": 1500}
PAGE = {"x": 356, "y": 76, "width": 868, "height": 1204}
"""Of the window, without the menu; pixels."""
SECONDS = 120


@contextmanager
def served() -> Iterator[str]:
    """The address of a dashboard of its own, without any run."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as runs:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "streamlit", "run", "--server.headless=true", f"--server.port={port}"]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "UNROLL_RUNS": runs})
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=1).read()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not come up; start it by hand to see why.")


def gradient_flow(page: Page, address: str) -> None:
    """RNN against LSTM after 300 steps: curves, loss and heatmaps."""
    page.goto(f"{address}/gradient-flow")
    page.locator(".st-key-train button").click(timeout=SECONDS * 1000)
    finished = page.locator('[data-testid="stProgress"]', has_text="finished")
    finished.wait_for(timeout=SECONDS * 1000)
    page.locator('[data-panel="heat-1"] .heatmaplayer image').wait_for(state="attached", timeout=SECONDS * 1000)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # until the last rows are drawn
    page.screenshot(path=ROOT / "assets" / "gradient-flow.png", clip=PAGE)


def main() -> None:
    """Record every picture."""
    browser_path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser_path is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        gradient_flow(browser.new_page(viewport=WINDOW), address)
        browser.close()


if __name__ == "__main__":
    main()
