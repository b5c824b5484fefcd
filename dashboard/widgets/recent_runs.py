"""The runs of late, each a link to its page."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from core.recordings.storage import RunHeader, list_runs
from core.training.config import SHIPPED_START, TrainingConfig
from core.training.digits_config import DigitsConfig
from core.training.kinds import read_config
from core.training.measures_sweeps import LAG_PATH
from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from core.training.translation_config import TranslationConfig
from core.training.truncation_config import TruncationConfig
from dashboard import state

MOST_RUNS = 8
PAGES = {
    TrainingConfig.kind: "views/gradient_flow.py",
    TruncationConfig.kind: "views/truncation.py",
    TranslationConfig.kind: "views/attention.py",
    DigitsConfig.kind: "views/attention.py",
}
"""Kind of run → the page that shows it."""


def recent_runs(root: Path, notice: str) -> None:
    """The newest runs under `root`: what was compared, how it stands, when; and what could not be read."""
    headers, problems = list_runs(root)
    if notice:
        st.warning(notice)
    if not headers:
        st.caption("None yet. Press *Train* in a view: every run is kept here, and its link shows it again.")
    for header in headers[:MOST_RUNS]:
        page, models = _place(header)
        st.page_link(
            page,
            label=f"{_title(header)} · {header.status}, step {max(header.last_step, 0)} · {_age(header.created)}",
            query_params={state.RUN: header.id, **models},
            icon=":material/history:",
        )
    if problems:
        with st.expander(f"{len(problems)} folders could not be read"):
            st.markdown("\n".join(f"- {problem}" for problem in problems[:20]))


def _place(header: RunHeader) -> tuple[str, dict[str, str]]:
    """The page that shows a run, and what its address says beside the run."""
    try:
        config = read_config(header.config)
    except ValueError:
        return PAGES[TrainingConfig.kind], {}
    if isinstance(config, TrainingConfig) and config.start == SHIPPED_START:  # gradient flow has no control for it
        return "views/gates.py", {"model": config.names[0]}
    if isinstance(config, TrainingConfig) and _is_about_embeddings(config):
        return "views/embeddings.py", {}
    return _place_of_sweep(config) if isinstance(config, SweepConfig) else (_page(config), {})


def _is_about_embeddings(config: TrainingConfig) -> bool:
    """Whether the run has settings that only the Embeddings page has a control for."""
    return config.task.name == "next_word" or any(model.embedding_size is not None for model in config.models)


def _place_of_sweep(sweep: SweepConfig) -> tuple[str, dict[str, str]]:
    """The page that starts such sweeps; the page of its runs' kind for any other."""
    if sweep.base.kind == TrainingConfig.kind and [factor.path for factor in sweep.factors] == [LAG_PATH]:
        return "views/summed_up.py", {}
    if isinstance(sweep.base, TrainingConfig) and _is_about_embeddings(sweep.base):
        return "views/embeddings.py", {"show": "pretrained"}
    if sweep.base.kind == TrainingConfig.kind and not sweep.factors:
        return "views/recurrence.py", {"r_show": "stack"}
    return _page(sweep.base), {}


def _page(config: RunConfig) -> str:
    return PAGES.get(config.kind, PAGES[TrainingConfig.kind])


def _title(header: RunHeader) -> str:
    try:
        return read_config(header.config).title
    except ValueError:
        return header.id


def _age(created: float) -> str:
    seconds = max(time.time() - created, 0)
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
