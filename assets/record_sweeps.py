"""Record the sweeps that ship: recall by lag, and one layer against two.

    python -m assets.record_sweeps lags|stacks       # from the repository's root; minutes on one core

What is kept of each: which point a row belongs to, and at a point's end loss and accuracy of all its steps.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import torch

from core.recordings.storage import RecordingWriter
from core.tasks.catalog import make_task
from core.training.knobs import Knobs
from core.training.measures_sweeps import STACK_TASK, lag_sweep, stack_sweep, stacks
from core.training.sweep import SweepConfig
from core.training.sweep_rows import sweep_rows

ASSETS = Path(__file__).resolve().parent
STACK_CELL, STACK_UNITS = "lstm", 64
KEPT = ("/loss/curve", "/accuracy/curve")


def record(name: str, config: SweepConfig) -> None:
    """Train all points into assets/<name>, in place of what is there."""
    shutil.rmtree(ASSETS / name, ignore_errors=True)
    owner = {"script": "assets/record_sweeps.py"}
    with RecordingWriter.create(ASSETS, config=config.to_dict(), seed=config.seed, run_id=name, owner=owner) as writer:
        for row in sweep_rows(config, Knobs.of(config), None):
            curves = {key: value.astype(np.float32) for key, value in row.records.items() if key.endswith(KEPT)}
            if curves:
                writer.append(row.step, {key: row.scalars[key] for key in ("point", "inner_step")}, curves)
        writer.close(status="finished")


def main() -> None:
    """Record the sweep that the command names."""
    torch.set_num_threads(1)
    if sys.argv[1:] == ["lags"]:
        record("recall-by-lag", lag_sweep())
    elif sys.argv[1:] == ["stacks"]:
        record("one-layer-or-two", stack_sweep(stacks(STACK_CELL, STACK_UNITS, make_task(STACK_TASK))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
