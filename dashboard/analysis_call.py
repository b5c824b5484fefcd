"""What an analysis worker calls: the analysis, within a time; a leaf, as the worker loads no dashboard."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any


def call_within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's result. Errors: TimeoutError after `seconds`, where the system has an alarm (not Windows)."""
    if not hasattr(signal, "setitimer"):
        return function(*arguments)

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(
            f"This server computes an answer for at most {seconds:g} s; ask for less: fewer timesteps, units or "
            "layers, or a smaller search."
        )

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
