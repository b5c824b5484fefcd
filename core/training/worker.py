"""A worker process of the pool: `python -m core.training.worker` takes calls from stdin and answers on stdout.

It ends at once when stdin does, so it never outlives its server, however that ended.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import BinaryIO

from .frames import dump_outcome, read_frame, write_frame


def main() -> None:
    """Warm up, say so with an empty frame, then answer calls one after the other until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server decides
    calls_in, answers_out = _claim_pipes()
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(calls_in, calls), daemon=True).start()
    _warm_up()
    write_frame(answers_out, b"")
    while True:
        write_frame(answers_out, _answer(calls.get()))


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for the frames alone: whatever the work prints goes to stderr."""
    calls_in, answers_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return calls_in, answers_out


def _listen(calls_in: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            calls.put(read_frame(calls_in))
        except (EOFError, OSError):
            os._exit(0)


def _warm_up() -> None:
    """Do once what a first step does slowly: import PyTorch and its optimizers, start autograd."""
    import torch

    torch.set_num_threads(1)
    from .run import warm_up

    warm_up()


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)
        return dump_outcome(function(*args, **kwargs), None)
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        error.__traceback__ = None
        return dump_outcome(None, error)


if __name__ == "__main__":
    main()
