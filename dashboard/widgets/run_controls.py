"""Train, pause, step, end, reset; and how the run stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from core.recordings.storage import RecordingError, RunHeader, read_header
from core.training.config import TrainingConfig
from core.training.jobs import NotRunning
from core.training.limits import LimitReached
from core.training.run_config import RunConfig
from dashboard import state
from dashboard.readings import verbatim
from dashboard.server import jobs, runs_root
from dashboard.widgets.address import set_values
from dashboard.widgets.gradient_fields import config_of, values_of

LIVE = ("lr", "clip", "max_norm")
"""Controls that change a run while it goes on; any other one starts anew."""
STATUS_TEXT = {
    "queued": "starting",
    "running": "training",
    "paused": "paused",
    "finished": "finished",
    "ended": "ended",
    "diverged": "diverged",
    "crashed": "crashed",
    "failed": "failed",
}


Config = TypeVar("Config", bound=RunConfig)


@dataclass(frozen=True)
class ShownRun(Generic[Config]):
    """The run that the page shows."""

    header: RunHeader
    config: Config
    is_own: bool
    """True if this visitor started it and it goes on, so that the buttons steer it."""


def adopt_run(fields: Sequence[Any]) -> None:
    """When the address names a run that the session has not seen, set the controls as that run was started."""
    run_id = state.run_id()
    if run_id is None and (last := st.session_state.get(state.LAST_RUN)):
        state.show_run(last)
        return
    if run_id is None or run_id == st.session_state.get(state.LAST_RUN):
        return
    try:
        config = TrainingConfig.from_dict(_header(run_id).config)
        _check_controls(fields, config)
    except (RecordingError, ValueError) as error:
        forget_run()
        st.warning(f"The run in the address cannot be shown: {verbatim(str(error))}")
        return
    set_values(fields, values_of(config))
    st.session_state[state.LAST_RUN] = run_id
    st.session_state[state.KNOBS] = _knobs(values_of(config))


def _check_controls(fields: Sequence[Any], config: TrainingConfig) -> None:
    """Errors: ValueError for a run that these controls cannot describe, such as one with models of two widths."""
    values = {field.key: field.default for field in fields} | values_of(config)
    for field in fields:
        try:
            field.read(field.write(values[field.key]))
        except ValueError as rule:
            raise ValueError(f"its {field.label} is {values[field.key]!r}, but this page shows {rule}.") from None
    if config_of(values) != config:
        raise ValueError("its models or its task have settings that this page has no control for.")


def _header(run_id: str) -> RunHeader:
    return read_header(runs_root() / state.checked(run_id))


def forget_run() -> None:
    """Show no run; one that goes on is left alone."""
    state.show_run(None)
    st.session_state[state.LAST_RUN] = None


def shown_run(wanted: TrainingConfig) -> ShownRun[TrainingConfig] | None:
    """The run in the address. Once the controls want another one, live ones apart, none: a run of ours ends."""
    run = run_of_address()
    if run is not None and _fixed(wanted) != _fixed(run.config):
        if run.is_own:
            _steer("end", run.header.id)
        forget_run()
        return None
    return run


def run_of_address() -> ShownRun[TrainingConfig] | None:
    """The run in the address, or none, with the reason, if it cannot be read."""
    run_id = state.run_id()
    if run_id is None:
        return None
    try:
        header = _header(run_id)
        config = TrainingConfig.from_dict(header.config)
    except (RecordingError, ValueError) as error:
        forget_run()
        st.warning(f"The run can no longer be read: {verbatim(str(error))}")
        return None
    return ShownRun(header, config, header.is_active and run_id in jobs().runs_of(state.visitor()))


def _fixed(config: TrainingConfig) -> dict[str, Any]:
    """What cannot change while a run goes on."""
    return {key: value for key, value in values_of(config).items() if key not in LIVE}


def run_controls(fields: Sequence[Any], config: TrainingConfig, run: ShownRun[TrainingConfig] | None) -> None:
    """The row of buttons. Live controls reach a run of one's own at once."""
    problem = st.session_state.pop(state.PROBLEM, None)
    active = run is not None and run.header.is_active
    with st.container(horizontal=True, vertical_alignment="center"):
        look: dict[str, Any] = {"type": "primary", "icon": ":material/play_arrow:", "shortcut": "T"}
        st.button("Train", key="train", disabled=active, on_click=_start, args=(fields,), **look)
        if run is not None and active:
            steering_buttons(run)
        elif run is not None:
            st.button("Reset", key="reset", icon=":material/restart_alt:", on_click=forget_run)
    if problem:
        st.error(verbatim(problem))
    if run is not None and run.is_own:
        _send_knobs(run, config)


