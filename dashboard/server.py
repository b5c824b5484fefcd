"""What lives as long as the server: its training jobs and where they write, and the workers of analyses."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.training.jobs import Jobs
    from core.training.workers import WorkerPool

MOST_WORKERS = 8

_lock = threading.Lock()
_jobs: Jobs | None = None
_pool: WorkerPool | None = None
_analysis_pool: WorkerPool | None = None


def runs_root() -> Path:
    """Folder of the recordings: `UNROLL_RUNS`, else `runs` where the server was started."""
    return Path(os.environ.get("UNROLL_RUNS") or "runs").resolve()


def texts_root() -> Path:
    """Folder of the visitors' own texts, beside the runs."""
    return runs_root() / ".texts"


def worker_count() -> int:
    """Training processes: `UNROLL_WORKERS`, else one for each core, at most 8. Errors: ValueError for other text."""
    return _count("UNROLL_WORKERS", min(os.cpu_count() or 1, MOST_WORKERS), most=64)


def analysis_worker_count() -> int:
    """Processes that compute pictures: `UNROLL_ANALYSIS_WORKERS`, else two, as most are asked for a model each.

    Errors: ValueError for other text.
    """
    return _count("UNROLL_ANALYSIS_WORKERS", min(os.cpu_count() or 1, 2), most=64)


def most_analysis_seconds() -> int:
    """Longest computation of one picture: `UNROLL_MAX_ANALYSIS_SECONDS`, else 30. Errors: ValueError for other text."""
    return _count("UNROLL_MAX_ANALYSIS_SECONDS", 30, most=3600)


def _count(name: str, default: int, most: int) -> int:
    given = os.environ.get(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= most:
        raise ValueError(f"{name} must be a whole number in 1…{most}, got {given!r}; set one or unset it.")
    return int(given)


def jobs() -> Jobs:
    """The process's one `Jobs`, made at the first call: at server start, or by a test of a page without a server."""
    global _jobs, _pool
    with _lock:
        if _jobs is None:
            from core.training.jobs import Jobs
            from core.training.limits import Limits
            from core.training.workers import WorkerPool

            slots, limits, root = worker_count(), Limits.from_environment(), runs_root()
            _pool = WorkerPool(slots)
            _jobs = Jobs(root, _pool, slots, limits, texts_root())
            atexit.register(close_jobs)
        return _jobs


def close_jobs() -> None:
    """Mark the unfinished runs and end the workers; harmless when there are none."""
    global _jobs, _pool
    with _lock:
        jobs_, pool, _jobs, _pool = _jobs, _pool, None, None
    if jobs_ is not None:
        jobs_.close()
    if pool is not None:
        pool.shutdown(cancel_futures=True)


def analysis_pool() -> WorkerPool:
    """The workers that compute pictures, apart from those that train, so that neither waits for the other."""
    global _analysis_pool
    with _lock:
        if _analysis_pool is None:
            from core.training.workers import WorkerPool

            _analysis_pool = WorkerPool(analysis_worker_count())
            atexit.register(close_analysis_pool)
        return _analysis_pool


def close_analysis_pool() -> None:
    """End the workers that compute pictures; harmless when there are none."""
    global _analysis_pool
    with _lock:
        pool, _analysis_pool = _analysis_pool, None
    if pool is not None:
        pool.shutdown(cancel_futures=True)
