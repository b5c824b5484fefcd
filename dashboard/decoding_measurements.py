"""What the Decoding view asks of the workers by itself, kept for the next script run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.recordings.search import Hypothesis
from core.recordings.search_account import ScoreAgainstSize
from core.recordings.search_outcomes import Account, NextTokens, Outcome
from core.recordings.storage import list_runs
from core.training.config import TrainingConfig
from core.training.kinds import read_config
from core.training.translation_config import TranslationConfig
from dashboard import decoding_calls
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_sources import GENERATING
from dashboard.recorded_pairs import recorded
from dashboard.search_room import done_here, is_small, search_call, source_of
from dashboard.server import analysis_pool

MOST_RUNS = 12
"""Models of runs that a page offers, the newest first."""
RUNS_SECONDS = 3.0
SEARCHING = "Searching …"


def _computed(function: Any, asked: AskedSearch, *more: Any) -> Any:
    """The function's result, from a worker unless it is had at once."""
    call = search_call(function, source_of(asked), asked, *more)
    if is_small(asked):
        return done_here(call)
    return analysis_pool().submit(call.function, *call.arguments).result()


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def account_of(asked: AskedSearch) -> Account:
    """The search, accounted for. Errors: ValueError, RecordingError, LimitReached, WorkerDied, TimeoutError."""
    found: Account = _computed(decoding_calls.account, asked)
    return found


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def finished_of(asked: AskedSearch) -> tuple[tuple[str, ...], tuple[Hypothesis, ...]]:
    """Symbols, and all that finished in the search. Errors: as `account_of`."""
    found: tuple[tuple[str, ...], tuple[Hypothesis, ...]] = _computed(decoding_calls.finished, asked)
    return found


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def methods_of(asked: AskedSearch) -> tuple[tuple[str, ...], tuple[Outcome, ...]]:
    """Symbols, and every method's answer. Errors: as `account_of`."""
    found: tuple[tuple[str, ...], tuple[Outcome, ...]] = _computed(decoding_calls.methods, asked)
    return found


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def meanings_of(asked: AskedSearch) -> tuple[tuple[str, ...], tuple[Outcome, ...]]:
    """Symbols, and the answer of beam search in every semantics. Errors: as `account_of`."""
    found: tuple[tuple[str, ...], tuple[Outcome, ...]] = _computed(decoding_calls.meanings, asked)
    return found


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def sizes_of(asked: AskedSearch) -> tuple[tuple[str, ...], ScoreAgainstSize, Hypothesis | None]:
    """Symbols, the answer of each beam size, and the best there is if it is known. Errors: as `account_of`."""
    found: tuple[tuple[str, ...], ScoreAgainstSize, Hypothesis | None] = _computed(decoding_calls.sizes, asked)
    return found


@st.cache_data(max_entries=64, show_spinner=SEARCHING)
def next_of(asked: AskedSearch, tokens: tuple[int, ...]) -> NextTokens:
    """What may follow a hypothesis. Errors: as `account_of`."""
    found: NextTokens = _computed(decoding_calls.following, asked, tokens)
    return found


def exported(asked: AskedSearch, kind: str) -> str:
    """The whole tree as "json" or "csv". Errors: as `account_of`."""
    text: str = _computed(decoding_calls.export, asked, kind)
    return text


@st.cache_data(ttl=RUNS_SECONDS, show_spinner=False)
def generators(root: Path) -> dict[str, str]:
    """Models of the newest runs under `root` that generate: as AskedSearch.model names them → how they are called."""
    found: dict[str, str] = {}
    for header in list_runs(root)[0]:
        try:
            config = read_config(header.config)
        except ValueError:
            continue
        if isinstance(config, TrainingConfig) and config.task.name in GENERATING:
            one_way = [model.label if not model.bidirectional else "" for model in config.models]
            found |= _named(header.id, config.names, one_way, "")
        if isinstance(config, TranslationConfig):
            labels = [model.label for model in config.models]
            found |= _named(header.id, config.names, labels, f"{config.task.name}: ")
        if len(found) >= MOST_RUNS:
            break
    return found


def _named(run_id: str, names: Sequence[str], labels: Sequence[str], task: str) -> dict[str, str]:
    return {
        f"run:{run_id}:{name}": f"{task}{label} (run {run_id[:16]})"
        for name, label in zip(names, labels, strict=True)
        if label
    }


def reads_pairs(model: str) -> bool:
    """Whether a model as AskedSearch names it has an encoder. Errors: RecordingError, ValueError."""
    return recorded(model) is not None