def steering_buttons(run: ShownRun[Any]) -> None:
    """Pause or resume, step, end: of a run that goes on; they work for the visitor who started it."""
    paused = run.header.status == "paused"
    buttons = (
        ("Resume" if paused else "Pause", "pause", "resume" if paused else "pause", ":material/pause:", "P"),
        ("Step", "step", "step_once", ":material/skip_next:", "S"),
        ("End run", "end", "end", ":material/stop:", None),
    )
    for label, key, action, icon, shortcut in buttons:
        arguments = (action, run.header.id)
        st.button(
            label, key=key, icon=icon, shortcut=shortcut, disabled=not run.is_own, on_click=_steer, args=arguments
        )
    if not run.is_own:
        st.caption("Started by somebody else: you can watch it.")


def _start(fields: Sequence[Any]) -> None:
    start(fields)


def start(fields: Sequence[Any]) -> str | None:
    """Start what the controls hold at this click, which may be newer than what the page has drawn; the run's id.

    For callbacks. None, with the reason kept for the page, if it could not be started.
    """
    try:
        config = config_of({field.key: st.session_state[field.key] for field in fields})
    except ValueError as error:
        st.session_state[state.PROBLEM] = str(error)
        return None
    run_id = begin(config)
    if run_id is not None:
        st.session_state[state.LAST_RUN] = run_id
        st.session_state[state.KNOBS] = _knobs(values_of(config))
    return run_id


def begin(config: RunConfig) -> str | None:
    """Start a run and put it into the address; its id, or None, with the reason kept for the page. For callbacks."""
    visitor = state.visitor()
    try:
        _make_room(visitor)
        run_id = jobs().start(config, visitor)
    except (LimitReached, RecordingError, ValueError) as error:
        st.session_state[state.PROBLEM] = str(error)
        return None
    state.show_run(run_id)
    return run_id


def _make_room(visitor: str) -> None:
    """End the visitor's oldest runs as far as a new one needs it."""
    own = jobs().runs_of(visitor)
    for run_id in own[: max(0, len(own) + 1 - jobs().limits.max_running_per_visitor)]:
        jobs().end(run_id)


def _steer(action: str, run_id: str) -> None:
    try:
        getattr(jobs(), action)(run_id)
    except (NotRunning, RecordingError) as error:
        st.session_state[state.PROBLEM] = str(error)


def _knobs(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in LIVE}


def _send_knobs(run: ShownRun[TrainingConfig], config: TrainingConfig) -> None:
    wanted = _knobs(values_of(config))
    if wanted == st.session_state.get(state.KNOBS):
        return
    st.session_state[state.KNOBS] = wanted
    try:
        jobs().set_knobs(run.header.id, config.learning_rate, config.clip, config.max_norm)
    except (NotRunning, RecordingError) as error:
        st.error(verbatim(str(error)))


def run_status(run: ShownRun[Any] | None) -> None:
    """Status, progress and time left, kept fresh while the run goes on; without one an empty place.

    So what comes below it keeps its place on the page, and is not taken off for a moment when a run begins.
    """
    with st.container():
        if run is not None:
            st.fragment(_status, run_every=1.0 if run.header.is_active else None)(run.header.id, run.config.steps)


def _status(run_id: str, steps: int) -> None:
    try:
        header = _header(run_id)
    except RecordingError as error:
        st.warning(verbatim(str(error)))
        return
    position = jobs().queue_position(run_id)
    standing = f"waits, place {position} in the queue" if position else STATUS_TEXT[header.status]
    done = max(header.last_step, 0)
    st.progress(min(done / steps, 1.0), f"{standing} · step {done} of {steps}{_left(header, steps)}")
    if header.message:
        (st.error if header.status in ("crashed", "failed", "diverged") else st.info)(verbatim(header.message))


def _left(header: RunHeader, steps: int) -> str:
    """Time left at the mean pace so far, while it trains."""
    elapsed = time.time() - header.created
    if header.status != "running" or header.last_step < 10:
        return ""
    seconds = elapsed / header.last_step * (steps - header.last_step)
    return f" · about {seconds:.0f} s left" if seconds < 90 else f" · about {seconds / 60:.0f} min left"
