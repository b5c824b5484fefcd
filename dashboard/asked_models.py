"""How the models that a question is about are called and drawn."""

from __future__ import annotations

from dashboard.asked import Asked
from dashboard.theme import Stroke, model_strokes


def labels_of(asked: Asked) -> list[str]:
    """One a model asked about."""
    return [asked.config.models[model].label for model in asked.models]


def strokes_of(asked: Asked) -> list[Stroke]:
    """One a model asked about, as the page draws it beside the others."""
    strokes = model_strokes([model.cell for model in asked.config.models])
    return [strokes[model] for model in asked.models]
