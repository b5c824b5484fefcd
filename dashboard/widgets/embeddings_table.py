"""The table that the Embeddings page shows, to take home.

Axes: V tokens, E length of a row.
"""

from __future__ import annotations

import csv
import io

from dashboard.embeddings_calls import initial_rows
from dashboard.embeddings_tables import Table, planned_table, run_table, shipped_table
from dashboard.figures.interventions import visible
from dashboard.readers import readers_of
from dashboard.server import runs_root, texts_root
from dashboard.widgets.embeddings_page import EmbeddingsPage


def table_of(page: EmbeddingsPage) -> Table:
    """The newest of a run, else as it is before training. Errors: RecordingError before a run's first row."""
    if page.config is None:
        return shipped_table()
    if page.run_id is None:
        return planned_table(page.config, page.model, initial_rows(page.config, page.model, texts_root()))
    with readers_of(runs_root()).reading(page.run_id) as recording:
        return run_table(recording, page.config, page.model, None)


def table_csv(page: EmbeddingsPage) -> str:
    """The table as CSV: token, share of the text, place in the plane, numbers."""
    shown = table_of(page)
    numbers = [f"w{place + 1}" for place in range(shown.rows.shape[1])]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["token", "share", "across", "up", *numbers])
    for symbol, share, place, row in zip(
        shown.tokens.symbols, shown.tokens.shares, shown.frames[-1], shown.rows, strict=True
    ):
        writer.writerow([visible(symbol), share, *place, *row])
    return written.getvalue()
