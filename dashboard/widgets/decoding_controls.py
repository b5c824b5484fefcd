"""The controls of the Decoding view, drawn: situation, model, prefix, method, and what the method knows of."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.decoding.comparison import LABELS
from core.decoding.presets import PRESETS
from dashboard.decoding_asked import MOST_LENGTH, MOST_PREFIX, MOST_PROOF, MOST_SIZE, PRESET
from dashboard.decoding_explanations import DECODING_LESSONS
from dashboard.decoding_measurements import generators
from dashboard.server import runs_root
from dashboard.shipped_pairs import shipped_models
from dashboard.widgets.address import Field
from dashboard.widgets.decoding_fields import (
    ENDS,
    FIRST_PREFIX,
    LOOKING,
    MODEL_TITLES,
    PENALTY_TITLES,
    SECTIONS,
    SEMANTICS_TITLES,
    SITUATIONS,
    STORIES,
    of_table,
    of_text,
)
from dashboard.widgets.decoding_page import DRAWN, RANKING, SIZED, DecodingPage

LOST_PLACE = {"forced": "", "node": "", "upto": 0}
"""Fields that another model or prefix empties, for they name tokens of the search before."""


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(DECODING_LESSONS[st.session_state["show"]].question)


def situation_control(fields: Sequence[Field]) -> None:
    """A row of presets; the one that the controls show is lit, and says what to see in it."""
    moved = [field for field in fields if field.key not in LOOKING]
    values = {name: {field.key: field.default for field in moved} | one for name, one in SITUATIONS.items()}
    seen = [key for key in values["Python code"] if key not in LOST_PLACE]
    now = {key: st.session_state[key] for key in seen}
    lit = (name for name, one in values.items() if {key: one[key] for key in seen} == now)
    st.session_state["situation"] = next(lit, None)

    def choose() -> None:
        st.session_state.update(values.get(st.session_state["situation"], {}))

    st.segmented_control("Situation", list(SITUATIONS), key="situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip
    if (name := st.session_state["situation"]) is not None:
        st.caption(STORIES[name])


def search_controls(page: DecodingPage) -> None:
    """Who decodes what, and how."""
    models = MODEL_TITLES | shipped_models() | generators(runs_root())
    chosen = st.session_state["of"]
    models |= {} if chosen in models else {chosen: "a model of a run"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Model", list(models), format_func=models.__getitem__, key="of", width=270, on_change=_adopt)
        if page.has_source:
            st.text_input("Source", key="source", width=220, max_chars=MOST_PREFIX, placeholder="the first held out")
        words = "A B C" if page.is_table else "how it begins" if page.has_source else "type a text"
        st.text_input("Prefix", key="prefix", width=200, max_chars=MOST_PREFIX, placeholder=words, on_change=_lose)
        st.selectbox("Method", list(LABELS), format_func=LABELS.__getitem__, key="by", width=180)
        if page.method in SIZED:
            title = "Samples" if page.method == "sample" else "Beam size k"
            st.number_input(title, 1, MOST_SIZE, key="k", width=120)
        st.number_input("Most tokens", 1, MOST_LENGTH, key="most", width=120)
        with st.popover("Rules", icon=":material/gavel:"):
            _rules(page)
        if page.method in RANKING or page.show in ("semantics", "sizes"):
            with st.popover("Ranking", icon=":material/sort:"):
                _ranking(page)
        if page.method in (*DRAWN, "diverse") or page.show in ("next", "methods"):
            with st.popover("Drawing", icon=":material/casino:"):
                _drawing(page)
    _forced(page)


def _adopt() -> None:
    """Set what another model needs otherwise: its prefix, its lengths."""
    model = st.session_state["of"]
    method, size = st.session_state["by"], st.session_state["k"]
    preset = PRESETS.get(model.removeprefix(PRESET)) if model.startswith(PRESET) else None
    if preset is not None:
        values = of_table(preset, method, size)
    else:
        is_text = not DecodingPage(st.session_state).has_source
        prefix = (st.session_state["prefix"] or FIRST_PREFIX) if is_text else ""
        values = of_text(model, prefix, size, max(st.session_state["most"], 20), method)
    st.session_state.update(values | LOST_PLACE | {"source": ""})


def _lose() -> None:
    st.session_state.update(LOST_PLACE)


def _rules(page: DecodingPage) -> None:
    st.number_input("Least tokens before the end", 0, MOST_LENGTH, key="least")
    st.number_input("No n-gram twice (0: any may repeat), n", 0, 20, key="ngram")
    if not page.is_table:
        st.selectbox("A hypothesis ends with", list(ENDS), format_func=ENDS.__getitem__, key="end")
    st.number_input("Hypotheses fed for the proof of the best", 1, MOST_PROOF, step=1000, key="proof")
    if page.method == "stochastic":
        st.caption("A sample without replacement knows no rules; these wait for another method.")


def _ranking(page: DecodingPage) -> None:
    st.selectbox("Semantics", list(SEMANTICS_TITLES), format_func=SEMANTICS_TITLES.__getitem__, key="semantics")
    st.selectbox("Length penalty", list(PENALTY_TITLES), format_func=PENALTY_TITLES.__getitem__, key="penalty")
    is_strong = st.session_state["penalty"] in ("length", "gnmt")
    st.number_input("α", -2.0, 4.0, step=0.1, format="%g", key="alpha", disabled=not is_strong)
    if page.has_source and page.method == "beam":
        st.number_input("Coverage β (where there is attention)", 0.0, 10.0, step=0.1, format="%g", key="coverage")


def _drawing(page: DecodingPage) -> None:
    if page.method == "diverse":
        st.number_input("Groups (they divide k)", 1, MOST_SIZE, key="groups")
        st.number_input("Cost of a token that an earlier group took, nats", 0.0, 100.0, step=0.5, key="diversity")
    st.slider("Temperature", 0.05, 3.0, key="temperature")
    st.number_input("Top k (0: all)", 0, 1000, key="top_k")
    st.slider("Top p", 0.01, 1.0, key="top_p")
    st.number_input("Seed", 0, 100_000, key="draw")


def _forced(page: DecodingPage) -> None:
    """Say that a beginning is forced, and offer to let it go."""
    if not st.session_state["forced"]:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        count = st.session_state["forced"].count(",") + 1
        st.caption(f"Every hypothesis begins with the {count} tokens that you chose in the tree; they are scored.")
        st.button("Let it go", key="unforce", icon=":material/undo:", on_click=_unforce)


def _unforce() -> None:
    st.session_state["forced"] = ""
