"""The sections of the Embeddings view: what each asks of the person, its pictures, its texts."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.tasks.vectors import VectorError
from dashboard import state
from dashboard.embeddings_explanations import EMBEDDINGS_LESSONS
from dashboard.embeddings_snippets import CODES
from dashboard.embeddings_sweeps import BATCH, LENGTH, SEEDS, treatments_sweep
from dashboard.readings import verbatim
from dashboard.server import jobs, texts_root
from dashboard.widgets.embeddings_controls import vectors_control
from dashboard.widgets.embeddings_fields import ANALOGIES, size_of
from dashboard.widgets.embeddings_page import EmbeddingsPage
from dashboard.widgets.embeddings_panels import lookup_panels, rows_panels, space_panels, words_panels
from dashboard.widgets.embeddings_table import table_csv
from dashboard.widgets.embeddings_vectors import own_vectors
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.live_figures import Panel, live_figures
from dashboard.widgets.run_links import run_links
from dashboard.widgets.sweep_run import sweep_downloads, sweep_of_address, sweep_row

FIGURES = f"{state.LIVE_FIGURES}-embeddings"
TABLE_SECTIONS = {"space": space_panels, "rows": rows_panels, "lookup": lookup_panels}
"""Sections about one table and a chosen token."""
ANALOGY_KEYS = ("e_a", "e_b", "e_c")
SWEEP_STEPS = 300
HEIGHT = 460


def table_section(page: EmbeddingsPage) -> None:
    """The pictures of a table; they follow its run."""
    status = None if page.run is None else page.run.header.status
    live_figures(TABLE_SECTIONS[page.show](page), key=FIGURES, run_id=page.run_id, status=status, on_click=choose_token)


def choose_token() -> None:
    """Look at the token of the point that was clicked. Before the controls are drawn."""
    click = st.session_state[FIGURES].get("click") or {}
    token, symbols = str(click.get("id") or ""), st.session_state.get(state.EMBEDDINGS_SYMBOLS, ())
    if token.isascii() and token.isdigit() and int(token) < len(symbols):
        st.session_state["e_token"] = symbols[int(token)]


def pretrained_section() -> None:
    """The picture of drawn, tuned and frozen tables; and how to train them again with other vectors."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        vectors_control()
        own_vectors()
    run = sweep_of_address(state.EMBEDDINGS_SWEEP, None)
    panel = Panel("treatments", go.Figure(), "asked", "Loss of the next word, by how the table begins", height=HEIGHT,
                  alt="Loss against training step: drawn, tuned and frozen tables, mean and range over seeds.",
                  question="embeddings/treatments?")  # fmt: skip
    live_figures([panel], key=f"{FIGURES}-sweep", columns=1, run_id=None if run is None else run.header.id,
                 status=None if run is None else run.header.status)  # fmt: skip
    shown = "This picture ships with Unroll: counted vectors" if run is None else "This picture is of the run"
    st.caption(f"{shown}; {len(SEEDS)} seeds, batches of {BATCH} × {LENGTH} words of Python's language reference.")
    try:
        config = treatments_sweep(st.session_state["e_vectors"], _size(), min(SWEEP_STEPS, jobs().limits.max_steps))
    except (ValueError, VectorError) as error:
        st.error(verbatim(str(error)))
        return
    sweep_row(state.EMBEDDINGS_SWEEP, run, "Train all three, here", config)
    sweep_downloads(run)


def _size() -> int:
    """Of the chosen vectors."""
    values: dict[Any, Any] = {"e_begin": "tuned", "e_vectors": st.session_state["e_vectors"], "e_size": 50}
    return size_of(values, texts_root())


def words_section(page: EmbeddingsPage) -> None:
    """An analogy and neighbours, of any source of vectors."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        vectors_control()
        own_vectors()
    _analogies()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, label in (("a", "What"), ("b", "is to"), ("c", "is as")):
            st.text_input(label, key=f"e_{name}", max_chars=40, width=160)
    try:
        live_figures(words_panels(st.session_state["e_vectors"], _size(), page.words), key=f"{FIGURES}-words")
    except VectorError as error:
        st.error(verbatim(str(error)))


def _analogies() -> None:
    """A row of examples; the one that the words are is lit."""
    now = tuple(st.session_state[key] for key in ANALOGY_KEYS)
    st.session_state["e_analogy"] = next((name for name, words in ANALOGIES.items() if words == now), None)

    def choose() -> None:
        words = ANALOGIES.get(st.session_state["e_analogy"], now)
        st.session_state.update(dict(zip(ANALOGY_KEYS, words, strict=True)))

    st.segmented_control("Example", list(ANALOGIES), key="e_analogy", on_change=choose, label_visibility="collapsed")


def lesson(page: EmbeddingsPage) -> None:
    """What one sees, what to try, the code."""
    lesson_texts(EMBEDDINGS_LESSONS[page.show])
    with code_expander() as is_open:
        if is_open:
            token = page.tokens.symbols[page.token]
            st.code(CODES[page.show](token if page.config is None else "e"))


def downloads(page: EmbeddingsPage) -> None:
    """The table's numbers; of a run, its scalars and its whole recording."""
    with st.container(horizontal=True):
        if page.show in TABLE_SECTIONS:
            st.download_button("Table (CSV)", partial(table_csv, page), "embedding.csv", on_click="ignore",
                               icon=":material/download:", key="e_csv")  # fmt: skip
        if page.run_id is not None:
            run_links(page.run_id)
