"""The Embeddings page's pictures, drawn and read out from tables, costs and ranked words.

Axes: V tokens, E length of a row.
"""

from __future__ import annotations

import numpy as np

from core.analysis.neighbours import closest, cosines_with, distances_from, neighbours_of
from core.models.config import VECTORS, ModelConfig
from core.models.embedding_costs import EmbeddingCosts
from core.recordings.storage import Recording
from dashboard.asked import Drawn
from dashboard.embeddings_calls import Ranked
from dashboard.embeddings_readings import (
    analogy_sentence,
    memory_sentence,
    movement_sentence,
    neighbours_sentence,
    norms_sentence,
    product_sentence,
    similar_sentence,
    space_sentence,
    times_sentence,
    treatments_sentence,
)
from dashboard.embeddings_tables import Table
from dashboard.figures.embedding_lookup import costs_figure, product_figure
from dashboard.figures.embedding_rows import movement_figure, norms_figure
from dashboard.figures.embedding_space import Space, neighbours_figure, space_figure
from dashboard.figures.embedding_treatments import treatments_figure
from dashboard.figures.embedding_words import ranked_figure
from dashboard.figures.interventions import visible
from dashboard.summed_sweeps import losses, sweep_of
from dashboard.sweep_progress import under_way, under_way_sentence

NEAR = 12
"""Neighbours in the list; TRAILED of them have their way drawn."""
TRAILED = 4
NAMED = 60
"""Of the most frequent tokens the name is written; of so many characters, all."""
ROWS, COLUMNS = 11, 12
"""Of W, in the picture of the product."""
LAST_STEPS = 20
"""Of which the mean is a run's last loss."""
VOWELS = "aeiouäöüáéíóúàèìòùâêîôûåæøyœ"


def labels_of(table: Table) -> list[str]:
    """Tokens as people read them."""
    return [visible(symbol) for symbol in table.tokens.symbols]


def kinds_of(table: Table) -> list[str]:
    """Of each token, one of KIND_MARKS."""
    if table.tokens.unit == "symbol":
        return ["symbol"] * len(table.tokens.symbols)
    if table.tokens.unit == "character":
        return [_character_kind(symbol) for symbol in table.tokens.symbols]
    return [_word_kind(symbol, place) for place, symbol in enumerate(table.tokens.symbols)]


def _character_kind(symbol: str) -> str:
    if len(symbol) > 1:
        return "unknown"
    if symbol.isdigit():
        return "digit"
    if symbol.isspace():
        return "space"
    if not symbol.isalpha():
        return "sign"
    return "capital" if symbol.isupper() else "vowel" if symbol in VOWELS else "consonant"


def _word_kind(symbol: str, place: int) -> str:
    if symbol.startswith("["):
        return "unknown"
    if not any(letter.isalpha() for letter in symbol):
        return "mark"
    return "one of the 100 most frequent" if place < 100 else "one of the next 400" if place < 500 else "rarer"


def draw_space(table: Table, token: int) -> Drawn:
    """The plane, with the ways of the chosen token and the nearest ones."""
    labels, token = labels_of(table), min(token, len(table.rows) - 1)
    near = _near(table, token)
    marked = np.array([token, *near[:TRAILED]])
    most = len(labels) if table.tokens.unit == "character" and len(labels) <= 2 * NAMED else NAMED
    named = np.argsort(-table.tokens.shares, kind="stable")[:most]
    reach = float(np.abs(table.frames).max()) or 1.0
    titles = ("W<sub>v1</sub>", "W<sub>v2</sub>") if table.share is None else ("component 1", "component 2")
    space = Space(
        table.frames[-1], labels, kinds_of(table), named, token, table.frames[:, marked], marked, reach, titles
    )
    moved = np.nan if table.first is None else float(np.linalg.norm(table.rows[token] - table.first[token]))
    said = space_sentence(
        table.label, labels[token], table.rows.shape[1], table.share, [labels[place] for place in near], moved
    )
    return Drawn(space_figure(space), said)


def draw_neighbours(table: Table, token: int) -> Drawn:
    """The nearest tokens now, and how near they were at first."""
    labels, token = labels_of(table), min(token, len(table.rows) - 1)
    near, is_distance = _near(table, token), table.share is None
    names = [labels[place] for place in near]
    nearness = distances_from if is_distance else _cosines
    before = None if table.first is None else nearness(table.first, token)[near]
    now = nearness(table.rows, token)[near]
    figure = neighbours_figure(names, now, before, near.tolist(), is_distance)
    return Drawn(figure, neighbours_sentence(labels[token], names, now, before, is_distance))


