"""The panels of the sections that show a run on pairs."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go

from core.training.translation_measures import SHOWN
from dashboard.attention_seen import task_of_pairs
from dashboard.figures.attention_numbers import model_strokes_of
from dashboard.figures.gradient_flow import learning_figure
from dashboard.widgets.attention_page import AttentionPage
from dashboard.widgets.live_figures import Panel, Source

HEIGHT, FILM, LEAST_MATRIX = 420, 190, 380
ROW, MOST_ROWS = 26, 34
"""Pixels of a row of the matrix, and rows that have so many; more are drawn closer together."""


def pair_panels(page: AttentionPage) -> list[Panel]:
    """The section's pictures, in order."""
    panels: dict[str, Callable[[AttentionPage], list[Panel]]] = {
        "align": _align_panels,
        "hand": _hand_panels,
        "bottleneck": _bottleneck_panels,
        "gradient": _gradient_panels,
    }
    return panels[page.show](page)


def _align_panels(page: AttentionPage) -> list[Panel]:
    label, height = page.config.models[page.model].label, _matrix_height(page)
    found = [
        _asked(page, "matrix", f"{label}: where it looks for each token that it writes",
               f"Attention of {label} on one pair: rows are target tokens, columns source tokens, frames the true "
               "alignment.", height, tokens=12),
        _asked(page, "ribbons", "The same as ribbons, the source above",
               f"Attention of {label} on one pair as ribbons between source and target tokens.", height),
    ]  # fmt: skip
    if page.is_trained:
        frames = f"The attention matrix of {label} at up to eight training steps."
        found.append(_asked(page, "film", "Over training (training step under each)", frames, FILM, span=2))
    numbers = "Seven alignment numbers of each model beside those of uniform attention."
    found.append(_asked(page, "numbers", "In numbers, against attention that knows nothing", numbers, HEIGHT))
    if page.config.task.name == "names" and page.config.models[page.model].attention != "none":
        found.append(_asked(page, "word-order", f"{label}: held-out names whose two words change places",
                            "Mean attention between the two words of target and source.", HEIGHT))  # fmt: skip
    if page.is_trained:
        progress = "Share of held-out strings right and attention on true links against training step."
        found.append(_asked(page, "progress", "Right answers and true links, by training step", progress, HEIGHT))
    found += _loss_panels(page)
    found.append(_asked(page, "contexts", f"{label}: context vectors and how far they are apart",
                        "Distances between the context vectors of every two rows, and of successive rows.",
                        HEIGHT))  # fmt: skip
    return found


def _loss_panels(page: AttentionPage) -> list[Panel]:
    """The loss of each step's batch, of a run that is watched."""
    if page.run is None:
        return []
    labels = [model.label for model in page.config.models]
    figure = learning_figure(labels, model_strokes_of(len(labels)), "loss, nats a token", None, is_share=False)
    return [Panel("loss", figure, "scalars", "Loss on each step's batch", height=HEIGHT,
                  alt=f"Loss against training step for {', '.join(labels)}.",
                  sources=tuple(Source(f"{name}/loss") for name in page.config.names))]  # fmt: skip


def _hand_panels(page: AttentionPage) -> list[Panel]:
    label, height = page.config.models[page.model].label, _matrix_height(page)
    return [
        _asked(page, "by-itself", f"{label}, by itself: click on a cell to lay that row's attention there",
               f"Attention of {label} while it writes its own answer.", height),
        _asked(page, "by-hand", "With a hand (▸ laid by hand, ◆ another token)",
               f"Attention of {label} while it writes with another source, a beginning or attention by hand.",
               height),
    ]  # fmt: skip


def _bottleneck_panels(page: AttentionPage) -> list[Panel]:
    found = [_asked(page, "lengths", "Right on held-out sources, by length",
                    "Share of tokens and of whole strings right against source length, one line a model.", 480,
                    span=1 if page.run else 2)]  # fmt: skip
    return found + _loss_panels(page)


def _gradient_panels(page: AttentionPage) -> list[Panel]:
    height = _matrix_height(page)
    return [
        *(_asked(page, "pull", f"{model.label}: where each row's loss pulls at this source",
                 f"Share of the gradient of each target row's loss at every source embedding, of {model.label}.",
                 height, model=place) for place, model in enumerate(page.config.models)),
        _asked(page, "encoder", "All pairs: what reaches each source position",
               "Norm of the gradient at every encoder state.", HEIGHT),
        _asked(page, "decoder", "All pairs: what reaches each row of the decoder",
               "Norm of the gradient at every decoder state.", HEIGHT),
    ]  # fmt: skip


def _matrix_height(page: AttentionPage) -> int:
    """Room for a row a token, of the longest target of the pairs that can be shown."""
    rows = int(task_of_pairs(page.config.task).held_out().target_lengths[:SHOWN].max())
    return max(LEAST_MATRIX, 130 + ROW * min(rows, MOST_ROWS))


def _asked(
    page: AttentionPage, name: str, title: str, alt: str, height: int, span: int = 1, tokens: int = 0,
    model: int | None = None,
) -> Panel:  # fmt: skip
    """`model`: the picture is of that one, and not of the one that is shown."""
    panel = name if model is None else f"{name}-{model}"
    return Panel(panel, go.Figure(), "asked", title, alt=alt, question=page.question(name, model), height=height,
                 span=span, tokens=tokens)  # fmt: skip
