"""A dashboard of its own for each test that asks for one: an empty folder of runs, no caches, jobs that end with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard import server
from dashboard.routes import readers_of


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of recordings, empty at first."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("UNROLL_RUNS", str(folder))
    monkeypatch.setenv("UNROLL_WORKERS", "1")
    server.close_jobs()
    st.cache_resource.clear()
    yield folder
    server.close_jobs()
    readers_of(server.runs_root()).close()
    st.cache_resource.clear()
