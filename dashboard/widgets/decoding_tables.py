"""The tables of the Decoding view: hypotheses, and the answers of several searches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.decoding.repetition import repeated_spans
from core.recordings.search import Hypothesis
from core.recordings.search_outcomes import Account, Outcome
from dashboard.decoding_readings import parting, written
from dashboard.decoding_sources import TEXT_REPEATS
from dashboard.readings import verbatim

PARTING = "parts at token"
"""A column that is left out where all agree."""
HYPOTHESES = ("| # | hypothesis | P | log P (nats) | score | tokens | ended |", "| -: | :- | -: | -: | -: | -: | :- |")
"""Head of a table in Markdown: the grid of `st.dataframe` is a megabyte of script, and the tree would wait for it."""
NUMBERS = {
    "log P": st.column_config.NumberColumn("log P (nats)", format="%.5g"),
    "score": st.column_config.NumberColumn(format="%.5g"),
    "answer": st.column_config.TextColumn(width="large"),
    "seconds": st.column_config.NumberColumn(format="%.3f"),
}


def hypotheses_table(symbols: Sequence[str], found: Sequence[Hypothesis], account: Account | None = None) -> None:
    """The n best; with the account of the search, what repeats is marked in the text."""
    spans = account.repeats if account is not None else ((),) * len(found)
    rows = [_row(symbols, one, place, spans[place]) for place, one in enumerate(found)]
    st.markdown("\n".join([*HYPOTHESES, *rows]))
    if any(spans):
        st.caption("What stands in ⟦ ⟧ repeats something that came before.")


def _row(symbols: Sequence[str], one: Hypothesis, place: int, repeats: Sequence[tuple[int, int]]) -> str:
    line = " ".join(written(symbols, one.tokens, repeats).splitlines())  # a line break would end the row
    text = verbatim(line).replace("  ", "\u00a0 ")  # else they melt into one space
    ended = "by the end token" if one.is_ended else "cut at the greatest length"
    numbers = f"{math.exp(one.log_prob):.4g} | {one.log_prob:.5g} | {one.score:.5g} | {len(one.tokens)}"
    return f"| {place + 1} | {text} | {numbers} | {ended} |"


def outcomes_table(symbols: Sequence[str], found: Sequence[Outcome], key: str) -> None:
    """The answer of each search, what it cost, and where it parts from the first one."""
    first = next((one.answer.tokens for one in found if one.answer is not None), ())
    rows = [_outcome(symbols, one, first) for one in found]
    if all(row[PARTING] is None for row in rows):
        rows = [{name: value for name, value in row.items() if name != PARTING} for row in rows]
    _show(rows, key)


def _outcome(symbols: Sequence[str], one: Outcome, first: Sequence[int]) -> dict[str, Any]:
    answer = one.answer
    if answer is None:
        said = one.refused or "found nothing"
        return {"search": one.label, "answer": f"— {said}"} | dict.fromkeys(("log P", "score", PARTING))
    parts = None if tuple(first) == answer.tokens else parting(first, answer.tokens) + 1
    return {
        "search": one.label,
        "answer": written(symbols, answer.tokens, repeated_spans(answer.tokens, TEXT_REPEATS)),
        "log P": answer.log_prob,
        "score": answer.score,
        PARTING: parts,
        "calls": one.calls,
        "fed": one.rows,
        "seconds": one.seconds,
    }


def _show(rows: list[dict[str, Any]], key: str) -> None:
    st.dataframe(rows, hide_index=True, width="stretch", column_config=NUMBERS, key=f"table-{key}")