def _near(table: Table, token: int) -> np.ndarray:
    """The nearest tokens: by distance where the picture shows all of it, else by cosine."""
    if table.share is None:
        return closest(table.rows, token, NEAR)
    return neighbours_of(table.rows, token, NEAR).places


def _cosines(rows: np.ndarray, token: int) -> np.ndarray:
    return cosines_with(rows, rows[token])


def draw_norms(table: Table, token: int) -> Drawn:
    """Norm of each row against how frequent its token is."""
    norms = np.linalg.norm(table.rows, axis=1)
    shares = np.where(table.tokens.shares > 0, table.tokens.shares, np.nan)
    figure = norms_figure(labels_of(table), shares, norms, min(token, len(norms) - 1))
    return Drawn(figure, norms_sentence(table.tokens.shares, norms, table.rows.shape[1]))


def draw_movement(table: Table, token: int, met: np.ndarray, is_frozen: bool) -> Drawn:
    """How far each row went, against how often its token was met."""
    assert table.first is not None
    moved = np.linalg.norm(table.rows.astype(float) - table.first, axis=1)
    labels = labels_of(table)
    figure = movement_figure(labels, met, moved, min(token, len(moved) - 1))
    return Drawn(figure, movement_sentence(labels, met, moved, is_frozen))


def draw_product(table: Table, token: int) -> Drawn:
    """A window of W about the chosen row, with its one-hot vector and the product."""
    labels, (vocabulary, size) = labels_of(table), table.rows.shape
    token = min(token, vocabulary - 1)
    first = max(0, min(token - ROWS // 2, vocabulary - ROWS))
    shown = [f"{place}: {labels[place]}" for place in range(first, min(first + ROWS, vocabulary))]
    rows = table.rows[first : first + ROWS, :COLUMNS].astype(float)
    figure = product_figure(shown, rows, token - first, float(np.abs(table.rows).max()))
    window = f" Shown are {len(rows)} of {vocabulary:,} rows and {rows.shape[1]} of {size} numbers."
    return Drawn(figure, product_sentence(labels[token], token, vocabulary, size) + window)


def draw_times(costs: EmbeddingCosts) -> Drawn:
    """Seconds of each way."""
    lines = {
        "look-up": costs.look_up_seconds,
        "one-hot product": costs.product_seconds,
        "look-up, forward and backward": costs.look_up_step_seconds,
        "one-hot product, forward and backward": costs.product_step_seconds,
    }
    figure = costs_figure(np.array(costs.sizes), {name: np.array(line) for name, line in lines.items()}, "seconds")
    return Drawn(figure, times_sentence(costs))


def draw_memory(costs: EmbeddingCosts) -> Drawn:
    """Bytes of each way's input."""
    lines = {"look-up": np.array(costs.look_up_bytes), "one-hot product": np.array(costs.product_bytes)}
    return Drawn(costs_figure(np.array(costs.sizes), lines, "bytes of the input"), memory_sentence(costs))


def draw_similar(ranked: Ranked, word: str) -> Drawn:
    """The words nearest to one, of a source."""
    return Drawn(
        ranked_figure(ranked.words, ranked.cosines, word),
        similar_sentence(word, ranked.words, ranked.cosines, ranked.source),
    )


def draw_analogy(ranked: Ranked, words: tuple[str, ...]) -> Drawn:
    """The answers to an analogy."""
    a, b, c = words
    figure = ranked_figure(ranked.words, ranked.cosines, f"{b} − {a} + {c}")
    return Drawn(figure, analogy_sentence(words, ranked.words, ranked.cosines, ranked.source))


def way_of(model: ModelConfig) -> str:
    """How a model's table begins, and whether it is trained."""
    begins = f"{VECTORS.get(model.vectors, 'own')} vectors" if model.vectors else "drawn"
    return f"{begins}, {'frozen' if model.frozen else 'tuned' if model.vectors else 'trained'}"


def draw_treatments(recording: Recording) -> Drawn:
    """Loss of each way to begin a table, over its seeds. Errors: RecordingError for a run of another kind."""
    labels = [way_of(model) for model in sweep_of(recording).base.models]  # type: ignore[attr-defined]
    done, now = losses(recording), under_way(recording, "loss")
    finals = [np.array([one[-LAST_STEPS:].mean() for one in curves]) for curves in done.values()]
    growing = under_way_sentence(now, dict(zip(done, labels, strict=True)), "a loss of")
    figure = treatments_figure(labels, list(done.values()), None if now is None else list(now.curves.values()))
    return Drawn(figure, f"{treatments_sentence(labels, finals)} {growing}".strip())
