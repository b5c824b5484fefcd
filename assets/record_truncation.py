"""Record the sweep of windows that ships: recall by lag, one line a window.

From the repository's root, minutes on one core: `python -m assets.record_truncation`.
"""

from __future__ import annotations

import torch

from assets.record_sweeps import record
from core.training.truncation_sweep import window_sweep


def main() -> None:
    """Train all points into assets/windows-by-lag."""
    torch.set_num_threads(1)
    record("windows-by-lag", window_sweep())


if __name__ == "__main__":
    main()
