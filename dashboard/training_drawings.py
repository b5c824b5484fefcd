"""Pictures of what training does to a gradient, and of what might help, drawn and read out.

Axes: K training steps.
"""

from __future__ import annotations

import numpy as np

from core.analysis.clipping import ClipStatistics, clip_statistics
from core.analysis.decay import Decay, decay
from core.recordings.storage import Recording
from core.training.prognosis import PATIENT
from core.training.remedies import remedies
from dashboard.asked import Asked, Drawn
from dashboard.asked_models import labels_of, strokes_of
from dashboard.figures.clipping import NormHistogram, norm_histogram_figure
from dashboard.figures.log_axis import decades_of
from dashboard.figures.remedies import Effect, factors_figure, horizons_figure
from dashboard.theme import Stroke
from dashboard.training_readings import clip_sentence, remedies_sentence

BINS = 10
"""Of a histogram, a decade."""


def draw_remedies(asked: Asked, results: list, step: int | None) -> Drawn:
    """What each remedy changes of the share kept per step, before training."""
    before, effects = _effects(asked, results)
    (label,), (stroke,) = labels_of(asked), strokes_of(asked)
    reading = remedies_sentence(label, before, [(effect.title, effect.decay) for effect in effects])
    return Drawn(factors_figure(before, effects, stroke), reading)


def draw_horizons(asked: Asked, results: list, step: int | None) -> Drawn:
    """What each remedy changes of the memory horizon, before training."""
    before, effects = _effects(asked, results)
    (stroke,), length = strokes_of(asked), asked.config.task.length
    reaching = [effect.title for effect in effects if effect.decay.horizon >= length]
    reading = f"Reaches over all {length} timesteps: **{', '.join(reaching) or 'none'}**."
    return Drawn(horizons_figure(before, effects, stroke), reading)


def _effects(asked: Asked, results: list) -> tuple[Decay, list[Effect]]:
    """The patient's decay, and each treated model's."""
    (norms,) = results
    treatments = remedies(asked.config, asked.models[0])
    return decay(norms[PATIENT]), [Effect(remedy.title, decay(norms[remedy.key])) for remedy in treatments]


def draw_first_norms(asked: Asked, results: list, step: int | None) -> Drawn:
    """Of batches that no step was made on."""
    config = asked.config
    pairs = [(norms, _if_clipped(asked, model, norms)) for model, norms in zip(asked.models, results, strict=True)]
    drawn = _norms(asked, pairs)
    return Drawn(drawn.figure, f"Before training, {len(results[0])} batches of {config.batch_size}. {drawn.reading}")


def _if_clipped(asked: Asked, model: int, norms: np.ndarray) -> np.ndarray:
    is_bounded = asked.config.clip == "norm" and asked.config.models[model].clipped
    return np.minimum(norms, asked.config.max_norm) if is_bounded else norms


def draw_run_norms(asked: Asked, recording: Recording) -> Drawn:
    """Of the steps of a run, up to the one shown."""
    names = [asked.config.names[model] for model in asked.models]
    columns = [f"{name}/{kind}" for name in names for kind in ("gradient_norm", "clipped_norm")]
    table = recording.scalars(columns)
    table = table[table.index <= asked.step] if asked.step is not None else table
    pairs = [(table[f"{name}/gradient_norm"].to_numpy(), table[f"{name}/clipped_norm"].to_numpy()) for name in names]
    drawn = _norms(asked, pairs)
    return Drawn(drawn.figure, f"Steps 0 to {max(table.index, default=0)}. {drawn.reading}")


def _norms(asked: Asked, pairs: list[tuple[np.ndarray, np.ndarray]]) -> Drawn:
    """Norms before and after clipping of each model, shapes (K,)."""
    config, models = asked.config, [asked.config.models[model] for model in asked.models]
    found = [clip_statistics(before, after, config.max_norm, config.clip) for before, after in pairs]
    edges = _edges([before for before, _ in pairs], config.max_norm)
    histograms = [
        _histogram(label, stroke, before, edges, statistics)
        for label, stroke, (before, _), statistics in zip(
            labels_of(asked), strokes_of(asked), pairs, found, strict=True
        )
    ]
    sentences = [
        clip_sentence(model.label, statistics, config.max_norm, config.clip != "none" and model.clipped)
        for model, statistics in zip(models, found, strict=True)
    ]
    threshold = config.max_norm if config.clip == "norm" else None
    return Drawn(norm_histogram_figure(histograms, threshold), " ".join(sentences))


def _edges(norms: list[np.ndarray], threshold: float) -> np.ndarray:
    """Of log₁₀ norm, the same for all models, with room for the threshold."""
    low, high = decades_of([*norms, np.array([threshold])], 1e-12, least=2)
    return np.linspace(low, high, BINS * (high - low) + 1)


def _histogram(
    label: str, stroke: Stroke, norms: np.ndarray, edges: np.ndarray, statistics: ClipStatistics
) -> NormHistogram:
    usable = norms[np.isfinite(norms) & (norms > 0)]
    counts, _ = np.histogram(np.log10(usable), edges)
    return NormHistogram(label, stroke, edges, counts, statistics)
