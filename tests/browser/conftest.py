"""An installed Chromium, a server on a free port, and pages that fail their test on errors and foreign requests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
READY = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
HEALTH_SECONDS = 60
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--process-per-site")
VIEWPORT = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A headless browser, Debian's or the user's; the pages of one visitor share a process, which is started once."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visitors(chromium) -> Callable:
    """The session's visitor with these options of Playwright's: scripts that he has loaded he need not load again."""
    known: dict[str, Any] = {}

    def visitor(server: str, options: dict[str, Any]):
        name = f"{server} {sorted(options.items())}"
        if name not in known:
            known[name] = chromium.new_context(**options)
            known[name].new_page().goto(f"{server}/_stcore/health")  # a page that stays keeps the process
        return known[name]

    return visitor


@contextlib.contextmanager
def serving(script: Path, runs: Path) -> Iterator[str]:
    """The address of `streamlit run script` with its recordings in `runs`; ended at the end."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "UNROLL_RUNS": str(runs), "PYTHONPATH": str(ROOT)}
    log = (runs.parent / "server.log").open("w+")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for_health(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
        log.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for_health(process: subprocess.Popen, port: int, log) -> None:
    deadline = time.monotonic() + HEALTH_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
            return
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError(f"the server did not come up:\n{log.read()}")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of recordings of the session's servers."""
    folder = tmp_path_factory.mktemp("browser") / "runs"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def server(runs: Path) -> Iterator[str]:
    """The address of the dashboard as users start it."""
    with serving(ROOT / "streamlit_app.py", runs) as address:
        yield address


@pytest.fixture(scope="session")
def hosts(runs: Path) -> Iterator[str]:
    """The address of the tests' own pages, one a host; see apps/pages.py."""
    with serving(Path(__file__).parent / "apps" / "launcher.py", runs) as address:
        yield address


@pytest.fixture
def open_page(chromium, visitors) -> Iterator[Callable]:
    """Open an address as the session's visitor, whom the server has not met, or as a guest who has loaded nothing yet.

    `options` are Playwright's for a context.
    """
    guests, pages, complaints = [], [], []

    def opened(address: str, viewport: dict[str, int] = VIEWPORT, is_guest: bool = False, **options):
        context = chromium.new_context(**options) if is_guest else visitors(_origin(address), options)
        guests.extend([context] * is_guest)
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size(viewport)
        page.on("console", lambda message: _is_complaint(message) and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _is_foreign(request.url) and complaints.append(request.url))
        page.on("websocket", lambda sock: _is_foreign(sock.url) and complaints.append(sock.url))
        page.goto(address)
        page.wait_for_selector(READY, timeout=30_000)
        return page

    yield opened
    for page in pages:
        page.context.clear_cookies()
        page.close()
    for context in guests:
        context.close()
    assert complaints == []


@pytest.fixture
def page(server: str, open_page: Callable):
    """The dashboard's first page."""
    return open_page(server)


def _is_complaint(message) -> bool:
    """An error, but not Streamlit's own search for its server, which asks below a deep link first and gets 404."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _is_foreign(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")
