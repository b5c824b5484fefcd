"""The sections of the page of sequence to sequence that show a run on pairs."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.attention_asked import MOST_LAID, read_laid, written_laid
from dashboard.attention_seen import task_of_pairs
from dashboard.attention_shipped import shipped_name
from dashboard.widgets.attention_controls import place_controls, snapshot_steps
from dashboard.widgets.attention_page import AttentionPage, pair_titles
from dashboard.widgets.attention_panels import pair_panels
from dashboard.widgets.live_figures import live_figures

HOST = f"{state.LIVE_FIGURES}-attention"
"""Widget: the host of the section's figures."""


def pair_section(page: AttentionPage) -> None:
    """Where one looks, the hand where there is one, and the pictures. Errors: PairError."""
    labels = [model.label for model in page.config.models]
    steps = snapshot_steps(page.config.steps) if page.ships and page.show != "hand" else None
    place_controls(labels, pair_titles(page.config.task), steps)
    if page.show == "hand":
        _hand_controls(page)
    _state_of_training(page)
    _link_to_searches(page)
    live_figures(
        pair_panels(page),
        key=f"{HOST}-{page.show}",
        run_id=page.run.header.id if page.run else None,
        status=page.run.header.status if page.run else None,
        on_click=_lay if page.show == "hand" else None,
    )


def _state_of_training(page: AttentionPage) -> None:
    task = task_of_pairs(page.config.task)
    sizes = f"{len(task.source_symbols)} source and {len(task.target_symbols)} target symbols"
    if page.ships:
        whence = f"Trained beforehand, {page.config.steps} steps; *Train* does it again, live."
    elif page.run is None:
        whence = "Nothing is trained yet: the pictures show the models as they are drawn. Press *Train*."
    else:
        whence = "The pictures follow the run; the scrubber under them goes back in time."
    st.caption(f"{task.title}: {sizes}, all pairs shown are held out. {whence}")


def _link_to_searches(page: AttentionPage) -> None:
    """The pair's source in the page of searches, where the model decodes it by any method; none before training."""
    recording = (
        f"shipped:{shipped_name(page.config)}" if page.ships else f"run:{page.run.header.id}" if page.run else ""
    )
    if not recording:
        return
    task = task_of_pairs(page.config.task)
    source = task.source.print(task.held_out().source[page.example].tolist())
    model = f"{recording}:{page.config.names[page.model]}"
    st.page_link("views/decoding.py", label="Search this pair's target by any method: its tree, beams, the true best",
                 icon=":material/account_tree:", query_params={"of": model, "source": source})  # fmt: skip


def _hand_controls(page: AttentionPage) -> None:
    """Another source, a beginning, and the rows that are laid."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Another source", key="a_source", placeholder="as it is", max_chars=200)
        st.text_input("Make it begin with", key="a_prefix", placeholder="what it likes", max_chars=200)
        laid = read_laid(st.session_state["a_laid"])
        st.button(f"Take the hand away ({len(laid)} rows)", icon=":material/back_hand:", on_click=_clear,
                  disabled=not laid and not page.hand.source and not page.hand.prefix)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Row", 1, 110, key="a_row", width=120)
        st.number_input("looks at column", 1, 110, key="a_column", width=150)
        st.button("Lay it there", on_click=_lay_typed, icon=":material/pan_tool:")


def _lay() -> None:
    """A click on a cell: its row looks there alone."""
    click = st.session_state[f"{HOST}-hand"].get("click")
    row, _, column = str((click or {}).get("id") or "").partition("-")
    if row.isdigit() and column.isdigit():
        _put(int(row), int(column))


def _lay_typed() -> None:
    _put(int(st.session_state["a_row"]) - 1, int(st.session_state["a_column"]) - 1)


def _put(row: int, column: int) -> None:
    laid = dict(read_laid(st.session_state["a_laid"])) | {row: column}
    st.session_state["a_laid"] = written_laid(tuple(sorted(laid.items()))[:MOST_LAID])


def _clear() -> None:
    for key in ("a_laid", "a_source", "a_prefix"):
        st.session_state[key] = ""
