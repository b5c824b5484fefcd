"""Whether a run goes on: what people ask of it, and what the server's limits allow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ..recordings.storage import STREAM_NAME, RecordingError, RecordingWriter
from .control import Control, ControlReader, watched_at
from .knobs import Knobs
from .limits import Limits
from .run_config import RunConfig

PAUSE_POLL = 0.02
"""Seconds between looks at the control of a paused run."""
CHECK_INTERVAL = 1.0
"""Seconds between looks at who watches and how large the recording is."""


class RunEnded(Exception):
    """The run ends before its last step; the text says why, and is empty if a person asked for it."""


class Overseer:
    """Asked before each step whether the run goes on; keeps the run's knobs, status and heartbeat up to date."""

    def __init__(self, writer: RecordingWriter, config: RunConfig, limits: Limits):
        self.knobs = Knobs.of(config)
        self._writer = writer
        self._limits = limits
        self._control = ControlReader(writer.path, Control.of(config))
        self._single_steps = 0
        self._started = self._looked = time.monotonic()
        self._paused_seconds = 0.0

    def wait_for_turn(self) -> None:
        """Return when the next step may be taken, at once unless paused. Errors: RunEnded; RecordingError."""
        control = self._read()
        if control.state == "pause" and control.step_once <= self._single_steps:
            control = self._wait_while_paused()
        if control.state == "pause":
            self._single_steps += 1
        else:
            self._single_steps = control.step_once
            self._set_status("running")
        self._write(self._writer.heartbeat)

    def check(self) -> None:
        """Errors: RunEnded if a person or a limit ends the run."""
        self._read()

    def _wait_while_paused(self) -> Control:
        self._write(self._writer.flush)
        paused = time.monotonic()
        before = self._paused_seconds
        while (control := self._read()).state == "pause" and control.step_once <= self._single_steps:
            self._set_status("paused")
            self._write(self._writer.heartbeat)
            time.sleep(PAUSE_POLL)
            self._paused_seconds = before + time.monotonic() - paused
        return control

    def _read(self) -> Control:
        control = self._control.read()
        if control.state == "end":
            raise RunEnded(control.message)
        self.knobs.learning_rate = control.learning_rate
        self.knobs.clip = control.clip
        self.knobs.max_norm = control.max_norm
        self._check_limits()
        return control

    def _set_status(self, status: str) -> None:
        if self._writer.header.status != status:
            self._write(lambda: self._writer.set_status(status))

    def _write(self, write: Callable[[], None]) -> None:
        """Write what is lost without harm if the disk is full. Errors: RecordingError if the folder vanished."""
        try:
            write()
        except RecordingError:
            if not self._writer.path.exists():
                raise

    def _check_limits(self) -> None:
        now = time.monotonic()
        if now - self._started - self._paused_seconds > self._limits.max_seconds:
            raise RunEnded(f"It trained for {self._limits.max_seconds:g} s, all that a run may take on this server.")
        if now - self._looked >= CHECK_INTERVAL:
            self._looked = now
            self._look_around()

    def _look_around(self) -> None:
        limits = self._limits
        if self._paused_seconds > limits.max_paused_seconds:
            raise RunEnded(
                f"It was paused for {limits.max_paused_seconds:g} s, all that a run may wait on this server."
            )
        watched = watched_at(self._writer.path)
        if watched is not None and time.time() - watched > limits.unwatched_seconds:
            raise RunEnded(f"Nobody looked at it for {limits.unwatched_seconds:g} s.")
        if _size(self._writer.path / STREAM_NAME) > limits.max_megabytes * 1e6:
            raise RunEnded(f"Its recording has {limits.max_megabytes:g} MB, all that a run may have on this server.")


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
