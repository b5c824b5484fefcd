"""Vectors of one's own: a file that is uploaded, or in the server's folder; read in a worker, with progress."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import streamlit as st

from core.training.workers import WorkerDied
from dashboard.embeddings_calls import keep
from dashboard.progress import progress_file, share_done
from dashboard.readings import verbatim
from dashboard.server import analysis_pool, runs_root, texts_root

FOLDER = "vectors"
"""Beside the runs: where whoever keeps the server puts files that are too large to upload."""
ENDINGS = ("txt", "vec", "glove", "safetensors")
POLL_SECONDS = 0.2


def own_vectors() -> None:
    """A popover with both ways to bring a file."""
    with st.popover("Vectors of your own", icon=":material/upload_file:"):
        st.markdown(
            "A file in the form of GloVe or word2vec (a word and its numbers a line), or safetensors with one matrix "
            f"and its words. Larger ones: put them into `{FOLDER}` in the server's folder of runs."
        )
        uploaded = st.file_uploader("File of vectors", type=ENDINGS, key="e_vector_file")
        if uploaded is not None and st.button("Read the upload", key="e_read_upload"):
            _read_upload(uploaded.name, uploaded.getvalue())
        if files := _files():
            chosen = st.selectbox("File on the server", files, format_func=_described, key="e_server_file")
            if st.button("Read the file", key="e_read_file"):
                _read(chosen)
        if problem := st.session_state.pop("e_vector_problem", None):
            st.error(verbatim(problem))


def _files() -> list[Path]:
    folder = runs_root() / FOLDER
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file() and path.suffix.removeprefix(".") in ENDINGS)


def _described(path: Path) -> str:
    return f"{path.name}, {path.stat().st_size / 1e6:,.0f} MB"


def _read_upload(name: str, data: bytes) -> None:
    handle, path = tempfile.mkstemp(suffix=Path(name).suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        _read(Path(path))
    finally:
        Path(path).unlink(missing_ok=True)


def _read(path: Path) -> None:
    """Read a file in a worker while its progress shows; then choose its vectors."""
    told = progress_file(("vectors", str(path), time.monotonic()))
    future = analysis_pool().submit(keep, path, texts_root(), told)
    bar = st.progress(0.0, "Reading …")
    while not future.done():
        bar.progress(share := share_done(told) or 0.0, f"Reading {share:.0%}")
        time.sleep(POLL_SECONDS)
    bar.empty()
    try:
        st.session_state["e_vectors_next"] = future.result()
    except (ValueError, WorkerDied) as error:
        st.session_state["e_vector_problem"] = str(error)
    st.rerun()


def choose_what_was_read() -> None:
    """Before the controls are drawn: the vectors that were read just now are those that are chosen."""
    if source := st.session_state.pop("e_vectors_next", None):
        st.session_state["e_vectors"] = source
