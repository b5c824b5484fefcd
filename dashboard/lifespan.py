"""The server's beginning and end: warm before the first visitor, nothing left behind after the last."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from dashboard.plotly_script import plotly_script
from dashboard.server import analysis_pool, analysis_worker_count, close_analysis_pool, close_jobs, jobs

if TYPE_CHECKING:
    from core.training.workers import WorkerPool

_log = logging.getLogger("unroll.server")


def _warm() -> None:
    """Load what the first page needs and measure its picture, so that it opens at once; start all workers."""
    try:
        jobs()
        plotly_script()
        import torch

        torch.set_num_threads(1)  # small models are slower with more, and the workers share the machine
        from dashboard.measurements import flows_at_start
        from dashboard.situations import FIRST_LOOK
        from dashboard.widgets import live_figures  # noqa: F401

        flows_at_start(FIRST_LOOK)
        _warm_readers(analysis_pool())  # last: the first page does without
    except Exception:
        _log.exception("The server could not warm up; the first page will say why.")
    gc.collect()
    gc.freeze()


def _warm_readers(pool: WorkerPool) -> None:
    """Let each worker read a little with the shipped model, so that the first page of gates need not wait for it."""
    from core.training.start import SHIPPED
    from dashboard.gates_calls import warm

    for _ in range(analysis_worker_count()):
        pool.submit(warm, SHIPPED)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warm up in a thread, so that the server answers meanwhile; at the end stop everything that it started."""
    warming = asyncio.get_running_loop().run_in_executor(None, _warm)
    try:
        yield
    finally:
        await warming
        await asyncio.to_thread(close_jobs)
        await asyncio.to_thread(close_analysis_pool)
