"""Keep the search for cells that the Gates page shows first, so that it need not be waited for.

    python -m assets.record_cells

from the repository's root. Writes `assets/character-lstm-cells.json`, of the library of the Python that runs it; on
another Python the page searches anew.
"""

from __future__ import annotations

from pathlib import Path

import torch

from core.analysis.cell_file import write_searches
from core.tasks.texts import UNSEEN, read_text
from core.training.start import SHIPPED
from dashboard.gates_calls import SEARCHED, cells
from dashboard.progress import progress_file

KEPT = Path(__file__).parent / "character-lstm-cells.json"


def main() -> None:
    """Search as the page does, and keep what was found."""
    _, searches = cells(SHIPPED, UNSEEN, "cell", 0, progress_file("record"), None)
    write_searches(KEPT, SHIPPED.read_bytes(), read_text(UNSEEN)[:SEARCHED], searches)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
