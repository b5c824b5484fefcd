"""A job: an unfinished run, as the server that started it knows it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from .control import Control
from .run_config import RunConfig


class NotRunning(Exception):
    """The run is over, or another server's, or there is none; the message says which."""


@dataclass
class Job:
    """An unfinished run of this server."""

    visitor: str
    config: RunConfig
    control: Control
    """What was asked of it last."""
    future: Future | None = None
    """None while it waits in the queue."""

    @property
    def is_waiting(self) -> bool:
        """True until a worker is asked to train it."""
        return self.future is None

    @property
    def is_ending(self) -> bool:
        """True once its end was asked for."""
        return self.control.state == "end"
