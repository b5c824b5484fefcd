"""Record the runs that ship with the page of sequence to sequence.

    python -m assets.record_attention [name …]       # from the repository's root; minutes a run on one core

The names are those of `dashboard.attention_shipped.SHIPPED`; none: all. What is kept of each is what the page shows:
the rows with arrays, and of the parameters those of the last step alone; of the language models each tenth step's
losses; of sweeps the curves that are measured on held-out pairs.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any

import torch

from core.analysis.alignment import FIELDS
from core.recordings.storage import RecordingWriter
from core.training.config import TrainingConfig
from core.training.kinds import rows
from core.training.knobs import Knobs
from core.training.row import Row
from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from dashboard.attention_shipped import FOLDER, SHIPPED

MEASURED = tuple(
    f"/{name}/curve" for name in ("held_out_loss", "held_out_tokens", "held_out_strings", "held_out_edits", *FIELDS)
)
"""Ends of the names of curves that are measured at snapshots alone."""


def record(name: str, config: RunConfig) -> None:
    """Train it into assets/attention/<name>, in place of what is there."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    owner = {"script": "assets/record_attention.py"}
    with RecordingWriter.create(FOLDER, config=config.to_dict(), seed=config.seed, run_id=name, owner=owner) as writer:
        for row in rows(config, Knobs.of(config), None):
            kept = _kept(config, row)
            if kept or (config.kind == TrainingConfig.kind and row.step % 10 == 0):
                writer.append(row.step, row.scalars, kept)
        writer.close(status="finished")


def _kept(config: RunConfig, row: Row) -> dict[str, Any]:
    """The arrays of a row that ship."""
    if config.kind == SweepConfig.kind:
        return {key: one for key, one in row.records.items() if key.endswith(MEASURED)}
    is_last = row.step == config.steps
    if config.kind == TrainingConfig.kind:
        return {key: one for key, one in row.records.items() if is_last and key.endswith("/parameters")}
    return {key: one for key, one in row.records.items() if is_last or not key.endswith("/parameters")}


def main() -> None:
    """Record the runs that the command names."""
    torch.set_num_threads(1)
    for name in sys.argv[1:] or SHIPPED:
        record(name, SHIPPED[name])


if __name__ == "__main__":
    main()
