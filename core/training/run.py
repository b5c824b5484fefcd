"""One run, from its config to its recording, steered from outside through its folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..models.config import ModelConfig
from ..recordings.storage import RecordingError, RecordingWriter, read_header, write_header
from ..recordings.writer import this_process
from ..tasks.config import TaskConfig
from .config import TrainingConfig
from .control import Control, mark_watched, write_control
from .kinds import rows
from .limits import Limits
from .loop import TrainingDiverged, train
from .overseer import Overseer, RunEnded
from .run_config import RunConfig

Write = Callable[[], None]
DISK_RETRY = 0.5
"""Seconds between tries to write to a disk that was full."""


def create_folder(root: Path, run_id: str, config: RunConfig, owner: dict) -> None:
    """Make the folder of a run that waits to be trained. Errors: RecordingError, and then there is no new folder."""
    folder = root / run_id
    is_taken = folder.exists()
    try:
        writer = RecordingWriter.create(
            root, config=config.to_dict(), seed=config.seed, run_id=run_id, status="queued", owner=owner
        )
        writer.close(status="queued")
        write_control(folder, Control.of(config))
    except RecordingError:
        if not is_taken:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    mark_watched(folder)


def train_into(path: str | Path, config: RunConfig, texts: Path | None = None, limits: Limits | None = None) -> str:
    """Train `config` into the recording that was made at `path`; the status in which it ended.

    Obeys the folder's control.json at every step, keeps the heartbeat, and ends by the limits.

    Errors: whatever training raises, TextError for one; the recording then says "failed" and why.
    """
    with RecordingWriter.resume(Path(path), owner=_worker_owner(Path(path))) as writer:
        overseer = Overseer(writer, config, limits or Limits())
        status, message = _consume(writer, config, texts, overseer)
        finish = partial(writer.set_status, status, message)
        try:
            _keep(writer, overseer, finish, retry=finish)
        except RunEnded:  # nobody waits for room on the disk any more
            finish()
    return status


def warm_up() -> None:
    """Do once what a first step does slowly, in memory."""
    models = (ModelConfig("lstm", hidden_size=4), ModelConfig("rnn", hidden_size=4))
    for _ in train(TrainingConfig(TaskConfig(length=5), models, steps=1, batch_size=2)):
        pass


def _worker_owner(path: Path) -> dict:
    """The server that the header names, in this process."""
    return read_header(path).owner | this_process()


def _consume(writer: RecordingWriter, config: RunConfig, texts: Path | None, overseer: Overseer) -> tuple[str, str]:
    """Train to some end; the status and the sentence that say which."""
    try:
        overseer.wait_for_turn()
        for row in rows(config, overseer.knobs, texts):
            write = partial(writer.append, row.step, row.scalars, row.records)
            _keep(writer, overseer, write, retry=lambda: writer.set_status(writer.header.status))  # after the rows
            if row.step < config.steps and row.is_finite:
                overseer.wait_for_turn()
    except RunEnded as end:
        return "ended", str(end)
    except TrainingDiverged as error:
        return "diverged", str(error)
    return "finished", ""


def _keep(writer: RecordingWriter, overseer: Overseer, write: Write, retry: Write) -> None:
    """Write; while the disk takes nothing, hold the run, which keeps its rows in memory, and try again.

    Errors: RunEnded; RecordingError if the folder vanished.
    """
    try:
        return write()
    except RecordingError as error:
        trouble = error
    while writer.path.exists():
        _say_held(writer, str(trouble))
        overseer.check()
        time.sleep(DISK_RETRY)
        with suppress(RecordingError):
            return retry()
    raise trouble


def _say_held(writer: RecordingWriter, why: str) -> None:
    """Say in the header that the run is held; past the writer, which puts its rows first."""
    with suppress(RecordingError):  # the header may need room as well
        header = replace(writer.header, status="paused", message=why, heartbeat=time.time())
        write_header(writer.path, header)
