"""Jobs: the runs of one server, who may start them, which ones wait, and what becomes of them."""

from __future__ import annotations

import logging
import os
import socket
import threading
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..recordings.storage import RecordingError, check_run_id, new_run_id, read_header
from .control import Control, mark_watched, write_control
from .endings import heal, mark, outcome
from .job import Job, NotRunning
from .limits import LimitReached, Limits
from .run import create_folder, train_into
from .run_config import RunConfig
from .server_lock import ServerLock

CLOSE_SECONDS = 5.0
"""How long `close` waits for running runs to write their last rows."""
log = logging.getLogger(__name__)
__all__ = ["Jobs", "NotRunning"]


class Jobs:
    """Starts and steers runs under `root`, at most `slots` at once, the others in a queue. Threads may share it.

    Args:
        root: The folder of runs; made if it is not there.
        executor: Where runs are trained: a WorkerPool, or any other `concurrent.futures.Executor`.
        slots: How many runs go on at once.
        limits: Of each run, of each visitor and in all.
        texts: The folder of the users' own texts.
    """

    def __init__(self, root: Path, executor: Executor, slots: int, limits: Limits, texts: Path | None = None):
        self.root = Path(root)
        self.limits = limits
        self._executor = executor
        self._slots = slots
        self._texts = texts
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}  # oldest first, so that the queue is its waiting part
        self._unmarked: dict[str, tuple[str, str]] = {}  # their ends wait for room on the disk
        self._is_closed = False
        self.root.mkdir(parents=True, exist_ok=True)
        self._server = ServerLock(self.root)
        self.heal()

    @property
    def notice(self) -> str:
        """A sentence if other servers work on the same folder; else empty."""
        others = self._server.others()
        if not others:
            return ""
        return (
            f"Another dashboard ({', '.join(others)}) works on the same folder of runs. Each shows all runs and steers "
            "only those that it started."
        )

    def heal(self) -> list[str]:
        """Mark as crashed what dead servers and scripts left unfinished; the ids of these runs."""
        return heal(self.root, self._server)

    def start(self, config: RunConfig, visitor: str) -> str:
        """Queue a run and start it as soon as a slot is free; its id. Its folder exists from now on.

        Errors: LimitReached (a run too large, too many runs); RecordingError where the disk does not take it.
        """
        self.limits.check(config)
        with self._lock:
            self._check_room(visitor)
            run_id = new_run_id()
            job = Job(visitor, config, Control.of(config))
            owner = {"host": socket.gethostname(), "pid": os.getpid(), "server": self._server.server}
            create_folder(self.root, run_id, config, owner)
            self._jobs[run_id] = job
            self._fill_slots()
        return run_id

    def _check_room(self, visitor: str) -> None:
        if self._is_closed:
            raise LimitReached("This server is stopping and starts no more runs; start it again.")
        own = sum(job.visitor == visitor and not job.is_ending for job in self._jobs.values())
        if own >= self.limits.max_running_per_visitor:
            runs = "1 run" if own == 1 else f"{own} runs"
            raise LimitReached(f"You have {runs} going or waiting, which is all a visitor may have; end one first.")
        waiting = len(self._queue())
        if waiting >= self.limits.max_queued and self._running() >= self._slots:
            raise LimitReached(f"This server queues at most {waiting}, which are waiting already; try again later.")

    def _queue(self) -> list[str]:
        return [run_id for run_id, job in self._jobs.items() if job.is_waiting]

    def _running(self) -> int:
        return sum(not job.is_waiting for job in self._jobs.values())

    def _fill_slots(self) -> None:
        while (queue := self._queue()) and self._running() < self._slots:
            self._submit(queue[0], self._jobs[queue[0]])

    def _submit(self, run_id: str, job: Job) -> None:
        try:
            job.future = self._executor.submit(
                train_into, str(self.root / run_id), job.config, self._texts, self.limits
            )
        except RuntimeError:
            self._jobs.pop(run_id)
            self._mark(run_id, "failed", "The workers are shut down already; start the server again.")
        else:
            job.future.add_done_callback(partial(self._finish, run_id))

    def _finish(self, run_id: str, future: Future) -> None:
        """Called when a run's call is over, however; in any thread."""
        unsaid = outcome(future)
        if unsaid is not None:
            self._mark(run_id, *unsaid)
        with self._lock:
            self._jobs.pop(run_id, None)
            if not self._is_closed:
                self._fill_slots()

    def _mark(self, run_id: str, status: str, message: str) -> None:
        try:
            mark(self.root / run_id, status, message)
            self._unmarked.pop(run_id, None)
        except RecordingError as error:
            log.warning("run %s is %s, but its header cannot say so: %s", run_id, status, error)
            self._unmarked[run_id] = (status, message)

    def runs_of(self, visitor: str) -> list[str]:
        """The unfinished runs that a visitor started here, oldest first."""
        with self._lock:
            return [run_id for run_id, job in self._jobs.items() if job.visitor == visitor and not job.is_ending]

    def queue_position(self, run_id: str) -> int | None:
        """1 for the run that starts next, 2 for the one after it; None if it does not wait."""
        with self._lock:
            queue = self._queue()
            return queue.index(run_id) + 1 if run_id in queue else None

    def steers(self, run_id: str) -> bool:
        """True while the run waits or goes on, and it was started here."""
        return run_id in self._jobs

    def pause(self, run_id: str) -> None:
        """Hold the run before its next step; it keeps its slot. Errors: NotRunning, RecordingError (also below)."""
        self._ask(run_id, state="pause")

    def resume(self, run_id: str) -> None:
        """Let a paused run go on."""
        self._ask(run_id, state="run")

    def step_once(self, run_id: str) -> None:
        """Take one step and pause."""
        with self._lock:
            self._ask(run_id, state="pause", step_once=self._job(run_id).control.step_once + 1)

    def set_knobs(
        self, run_id: str, learning_rate: float | None = None, clip: str | None = None, max_norm: float | None = None
    ) -> None:
        """Change what is given, from the next step on. Errors: ValueError for a value out of range; as for `pause`."""
        knobs = {"learning_rate": learning_rate, "clip": clip, "max_norm": max_norm}
        self._ask(run_id, **{name: value for name, value in knobs.items() if value is not None})

    def end(self, run_id: str) -> None:
        """End the run, or take it off the queue; one that is over stays so. Errors: NotRunning for another server's."""
        with self._lock:
            if run_id in self._jobs or self._is_active(run_id):
                self._end(run_id, "")

    def _end(self, run_id: str, message: str) -> None:
        job = self._job(run_id)
        if job.future is None:
            self._jobs.pop(run_id)
            self._mark(run_id, "ended", message)
        elif not job.is_ending:
            self._ask(run_id, state="end", message=message)
            job.future.cancel()  # where the executor has not begun with it

    def watch(self, run_id: str) -> None:
        """Note that somebody looks at the run, if it is a run of this server; unwatched runs end after a while."""
        if self.steers(run_id):
            mark_watched(self.root / run_id)
        elif (unmarked := self._unmarked.get(run_id)) is not None:
            self._mark(run_id, *unmarked)

    def close(self) -> None:
        """End all runs of this server, waiting a few seconds for their last rows, and start no more."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            for run_id in list(reversed(self._jobs)):  # newest first, so that no slot is refilled
                with suppress(RecordingError):
                    self._end(run_id, "It ended with its server.")
            futures = [job.future for job in self._jobs.values() if job.future is not None]
        wait(futures, CLOSE_SECONDS)
        self._server.release()

    def _ask(self, run_id: str, **changes) -> None:
        with self._lock:
            job = self._job(run_id)
            if job.is_ending:
                raise NotRunning(f"A run is steered until its end is asked for; {run_id} is ending. Start a new one.")
            control = replace(job.control, **changes)
            write_control(self.root / run_id, control)
            job.control = control
        mark_watched(self.root / run_id)

    def _job(self, run_id: str) -> Job:
        if run_id not in self._jobs:
            why = "another server's" if self._is_active(run_id) else "over"
            raise NotRunning(f"A run is steered while its own server trains it; {run_id} is {why}. Start a new one.")
        return self._jobs[run_id]

    def _is_active(self, run_id: str) -> bool:
        try:
            return read_header(self.root / check_run_id(run_id)).is_active
        except RecordingError:
            return False
