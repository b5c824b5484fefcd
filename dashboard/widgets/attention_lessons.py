"""What stands under the pictures of sequence to sequence: what one sees, what to try, the code, the numbers."""

from __future__ import annotations

import csv
import io

import streamlit as st

from dashboard.attention_asked import PairsAsked
from dashboard.attention_explanations import PAIR_LESSONS
from dashboard.attention_pair_code import pairs_code, unshown
from dashboard.attention_seen import recording_of, seen_in
from dashboard.widgets.attention_fields import NEWEST
from dashboard.widgets.attention_page import AttentionPage
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.run_links import run_links

COLUMNS = ("model", "pair", "row", "column", "written", "read", "weight", "is a true link")


def lesson(page: AttentionPage) -> None:
    """What one sees, what to try, and the code."""
    lesson_texts(PAIR_LESSONS[page.show])
    with code_expander() as is_open:
        if is_open:
            st.caption(_of_code(page))
            st.code(pairs_code(page.config, page.model))


def _of_code(page: AttentionPage) -> str:
    """What the code is of, and what it leaves out."""
    left_out = unshown(page.config, page.model)
    rest = f" It leaves out {'; '.join(left_out)}." if left_out else ""
    label = page.config.models[page.model].label
    return f"Plain PyTorch: {label} on these pairs; weights and batches are drawn anew.{rest}"


def downloads(page: AttentionPage) -> None:
    """The attention of all shown pairs as CSV; of a run its scalars and its whole recording."""
    if not page.is_trained:
        return
    with st.container(horizontal=True):
        st.download_button("Attention (CSV)", lambda: attention_csv(page), "attention.csv", on_click="ignore",
                           icon=":material/download:", key="a_csv")  # fmt: skip
        if page.run is not None:
            run_links(page.run.header.id)


def attention_csv(page: AttentionPage) -> str:
    """One line a weight, of every model and every shown pair, with COLUMNS."""
    step = int(page.values["a_at"])
    asked = PairsAsked("matrix", page.config, run_id=page.run.header.id if page.run else None)
    table = io.StringIO()
    with recording_of(asked) as recording:
        assert recording is not None
        seen = seen_in(recording, page.config, None if step == NEWEST or page.run else step)
    lines = csv.writer(table, lineterminator="\n")
    lines.writerow(COLUMNS)
    for model, name in zip(page.config.models, page.config.names, strict=True):
        for place in range(len(seen.snapshots[name].sources)):
            pair = seen.aligned(name, place)
            if pair is None:
                continue
            for (row, column), weight in _cells(pair.weights):
                link = "" if pair.possible is None else int(pair.possible[row, column])
                said = pair.target[row], pair.source[column]
                lines.writerow((model.label, place + 1, row + 1, column + 1, *said, f"{weight:.6g}", link))
    return table.getvalue()


def _cells(weights):
    rows, columns = weights.shape
    return (((row, column), weights[row, column]) for row in range(rows) for column in range(columns))
