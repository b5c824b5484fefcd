"""Open recordings, kept for the next question: a live page asks twice a second for what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from core.recordings.storage import Recording, RecordingError, check_run_id, open_recording

MOST_OPEN = 32


class Readers:
    """The recordings under `root` asked for last, at most `most` of them open; one asker a recording at a time."""

    def __init__(self, root: Path, most: int = MOST_OPEN) -> None:
        self.root = root
        self.most = most
        self._lock = threading.Lock()
        self._open: OrderedDict[str, tuple[threading.Lock, Recording]] = OrderedDict()

    @contextmanager
    def reading(self, run_id: str) -> Iterator[Recording]:
        """The run's recording, refreshed, for this thread alone. Errors: RecordingError; what failed is closed."""
        check_run_id(run_id)
        lock, recording = self._kept(run_id)
        try:
            with lock:
                recording.refresh()
                yield recording
        except RecordingError:
            self.drop(run_id)
            raise

    def _kept(self, run_id: str) -> tuple[threading.Lock, Recording]:
        with self._lock:
            if run_id not in self._open:
                self._open[run_id] = (threading.Lock(), open_recording(self.root / run_id).__enter__())
            self._open.move_to_end(run_id)
            surplus = [self._open.popitem(last=False) for _ in range(len(self._open) - self.most)]
            kept = self._open[run_id]
        for _, entry in surplus:
            _close(entry)
        return kept

    def drop(self, run_id: str) -> None:
        """Close the run's recording if it is open."""
        with self._lock:
            entry = self._open.pop(run_id, None)
        if entry is not None:
            _close(entry)

    def close(self) -> None:
        """Close all."""
        for run_id in list(self._open):
            self.drop(run_id)


@cache
def readers_of(root: Path) -> Readers:
    """The open recordings under a root."""
    return Readers(root)


def _close(entry: tuple[threading.Lock, Recording]) -> None:
    lock, recording = entry
    with lock:
        recording.__exit__(None, None, None)
