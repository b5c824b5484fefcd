"""A pool of warm worker processes behind `concurrent.futures.Executor`; a killed worker fails its own call alone.

Not `multiprocessing`: Streamlit replaces `sys.modules["__main__"]`, and a spawned child would run a page again.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from .frames import read_frame, write_frame

HEAL_INTERVAL = 0.5
"""Seconds between looks at an idle worker, whether it is still alive."""
PACKAGE_ROOT = Path(__file__).parents[2]


class WorkerDied(Exception):
    """A worker process ended amid a call; `returncode` as in subprocess (−9: SIGKILL)."""

    def __init__(self, returncode: int):
        super().__init__(returncode)
        self.returncode = returncode

    def __str__(self):
        return f"the worker process {self.reason} amid its work"

    @property
    def reason(self) -> str:
        """How it ended, as part of a sentence."""
        if self.returncode < 0:
            return f"was killed by {signal.Signals(-self.returncode).name}"
        return f"ended with exit status {self.returncode}"


class _Call:
    """One submitted call: its future and its pickled function and arguments."""

    def __init__(self, payload: bytes):
        self.future: Future = Future()
        self.payload = payload


class _Worker:
    """One process and its pipes."""

    def __init__(self):
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        path = os.pathsep.join([str(PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{__package__}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | threads | {"PYTHONPATH": path},
        )
        self.is_warm = False

    def warm(self) -> None:
        """Wait for its first word. Errors: WorkerDied."""
        if not self.is_warm:
            self._read()
            self.is_warm = True

    def call(self, payload: bytes) -> tuple[Any, BaseException | None]:
        """Send a call and wait for its result or error. Errors: WorkerDied; BrokenPipeError if it got no call."""
        write_frame(self.process.stdin, payload)  # type: ignore[arg-type]
        return pickle.loads(self._read())

    def _read(self) -> bytes:
        try:
            return read_frame(self.process.stdout)  # type: ignore[arg-type]
        except EOFError:
            raise WorkerDied(self.process.wait()) from None

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Close its stdin, on which it ends, and reap it."""
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # a frame it never read
                pipe.close()  # type: ignore[union-attr]
        self.process.wait()


class WorkerPool(Executor):
    """`size` worker processes, started and warmed at construction and kept that way."""

    def __init__(self, size: int = 2):
        if size < 1:
            raise ValueError(f"a WorkerPool needs at least one worker, got size {size}; give 1 or more.")
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_shut = False
        self._workers: list[_Worker | None] = [_Worker() for _ in range(size)]
        self._warm = [threading.Event() for _ in range(size)]
        self._threads = [threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in range(size)]
        for thread in self._threads:
            thread.start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that are there now."""
        return [worker.process.pid for worker in self._workers if worker is not None]

    def wait_until_warm(self, timeout: float | None = None) -> bool:
        """True once every worker could start a call at once; False if that took longer than `timeout` seconds."""
        deadline = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        return all(event.wait(min(threading.TIMEOUT_MAX, deadline - time.monotonic())) for event in self._warm)

    def submit(self, function: Callable, /, *args, **kwargs) -> Future:
        """As `Executor.submit`; the future raises WorkerDied if its worker ends amid the call."""
        call = _Call(pickle.dumps((function, args, kwargs)))
        with self._lock:
            if self._is_shut:
                raise RuntimeError("a WorkerPool takes calls until it is shut down; make a new one.")
            self._calls.put(call)
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As `Executor.shutdown`: what was submitted is finished (or cancelled), then the workers end."""
        with self._lock:
            if not self._is_shut:
                self._is_shut = True
                waiting = self._drain() if cancel_futures else []
                for _ in self._threads:
                    self._calls.put(None)
                for call in waiting:
                    call.future.cancel()
        if wait:
            for thread in self._threads:
                thread.join()

    def _drain(self) -> list[_Call]:
        calls: list[_Call] = []
        with suppress(queue.Empty):
            while (call := self._calls.get_nowait()) is not None:
                calls.append(call)
        return calls

    def _serve(self, slot: int) -> None:
        """Keep the slot's worker alive and hand it calls, until shut down."""
        while (call := self._next_call(slot)) is not None:
            if call.future.set_running_or_notify_cancel():
                self._run(slot, call)
        worker = self._workers[slot]
        self._workers[slot] = None
        if worker is not None:
            worker.end()

    def _next_call(self, slot: int) -> _Call | None:
        while True:
            worker = self._workers[slot]
            if (
                worker is None or worker.is_warm != worker.is_alive()
            ):  # not one that died while warming: so would the next
                with suppress(OSError):  # no process to be had: tried again, and said by the next call
                    self._heal(slot)
            try:
                return self._calls.get(timeout=HEAL_INTERVAL)
            except queue.Empty:
                continue

    def _heal(self, slot: int) -> _Worker:
        """The slot's worker, warm; a new one in place of a dead one. One that dies while warming stays, dead."""
        worker = self._workers[slot]
        if worker is None or not worker.is_alive():
            self._warm[slot].clear()
            if worker is not None:
                worker.end()
            worker = self._workers[slot] = _Worker()
        try:
            worker.warm()
            self._warm[slot].set()
        except WorkerDied:
            pass  # the next call says so
        return worker

    def _run(self, slot: int, call: _Call) -> None:
        try:
            result, error = self._try_twice(slot, call.payload)
        except Exception as trouble:
            result, error = None, trouble
        if error is None:
            call.future.set_result(result)
        else:
            call.future.set_exception(error)

    def _try_twice(self, slot: int, payload: bytes) -> tuple[Any, BaseException | None]:
        """Call; once more with a new worker if the first was gone before it got the call."""
        try:
            return self._heal(slot).call(payload)
        except BrokenPipeError:
            try:
                return self._heal(slot).call(payload)
            except BrokenPipeError as error:
                raise WorkerDied(self._workers[slot].process.wait()) from error  # type: ignore[union-attr]
