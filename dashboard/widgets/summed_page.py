"""What stands under the claims: what one sees, what to try, the code, and the numbers to take home."""

from __future__ import annotations

import streamlit as st

from dashboard.summed_asked import SummedModel
from dashboard.summed_explanations import CLAIMS_LESSON
from dashboard.summed_snippets import claims_code
from dashboard.widgets.lesson import code_expander, lesson_texts
from dashboard.widgets.summed_panels import claims_csv, claims_html


def lesson(model: SummedModel) -> None:
    """What one sees, what to try, and the code."""
    lesson_texts(CLAIMS_LESSON)
    with code_expander() as is_open:
        if is_open:
            st.caption("The same measurements in plain PyTorch, on random input; weights are drawn anew.")
            st.code(claims_code(model))


def downloads(model: SummedModel) -> None:
    """The pictures' numbers, and the pictures, measured at the click."""
    with st.container(horizontal=True):
        st.download_button("Claims (CSV)", lambda: claims_csv(model), "rnns-summed-up.csv", on_click="ignore",
                           icon=":material/download:", key="s_csv")  # fmt: skip
        st.download_button("Claims (HTML)", lambda: claims_html(model), "rnns-summed-up.html", on_click="ignore",
                           icon=":material/download:", key="s_html")  # fmt: skip
