"""What stands under the pictures of the Truncation view: what one sees, what to try, the code, the numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import server
from dashboard.asked import Drawn
from dashboard.truncation_analyses import CUT_ANALYSES
from dashboard.truncation_asked import CutAsked
from dashboard.truncation_explanations import CUT_LESSONS
from dashboard.truncation_snippets import reach_code, training_code
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.run_links import run_links
from dashboard.widgets.truncation_page import TruncationPage

COLUMNS = ("picture", "series", "x", "y")
TAKEN = {"reach": ("reach",), "gradient": ("likeness", "costs"), "train": ("staleness",), "detach": ("undetached",)}
"""Section → the pictures whose numbers it hands out; those of lags are the run's."""


def lesson(page: TruncationPage) -> None:
    """What one sees, what to try, and the code."""
    lesson_texts(CUT_LESSONS[page.show])
    with code_expander() as is_open:
        if is_open:
            st.caption("Plain PyTorch on random tokens; weights are drawn anew.")
            is_reach = page.show == "reach"
            st.code(reach_code(page.config, page.place) if is_reach else training_code(page.config))


def downloads(page: TruncationPage) -> None:
    """The section's numbers and pictures, computed at the click; of a run, its scalars and its whole recording."""
    with st.container(horizontal=True):
        if page.show in TAKEN:
            _button("Numbers (CSV)", lambda: numbers_csv(page), "csv")
            _button("Pictures (HTML)", lambda: pictures_html(page), "html")
        if page.run is not None:
            run_links(page.run.header.id)


def _button(label: str, made: Callable[[], str], kind: str) -> None:
    icon = ":material/download:"
    st.download_button(label, made, f"truncation.{kind}", on_click="ignore", icon=icon, key=f"c_{kind}")


def drawn(page: TruncationPage) -> list[Drawn]:
    """The section's pictures before training. Errors: TimeoutError, WorkerDied, ValueError."""
    found = []
    for name in TAKEN[page.show]:
        work = CUT_ANALYSES[name](CutAsked(name, page.config, page.place, page.example))
        assert work.draw is not None
        results = [server.analysis_pool().submit(call.function, *call.arguments).result() for call in work.calls]
        found.append(work.draw(results))
    return found


def numbers_csv(page: TruncationPage) -> str:
    """All points of the section's lines as CSV, with COLUMNS; what lies on a floor is said in words there."""
    rows = [
        (name, trace.name, x, y)
        for name, picture in zip(TAKEN[page.show], drawn(page), strict=True)
        for trace in picture.figure.data
        if trace.fill is None
        for x, y in zip(trace.x, _values(trace), strict=True)
    ]
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    return table.getvalue()


def _values(trace: Any) -> list:
    """As measured, where the trace says so in words."""
    words = trace.customdata
    return list(words) if words is not None and len(words) and isinstance(words[0], str) else list(trace.y)


def pictures_html(page: TruncationPage) -> str:
    """The section's pictures with their sentences as one page that needs nothing else."""
    parts = []
    for number, picture in enumerate(drawn(page)):
        plot = picture.figure.to_html(full_html=False, include_plotlyjs=number == 0)
        parts.append(f"{plot}<p>{picture.reading.replace('**', '')}</p>")
    return f"<!doctype html><meta charset=utf-8><title>Truncation</title>{''.join(parts)}"
