"""`control.json`: what the dashboard asks of a run, in the run's folder, whichever machine trains it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..checks import check_choice
from ..recordings.files import replace
from ..recordings.header import not_written, vanished
from .config import check_clip, check_learning_rate, check_max_norm
from .run_config import RunConfig
from .strict import read_dataclass

CONTROL_FILE = "control.json"
WATCHED_FILE = "watched"
STATES = ("run", "pause", "end")


@dataclass(frozen=True)
class Control:
    """What is asked of a run. Errors: ValueError (rule, what came, remedy) for a value out of range."""

    learning_rate: float
    clip: str
    max_norm: float
    state: str = "run"
    """One of STATES."""
    step_once: int = 0
    """How many single steps were asked for in all; each is taken once, while paused."""
    message: str = ""
    """Why it should end, if a person did not say so."""

    def __post_init__(self):
        check_learning_rate(self.learning_rate)
        check_clip(self.clip)
        check_max_norm(self.max_norm)
        check_choice("state", self.state, STATES)

    @classmethod
    def of(cls, config: RunConfig) -> Control:
        """What is asked at first."""
        return cls(config.learning_rate, config.clip, config.max_norm)


def write_control(folder: Path, control: Control) -> None:
    """Replace the folder's control.json in one go. Errors: RecordingError where folder or disk do not allow it."""
    try:
        replace(folder / CONTROL_FILE, json.dumps(asdict(control)).encode())
    except FileNotFoundError:
        raise vanished(folder) from None
    except OSError as error:
        raise not_written(folder, error) from None


class ControlReader:
    """The newest control of a run; looks at the file's stamp only, until that changes."""

    def __init__(self, folder: Path, initial: Control):
        self._path = folder / CONTROL_FILE
        self._stamp: tuple[int, int] | None = None
        self._control = initial

    def read(self) -> Control:
        """The control as it is now; the last one that made sense where the file does not."""
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._stamp = stamp
                data = json.loads(self._path.read_text(encoding="utf-8"))
                self._control = read_dataclass(Control, data, CONTROL_FILE)
        except (OSError, ValueError, RecursionError):
            pass  # a run goes on as it was
        return self._control


def mark_watched(folder: Path) -> None:
    """Note that somebody looks at the run now. A folder that is gone is left alone."""
    try:
        (folder / WATCHED_FILE).touch()
    except OSError:
        pass


def watched_at(folder: Path) -> float | None:
    """When somebody last looked, in unix seconds; None if nobody ever did."""
    try:
        return os.stat(folder / WATCHED_FILE).st_mtime
    except OSError:
        return None
