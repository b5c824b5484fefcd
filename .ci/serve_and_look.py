"""Start the dashboard by a shell command, look at a chart in a browser, stop it; nothing may be left running."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

INSTALL_AND_START_SECONDS = 900
STOP_SECONDS = 30
CHART = ".unroll-panel .js-plotly-plot .scatterlayer .trace path.js-line[d]"


def main(command: str) -> None:
    """Errors: SystemExit with a sentence for whatever does not happen in time."""
    port = _free_port()
    settings = {"STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
    shell = subprocess.Popen(["bash", "-c", command], env={**os.environ, **settings}, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(lambda: _is_healthy(address, shell), INSTALL_AND_START_SECONDS, "the server did not become healthy")
        _look(address)
        _wait(lambda: _workers(shell.pid) != [], STOP_SECONDS, "no worker process was there")
        print(f"{len(_workers(shell.pid))} workers", flush=True)
        for process in _members(shell.pid):
            if "streamlit" in _command_line(process):
                os.kill(process, signal.SIGTERM)
        _wait(lambda: not _members(shell.pid), STOP_SECONDS, "processes outlived the server")
        print("the server and its workers ended", flush=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_healthy(address: str, shell: subprocess.Popen) -> bool:
    if shell.poll() is not None:
        raise SystemExit(f"The command ended with status {shell.returncode} before the server was healthy.")
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).status == 200
    return False


def _look(address: str) -> None:
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for view in ("", "gradient-flow"):
            page.goto(f"{address}/{view}")
            page.wait_for_selector(CHART, state="attached", timeout=90_000)
            print(f"/{view}: {page.locator(CHART).count()} lines drawn", flush=True)
        browser.close()


def _wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"After {seconds:.0f} s {otherwise}.")
        time.sleep(0.2)


def _members(session: int) -> list[int]:
    """Living processes of the shell's session: the shell, the server, its workers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, owner = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(owner) == session and state != "Z":
                found.append(int(folder.name))
    return found


def _workers(session: int) -> list[int]:
    return [process for process in _members(session) if "core.training.worker" in _command_line(process)]


def _command_line(process: int) -> str:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        return " ".join(word.decode(errors="replace") for word in words[:4])
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
