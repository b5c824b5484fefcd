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
from urllib.parse import urlsplit

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
READY = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
HEALTH_SECONDS = 60


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A headless browser, Debian's or the user's."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


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
def serve() -> Callable:
    """`serving`, for tests that bring an app of their own."""
    return serving


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


@pytest.fixture
def open_page(chromium) -> Iterator[Callable]:
    """Open an address in a browser of its own; `options` are Playwright's for a context."""
    contexts, complaints = [], []

    def opened(address: str, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _is_complaint(message) and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _is_foreign(request.url) and complaints.append(request.url))
        page.on("websocket", lambda sock: _is_foreign(sock.url) and complaints.append(sock.url))
        page.goto(address)
        page.wait_for_selector(READY, timeout=30_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(server: str, open_page: Callable):
    """The dashboard's first page."""
    return open_page(server)


def _is_complaint(message) -> bool:
    """An error, but not Streamlit's own search for its server, which asks below a deep link first and gets 404."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def _is_foreign(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")
