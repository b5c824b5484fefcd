"""Pictures of sequence to sequence, drawn and read out.

Axes: T target rows, S source columns, K training steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from core.recordings.attention import AttentionTrace, SourceGradient
from core.recordings.storage import Recording
from core.tasks.pairs import SYMBOL_TASKS
from core.training.translation_config import TranslationConfig
from core.training.translation_crossing import WordOrder
from dashboard.asked import Drawn, Strip
from dashboard.attention_asked import PairsAsked
from dashboard.attention_calls import HandTried, Written
from dashboard.attention_readings import (
    contexts_sentence,
    hand_sentence,
    length_sentence,
    numbers_sentence,
    order_sentence,
    pair_sentence,
    pull_sentence,
    way_back_sentence,
    word_order_sentence,
)
from dashboard.attention_seen import (
    Seen,
    example_of,
    numbers_of,
    printed,
    reached,
    seen_in,
    task_of_pairs,
    uniform_of,
)
from dashboard.figures.attention import Aligned, matrix_figure, pull_figure, ribbons_figure
from dashboard.figures.attention_numbers import (
    contexts_figure,
    length_figure,
    model_strokes_of,
    numbers_figure,
    way_back_figure,
)

NONE_HERE = "This model attends to nothing: it writes from one vector. Choose another model above."
DrawSeen = Callable[[PairsAsked, Seen], Drawn]


def draw_matrix(asked: PairsAsked, seen: Seen) -> Drawn:
    """The matrix of one pair, and the source in a line that a row lights up."""
    pair = seen.aligned(asked.model_name, asked.example)
    if pair is None:
        return Drawn(go.Figure(), NONE_HERE)
    strip = Strip(pair.source, pair.weights, "The source, as it is read for", pair.target)
    return Drawn(matrix_figure(pair), pair_sentence(seen, asked.model_name, asked.example, pair), strip)


def draw_ribbons(asked: PairsAsked, seen: Seen) -> Drawn:
    """The same as ribbons."""
    pair = seen.aligned(asked.model_name, asked.example)
    return Drawn(go.Figure(), NONE_HERE) if pair is None else Drawn(ribbons_figure(pair), order_sentence(pair))


def draw_numbers(asked: PairsAsked, seen: Seen) -> Drawn:
    """Every model against attention that knows nothing."""
    by_model = {label: found for label, one in seen.labelled() if (found := numbers_of(one)) is not None}
    first = next(iter(seen.snapshots.values()))
    uniform = uniform_of(first)
    return Drawn(numbers_figure(by_model, uniform), numbers_sentence(by_model, uniform, len(first.sources)))


def draw_lengths(asked: PairsAsked, seen: Seen) -> Drawn:
    """Share right by length."""
    strokes = model_strokes_of(len(asked.config.models))
    tables = {label: one.by_length for label, one in seen.labelled()}
    task = asked.config.task
    learnt = (task.min_length, task.max_length) if task.name in SYMBOL_TASKS else None
    figure = length_figure(
        {label: (stroke, table) for stroke, (label, table) in zip(strokes, tables.items(), strict=True)}, learnt
    )
    return Drawn(figure, length_sentence(tables, learnt[1] if learnt else None))


def draw_encoder(asked: PairsAsked, seen: Seen) -> Drawn:
    """What of the gradient reaches each source position."""
    return _way_back(asked, seen, "source")


def draw_decoder(asked: PairsAsked, seen: Seen) -> Drawn:
    """What of the gradient reaches each row of the decoder."""
    return _way_back(asked, seen, "target")


def _way_back(asked: PairsAsked, seen: Seen, side: str) -> Drawn:
    """The top layer's first direction, of the sum of a pair's losses, over the pairs that reach so far."""
    counts, tokens = reached(seen.config, side)
    norms = {}
    for label, one in seen.labelled():
        values = (one.encoder_norms if side == "source" else one.decoder_norms)[-1, 0]
        norms[label] = values[: len(counts)] * tokens / np.sqrt(counts)
    strokes = model_strokes_of(len(norms))
    where = "source position" if side == "source" else "row"
    figure = way_back_figure(
        {label: (stroke, values) for stroke, (label, values) in zip(strokes, norms.items(), strict=True)},
        f"{where} {'s' if side == 'source' else 't'}",
    )
    return Drawn(figure, way_back_sentence(norms, where))


SEEN_PICTURES: dict[str, DrawSeen] = {
    "matrix": draw_matrix, "ribbons": draw_ribbons, "numbers": draw_numbers, "lengths": draw_lengths,
    "encoder": draw_encoder, "decoder": draw_decoder,
}  # fmt: skip
"""By name: pictures of all models at one step."""


def draw_contexts(asked: PairsAsked, trace: AttentionTrace) -> Drawn:
    """Context vectors of one pair and their distances."""
    if trace.contexts is None:
        return Drawn(go.Figure(), NONE_HERE)
    distances = np.linalg.norm(trace.contexts[:, None] - trace.contexts[None], axis=-1)
    target = printed(task_of_pairs(asked.config.task).target_symbols, trace.target)
    return Drawn(contexts_figure(distances, target), contexts_sentence(distances, target))


def draw_pull(asked: PairsAsked, found: SourceGradient) -> Drawn:
    """Which source positions the loss of each row of one pair pulls at."""
    seen = task_of_pairs(asked.config.task)
    source, target, gold = example_of(seen, asked.example)
    labels = printed(seen.source_symbols, source), printed(seen.target_symbols, target)
    pair = Aligned(found.shares(), *labels, *gold)
    is_later = asked.run_id is None and asked.step is not None and asked.step < asked.config.steps
    after = " The weights are those of the last step." if is_later else ""  # what ships keeps no others
    return Drawn(pull_figure(pair, found.total), pull_sentence(found, pair.possible) + after)


def draw_word_order(asked: PairsAsked, found: WordOrder) -> Drawn:
    """Attention between the words of names whose two words change places."""
    if not found.pairs:
        return Drawn(go.Figure(), "No held-out pair has two words that change places.")
    true = np.eye(2, dtype=bool)[::-1]
    pair = Aligned(found.weights, ("first word", "second word"), ("first word", "second word"), true, true)
    return Drawn(matrix_figure(pair), word_order_sentence(found))


def draw_by_itself(asked: PairsAsked, tried: HandTried) -> Drawn:
    """What the model writes without a hand."""
    pair = written_pair(asked.config, tried.before)
    said = task_of_pairs(asked.config.task).target.print(tried.before.trace.target)
    reading = f"By itself it writes **“{said}”**. Click on a cell: all of that row's attention goes there."
    return Drawn(go.Figure() if pair is None else matrix_figure(pair), reading if pair else f"{reading} {NONE_HERE}")


def draw_by_hand(asked: PairsAsked, tried: HandTried) -> Drawn:
    """What it writes with a hand, and which rows are others."""
    task, pair = task_of_pairs(asked.config.task), written_pair(asked.config, tried.after)
    first, second = tried.before.trace.target, tried.after.trace.target
    changed = [row for row, token in enumerate(second) if row >= len(first) or first[row] != token]
    said = task.target.print(first), task.target.print(second)
    laid = [row for row, _ in asked.hand.laid]
    is_other = not np.array_equal(tried.before.trace.source, tried.after.trace.source)
    figure = go.Figure() if pair is None else matrix_figure(pair, laid, changed)
    return Drawn(figure, hand_sentence(tried, said, changed, is_other))


def written_pair(config: TranslationConfig, written: Written) -> Aligned | None:
    """What was written as a picture needs it; None without attention."""
    trace, gold = written.trace, written.gold
    if trace.weights is None:
        return None
    task = task_of_pairs(config.task)
    labels = printed(task.source_symbols, trace.source), printed(task.target_symbols, trace.target)
    return Aligned(trace.weights, *labels, None if gold is None else gold.sure, None if gold is None else gold.possible)


def draw_seen_at(name: str, asked: PairsAsked, recording: Recording) -> tuple[Drawn, int]:
    """One of SEEN_PICTURES from a recording, and the step of its snapshot."""
    seen = seen_in(recording, asked.config, asked.step)
    return SEEN_PICTURES[name](asked, seen), seen.step
