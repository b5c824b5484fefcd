"""A row: what one step of any run hands to its recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..recordings.storage import Record


@dataclass(frozen=True)
class Row:
    """One step's numbers, arrays and records, under their names in the recording."""

    step: int
    """From 0, ascending."""
    scalars: Mapping[str, float]
    records: Mapping[str, np.ndarray | Record] = field(default_factory=dict)
    is_finite: bool = True
    """False: the run ends after this row, which says why as it came."""
