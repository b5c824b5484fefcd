"""The runs of the page of sequence to sequence: found again by the address, started, steered, left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from core.training.translation_config import TranslationConfig
from dashboard import state
from dashboard.attention_shipped import spread_config
from dashboard.attention_side_settings import settings_of, side_config, side_keys
from dashboard.widgets.address import set_values
from dashboard.widgets.attention_fields import PAIRS, PLACES, config_of, values_of
from dashboard.widgets.page_run import end_run, read_run, tell_rate, train_row
from dashboard.widgets.run_controls import Config, ShownRun, begin

TOLD = "pairs-told"
"""Session: the learning rate that the run was last told."""
RUNS = {"fusion": state.FUSION_RUN, "digits": state.DIGITS_RUN, "cheat": state.CHEAT_RUN}
"""By section: where the session keeps its run."""
KEPT = (state.PAIRS_RUN, state.SPREAD_RUN, *RUNS.values())
"""Session: the runs of the page's sections."""


def adopt_run(fields: Sequence[Any]) -> None:
    """When the address names a run on pairs that the session has not seen, set the controls as it was started."""
    run_id = state.run_id()
    if run_id is None or run_id in map(st.session_state.get, KEPT):
        return
    found: ShownRun[Any] | None = read_run(run_id, object)
    if found is None:
        return
    if isinstance(found.config, TranslationConfig):
        if _adopt_pairs(fields, found.config):
            st.session_state[state.PAIRS_RUN] = run_id
    elif not _adopt_side(found) and _is_spread(found.config) and _adopt_pairs(fields, found.config.base):
        st.session_state["show"], st.session_state["a_seeds"] = "align", len(found.config.seeds)
        st.session_state[state.SPREAD_RUN] = run_id


def _adopt_pairs(fields: Sequence[Any], config: TranslationConfig) -> bool:
    """Set the controls as a run on pairs was started; False, saying so, if they cannot describe it."""
    values = {field.key: field.default for field in fields} | values_of(config)
    try:
        is_known = config_of(values) == config
    except ValueError:
        is_known = False
    if not is_known:
        st.warning("The run in the address has settings that this page has no control for; it is not shown.")
        return False
    places = {key: st.session_state[key] for key in PLACES if key in st.session_state}
    set_values(fields, values | places, PAIRS)
    return True


def _adopt_side(run: ShownRun[Any]) -> bool:
    """A run that one of the other sections starts: open that section with what was chosen for the run."""
    chosen = settings_of(run.config)
    for show, key in RUNS.items() if chosen is not None else ():
        assert chosen is not None
        if side_config(show, chosen) == run.config:
            values = dict(zip(side_keys(show), chosen, strict=False)) | {"show": show, "a_seed": chosen.seed}
            st.session_state.update(values)
            st.session_state[key] = run.header.id
            return True
    return False


def _is_spread(config: Any) -> bool:
    """Whether a run is of the same models on pairs from several seeds, as the section Alignment starts it."""
    if not (isinstance(config, SweepConfig) and isinstance(config.base, TranslationConfig)):
        return False
    return config == spread_config(config.base, len(config.seeds))


def spread_run(wanted: SweepConfig) -> ShownRun[SweepConfig] | None:
    """The sweep over seeds that this session shows, if it is `wanted`; in the address where no other run is."""
    run_id = st.session_state.get(state.SPREAD_RUN)
    run = None if run_id is None else read_run(run_id, SweepConfig)
    if run is not None and run.config != wanted:
        run = None
    st.session_state[state.SPREAD_RUN] = None if run is None else run.header.id
    if run is not None and state.run_id() is None:
        state.show_run(run.header.id)
    return run


def shown_run(wanted: TranslationConfig) -> ShownRun[TranslationConfig] | None:
    """The run on pairs that this session shows. Once the controls want another one, none, and a run of ours ends.

    The learning rate alone reaches a run that goes on.
    """
    run_id = st.session_state.get(state.PAIRS_RUN)
    run = None if run_id is None else read_run(run_id, TranslationConfig)
    if run is not None and replace(run.config, learning_rate=wanted.learning_rate) != wanted:
        end_run(run)
        run = None
    _keep(state.PAIRS_RUN, run)
    if run is not None:
        tell_rate(run, TOLD, wanted.learning_rate)
    return run


def side_run(key: str, wanted: Config) -> ShownRun[Config] | None:
    """The run of a section with a run of its own, named by the address or shown last; None unless it is `wanted`."""
    run_id = state.run_id()
    if run_id is None or run_id in map(st.session_state.get, KEPT):
        run_id = st.session_state.get(key)
    run = None if run_id is None else read_run(run_id, type(wanted))
    if run is not None and run.config != wanted:
        run = None
    _keep(key, run)
    return run


def _keep(key: str, run: ShownRun[Any] | None) -> None:
    st.session_state[key] = None if run is None else run.header.id
    state.show_run(st.session_state[key])


def run_row(key: str, config: RunConfig, run: ShownRun[Any] | None) -> None:
    """Train, pause, step, end, reset; and how the run stands."""
    train_row(key, run, partial(_start, key, config), partial(_forget, key))


def _start(key: str, config: RunConfig) -> None:
    run_id = begin(config)
    if run_id is not None:
        st.session_state[key] = run_id
        st.session_state[TOLD] = config.learning_rate


def _forget(key: str) -> None:
    """Show what ships, or nothing trained; a run that goes on is left alone."""
    state.show_run(None)
    st.session_state[key] = None
