"""The sections of the Decoding view but the tree: their pictures, tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.decoding.reranking import ranked, scores_under
from core.recordings.search import Hypothesis
from core.recordings.search_outcomes import Account
from dashboard import state
from dashboard.decoding_measurements import account_of, finished_of, meanings_of, methods_of, next_of, sizes_of
from dashboard.decoding_readings import (
    cost_sentence,
    mass_sentence,
    methods_sentence,
    next_sentence,
    penalty_sentence,
    product_sentence,
    semantics_sentence,
    sizes_sentence,
    stopping_sentence,
    written,
)
from dashboard.decoding_verdict import verdict
from dashboard.figures.interventions import visible
from dashboard.figures.search_account import Line, candidates_figure, mass_figure, product_figure, stopping_figure
from dashboard.figures.search_next import next_figure
from dashboard.figures.search_outcomes import costs_figure, penalty_figure
from dashboard.figures.search_sizes import sizes_figure
from dashboard.readings import verbatim
from dashboard.widgets.decoding_fields import RANKINGS
from dashboard.widgets.decoding_page import DecodingPage
from dashboard.widgets.decoding_tables import hypotheses_table, outcomes_table
from dashboard.widgets.live_figures import Panel, live_figures

SHOWN_LINES = 3
ALPHAS = np.linspace(0, 2, 81)
LABEL = 40
"""Characters of a hypothesis in a legend."""


def section(page: DecodingPage) -> None:
    """The section that is shown. Errors: ValueError, RecordingError, LimitReached, WorkerDied, TimeoutError."""
    _SECTIONS[page.show](page)


def _picture(id: str, title: str, alt: str, figure: go.Figure, said: str, height: int = 360) -> None:
    panel = Panel(id, figure, "static", title, alt=alt, height=height)
    live_figures([panel], key=f"{state.LIVE_FIGURES}-{id}", columns=1)
    st.markdown(said)


def _accounts(page: DecodingPage) -> None:
    account = account_of(page.asked())
    st.markdown(verbatim(verdict(account.best, account.why_unknown, account.error)))
    left, right = st.columns(2)
    with left:
        _picture("mass", "Where all the probability went", "Stacked bars: kept, finished and pruned, by step.",
                 mass_figure(account.mass), mass_sentence(account))  # fmt: skip
        _picture("candidates", "Candidates of each step", "Bars: candidates looked at, by step.",
                 candidates_figure(account.candidates), cost_sentence(account), 260)  # fmt: skip
    with right:
        _picture("product", "log P(y | x), token by token", "Falling lines: log-probability of the best hypotheses.",
                 product_figure(_lines(account)), product_sentence(account))  # fmt: skip
        if np.isfinite(account.stopping[:, 0]).any():
            _picture("stopping", "May it stop?", "Two lines: best score in reach, and worst of the finished, by step.",
                     stopping_figure(account.stopping), stopping_sentence(account), 260)  # fmt: skip
        else:
            st.caption(stopping_sentence(account))


def _lines(account: Account) -> list[Line]:
    found = [(f"{place + 1}: ", one, False) for place, one in enumerate(account.hypotheses[:SHOWN_LINES])]
    if account.best is not None and account.error is not None and account.error.is_search_error:
        found.append(("best there is: ", account.best, True))
    return [
        Line(
            before + _label(account.symbols, one),
            tuple(visible(account.symbols[token]) for token in one.tokens),
            one.step_log_probs,
            is_best,
        )
        for before, one, is_best in found
    ]


def _label(symbols: Sequence[str], one: Hypothesis) -> str:
    text = written(symbols, one.tokens)
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"


def _sizes(page: DecodingPage) -> None:
    symbols, found, best = sizes_of(replace(page.asked(), settings=replace(page.settings(), method="beam")))
    answers = [written(symbols, tokens) for tokens in found.answers]
    figure = sizes_figure(found, answers, None if best is None else best.score)
    _picture("sizes", "Score of the answer against the beam's size",
             "Line with points: score by beam size; triangles where a wider beam is worse.",
             figure, sizes_sentence(symbols, found, best), 420)  # fmt: skip
    rows = [
        {"k": int(size), "answer": answer, "score": float(score), "calls": int(calls), "fed": int(fed)}
        for size, answer, score, calls, fed in zip(
            found.sizes, answers, found.scores, found.calls, found.rows, strict=True
        )
    ]
    st.dataframe(rows, hide_index=True, width="stretch", key="table-sizes")


def _methods(page: DecodingPage) -> None:
    symbols, found = methods_of(page.asked())
    st.markdown(methods_sentence(symbols, found))
    outcomes_table(symbols, found, "methods")
    _picture("costs", "What each method cost", "Bars on a log axis: calls and hypotheses fed, by method.",
             costs_figure(found), "Seconds are of this server, at this moment; counts are exact.", 420)  # fmt: skip


def _semantics(page: DecodingPage) -> None:
    symbols, found = meanings_of(page.asked())
    st.markdown(semantics_sentence(symbols, found))
    outcomes_table(symbols, found, "semantics")


def _penalty(page: DecodingPage) -> None:
    symbols, found = finished_of(page.asked())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Rank by", list(RANKINGS), format_func=RANKINGS.__getitem__, key="rank_by", required=True)
        st.slider("Strength α", 0.0, 2.0, step=0.05, key="rank", width=320)
    if len(found) < 2:
        st.info(f"{len(found)} finished in this search: choose a beam, or exhaustive search, to have some to rank.")
    if not found:
        return
    scores = scores_under(found, [page.ranking(float(alpha)) for alpha in ALPHAS])
    chosen = float(page.values["rank"])
    figure = penalty_figure(ALPHAS, scores, [_label(symbols, one) for one in found], chosen)
    _picture("penalty", "How far behind the winner, by the strength of the penalty",
             "Lines: score less the winner's, by α; thick ones win somewhere.",
             figure, penalty_sentence(symbols, ALPHAS, scores, found), 420)  # fmt: skip
    hypotheses_table(symbols, ranked(found, page.ranking(chosen))[:10])


def _next(page: DecodingPage) -> None:
    found = next_of(page.asked(), page.node or ())
    names = [visible(symbol) for symbol in found.symbols]
    _picture("next", "What may come next", "Bars: probability of the next tokens, as the model says and as drawn from.",
             next_figure(found, names), next_sentence(found), 420)  # fmt: skip


_SECTIONS: dict[str, Callable[[DecodingPage], None]] = {
    "accounts": _accounts,
    "sizes": _sizes,
    "methods": _methods,
    "semantics": _semantics,
    "penalty": _penalty,
    "next": _next,
}
