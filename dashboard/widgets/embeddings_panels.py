"""The panels of the Embeddings view; all but a run's loss are asked for, and computed as they come into sight."""

from __future__ import annotations

import plotly.graph_objects as go

from core.tasks.catalog import make_task
from dashboard.embeddings_asked import table_question, words_question
from dashboard.server import texts_root
from dashboard.widgets.embeddings_page import EmbeddingsPage
from dashboard.widgets.gradient_panels import learning_panels
from dashboard.widgets.live_figures import Panel

TALL, HEIGHT = 560, 420


def space_panels(page: EmbeddingsPage) -> list[Panel]:
    """The plane and the neighbours; of a run, its loss."""
    found = [
        _table_panel(page, "space", f"Where the {page.tokens.unit}s lie",
                     f"Scatter: a point a {page.tokens.unit} of {page.label}; “{page.chosen}” is ringed.", TALL),
        _table_panel(page, "neighbours", f"Nearest to “{page.chosen}”",
                     f"Bars: how near the nearest {page.tokens.unit}s are to “{page.chosen}”, now and before.", TALL),
    ]  # fmt: skip
    if page.run_id is None:
        return found
    assert page.config is not None
    return [*found, *learning_panels(page.config, make_task(page.config.task, texts_root()))]


def rows_panels(page: EmbeddingsPage) -> list[Panel]:
    """Norms against frequency; of a run, how far each row went."""
    norms = _table_panel(page, "norms", "Norm of each row, by how often its token comes",
                         f"Scatter: norm of each row of {page.label} against its token's share of the text.",
                         HEIGHT, 2 if page.run_id is None else 1)  # fmt: skip
    if page.run_id is None:
        return [norms]
    moved = _table_panel(page, "movement", "How far each row went, by how often it was met",
                         "Scatter: distance of each row from its start against how often batches had it; "
                         "rows that never moved are crosses.", HEIGHT)  # fmt: skip
    return [norms, moved]


def lookup_panels(page: EmbeddingsPage) -> list[Panel]:
    """The product that a look-up spares, and what each costs."""
    return [
        _table_panel(page, "product", f"One-hot “{page.chosen}” times W is a row of W",
                     f"Heatmaps: the one-hot vector of “{page.chosen}”, a window of W, and the row that comes out.",
                     HEIGHT, 2),
        Panel("times", go.Figure(), "asked", "Time, measured here", height=HEIGHT, question="embeddings/times?",
              alt="Seconds of a look-up and of a one-hot product against the size of the vocabulary, log axes."),
        Panel("memory", go.Figure(), "asked", "Memory of the input", height=HEIGHT, question="embeddings/memory?",
              alt="Bytes of tokens and of one-hot vectors against the size of the vocabulary, log axes."),
    ]  # fmt: skip


def words_panels(source: str, size: int, words: tuple[str, str, str]) -> list[Panel]:
    """An analogy, and the neighbours of its third word."""
    a, b, c = words
    return [
        Panel("analogy", go.Figure(), "asked", f"{a} is to {b} as {c} is to …", height=HEIGHT,
              question=words_question("analogy", source, size, words),
              alt=f"Bars: the words nearest to {b} − {a} + {c}, by cosine."),
        Panel("similar", go.Figure(), "asked", f"Nearest to {c}", height=HEIGHT,
              question=words_question("similar", source, size, (c,)),
              alt=f"Bars: the words nearest to {c}, by cosine."),
    ]  # fmt: skip


def _table_panel(page: EmbeddingsPage, name: str, title: str, alt: str, height: int, span: int = 1) -> Panel:
    change = {"change": 1} if page.is_change and name in ("space", "neighbours") else {}
    asked = table_question(name, page.config, page.model, token=page.token, **change)
    return Panel(name, go.Figure(), "asked", title, alt=alt, question=asked, height=height, span=span)
