"""Tables of embeddings: of the shipped model, of a run at any of its steps, of a run that is not begun.

Axes: V tokens, E length of a row, F frames, P parameters.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.analysis.principal import principal_components
from core.analysis.procrustes import rotation_onto
from core.recordings.storage import Recording
from core.tasks.catalog import make_task
from core.tasks.library_source import training_modules
from core.tasks.next_character import NextCharacter
from core.training.config import TrainingConfig
from core.training.start import SHIPPED
from dashboard.answering import snapshot
from dashboard.server import texts_root

MOST_RUNS = 8
"""Whose frames are kept."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """What the rows of a table belong to."""

    symbols: tuple[str, ...]
    shares: np.ndarray
    """Of the text, shape (V,); all alike where there is no text."""
    unit: str
    """"character", "word" or "symbol"."""


@dataclass(frozen=True, eq=False)
class Table:
    """An embedding at one moment, laid into a plane."""

    tokens: Tokens
    rows: np.ndarray
    """Shape (V, E), float32."""
    first: np.ndarray | None
    """As they began, shape (V, E); None where that is not known, or already taken off."""
    frames: np.ndarray
    """Places in the plane over the snapshots up to now, each turned onto the one before, shape (F, V, 2)."""
    share: float | None
    """Of the variance that the plane shows, in [0, 1]; None if the rows have two numbers, and so all is shown."""
    label: str
    """Of the model."""
    step: int | None
    """Training step; None for the shipped model."""


def plane(rows: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Places (V, 2), and the share of the variance they show; rows of two numbers are their places themselves."""
    if rows.shape[1] == 2:
        return rows.astype(float), None
    if rows.shape[1] == 1:
        return np.hstack([rows, np.zeros_like(rows)]).astype(float), None
    found = principal_components(rows)
    return found.coordinates, float(found.shares.sum())


@lru_cache(maxsize=16)
def tokens_of(config: TrainingConfig) -> Tokens:
    """The tokens of a run's task. Errors: ValueError for a task without; TextError."""
    task = make_task(config.task, texts_root())
    if task.vocabulary_size is None:
        raise ValueError(f"{task.title} reads numbers, not tokens, so it has no embedding; choose another task.")
    if isinstance(task, NextCharacter):
        return Tokens(task.symbols, task.corpus.frequencies(), task.unit)
    return Tokens(task.symbols, np.full(task.vocabulary_size, 1 / task.vocabulary_size), "symbol")


@lru_cache(maxsize=1)
def shipped_table() -> Table:
    """Of the character model that ships; its shares are those of the texts that it learnt from."""
    from core.models.character_model import load_character_model  # torch is slow to load

    shipped = load_character_model(SHIPPED)
    rows = shipped.model.embedding.weight.detach().numpy()  # type: ignore[operator]
    tokens = Tokens(shipped.vocabulary.symbols, _shares(shipped.vocabulary.symbols), "character")
    places, share = plane(rows)
    return Table(tokens, rows, None, places[None], share, f"the shipped {shipped.config.label}", None)


def _shares(symbols: Sequence[str]) -> np.ndarray:
    """How often each character comes in the modules that the shipped model learnt from; the last stands for others."""
    text = "\n".join(training_modules().values())
    counts = np.bincount(np.frombuffer(text.encode("utf-32-le"), "<u4"), minlength=0x110000)
    known = counts[[ord(symbol) for symbol in symbols[:-1]]]
    return np.append(known, len(text) - known.sum()) / max(len(text), 1)


def planned_table(config: TrainingConfig, model: int, rows: np.ndarray) -> Table:
    """Of a run's model before its first update."""
    places, share = plane(rows)
    return Table(tokens_of(config), rows, rows, places[None], share, config.models[model].label, 0)


def run_table(
    recording: Recording, config: TrainingConfig, model: int, step: int | None, is_change: bool = False
) -> Table:
    """Of a run's model, at its newest snapshot at or before the step; None: the newest.

    With `is_change` the rows are what training added to those drawn: in many numbers the drawn part outweighs it long.

    Errors: RecordingError, also before the first row; ValueError for a task without tokens.
    """
    name, tokens, one = config.names[model], tokens_of(config), config.models[model]
    shape = (len(tokens.symbols), one.embedding_size or one.hidden_size)
    found, _ = snapshot(recording, name, step)
    first, rows = (table_rows(np.asarray(recording.record(f"{name}/parameters", at)), shape) for at in (0, found))
    taken = first if is_change else np.zeros_like(first)
    frames, share = _frames_of(recording, config, model, found, taken)
    label = f"{one.label}, what training added" if is_change else one.label
    return Table(tokens, rows - taken, None if is_change else first, frames, share, label, found)


def table_rows(parameters: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The embedding among a model's flattened parameters (P,), whose first block it is."""
    return parameters[: shape[0] * shape[1]].reshape(shape)


_kept: OrderedDict[tuple, dict[int, tuple[np.ndarray, float | None]]] = OrderedDict()
_lock = threading.Lock()


def _frames_of(
    recording: Recording, config: TrainingConfig, model: int, last: int, taken: np.ndarray
) -> tuple[np.ndarray, float | None]:
    """Frames of the rows less `taken` from step 0 to `last`, each turned onto the one before; drawn ones are kept."""
    name = config.names[model]
    key = (recording.header.id, recording.header.created, name, bool(taken.any()))
    with _lock:
        known = _kept.setdefault(key, {})
        _kept.move_to_end(key)
        while len(_kept) > MOST_RUNS:
            _kept.popitem(last=False)
    before: np.ndarray | None = None
    frames, share = [], None
    for step in _snapshot_steps(recording, name, last, known):
        if step not in known:
            parameters = np.asarray(recording.record(f"{name}/parameters", step))
            places, shown = plane(table_rows(parameters, taken.shape) - taken)
            turn = before is not None and shown is not None
            known[step] = (places @ rotation_onto(places, before) if turn else places, shown)  # type: ignore[arg-type]
        before, share = known[step]
        frames.append(before)
    return np.stack(frames), share


def _snapshot_steps(recording: Recording, name: str, last: int, known: Collection[int]) -> list[int]:
    """The steps up to `last` at which the run kept its parameters; before a known one all are known."""
    found, step = [one for one in known if one <= last], last
    while step >= 0 and step not in known:
        step, _ = recording.dated_record(f"{name}/parameters", step)
        if step not in known:
            found.append(step)
            step -= 1
    return sorted(found)
