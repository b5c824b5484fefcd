"""A server without pages, for tests that kill it: starts one run under the folder given and waits."""

import sys
from dataclasses import replace
from pathlib import Path

from core.training.config import TrainingConfig
from core.training.jobs import Jobs
from core.training.limits import Limits
from core.training.workers import WorkerPool

if __name__ == "__main__":
    pool = WorkerPool(1)
    jobs = Jobs(Path(sys.argv[1]), pool, slots=1, limits=Limits())
    run_id = jobs.start(replace(TrainingConfig(), steps=20_000), "visitor")
    sys.stdout.write(f"{run_id} {pool.pids[0]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    jobs.close()
    pool.shutdown()
