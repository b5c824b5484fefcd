"""A dashboard of its own for each test that asks for one: an empty folder of runs, no caches, jobs that end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.training.jobs import Jobs
from core.training.limits import Limits
from core.training.workers import WorkerPool
from dashboard import server
from dashboard.routes import readers_of


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    """One warm worker for the jobs of all tests: to start one takes seconds."""
    with WorkerPool(1) as pool:
        yield pool


@pytest.fixture
def limits() -> Limits:
    """The server's limits; a test parametrises it to narrow them."""
    return Limits()


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: WorkerPool, limits: Limits) -> Iterator[Path]:
    """The folder of recordings, empty at first."""
    monkeypatch.setenv("UNROLL_RUNS", str(tmp_path / "runs"))
    server.close_jobs()
    st.cache_resource.clear()
    jobs = Jobs(server.runs_root(), pool, slots=1, limits=limits, texts=server.texts_root())
    monkeypatch.setattr(server, "_jobs", jobs)
    yield server.runs_root()
    jobs.close()
    readers_of(server.runs_root()).close()
    st.cache_resource.clear()


@pytest.fixture
def open_view(runs: Path) -> Callable[..., AppTest]:
    """Open a view by the name of its file, within the frame; the address is given by name."""

    def opened(view: str, **address: str) -> AppTest:
        page = AppTest.from_file(str(Path(server.__file__).parent / "main.py"), default_timeout=60).run()
        page.switch_page(f"views/{view}.py")
        for key, value in address.items():
            page.query_params[key] = value
        return page.run()

    return opened
