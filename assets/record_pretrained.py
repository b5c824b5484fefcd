"""Record the sweep that ships with the Embeddings page: a table drawn, tuned from counted vectors, and frozen.

From the repository's root, some minutes on one core: `python -m assets.record_pretrained`.
"""

from __future__ import annotations

import torch

from assets.record_sweeps import record
from dashboard.embeddings_sweeps import SHIPPED_TREATMENTS, treatments_sweep


def main() -> None:
    """Train all seeds into the asset, in place of what is there."""
    torch.set_num_threads(1)
    record(SHIPPED_TREATMENTS.name, treatments_sweep("counted", 50, 300))


if __name__ == "__main__":
    main()
