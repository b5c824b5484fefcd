"""What the pictures of sequence to sequence are drawn from: the snapshots of a run, one that ships, or a first one.

Axes: T target rows, S source columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.analysis.alignment import AlignmentNumbers, alignment_numbers, mean_numbers, uniform_numbers
from core.recordings.attention import AttentionSnapshot, read_snapshot
from core.recordings.storage import Recording
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import PairsConfig, PairTask
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import MeasuringPairs, measuring_pairs
from dashboard import server
from dashboard.attention_asked import PairsAsked
from dashboard.attention_shipped import FOLDER, shipped_name
from dashboard.figures.attention import Aligned
from dashboard.readers import readers_of

Links = tuple[np.ndarray | None, np.ndarray | None]


@dataclass(frozen=True)
class Seen:
    """All models of a run at one step."""

    config: TranslationConfig
    step: int
    snapshots: Mapping[str, AttentionSnapshot]
    """By the model's name in the config."""

    @property
    def task(self) -> PairTask:
        """Which prints the tokens."""
        return task_of_pairs(self.config.task)

    def labelled(self) -> Iterator[tuple[str, AttentionSnapshot]]:
        """Label and snapshot of each model, in the config's order."""
        for model, name in zip(self.config.models, self.config.names, strict=True):
            yield model.label, self.snapshots[name]

    def aligned(self, name: str, example: int) -> Aligned | None:
        """One pair as a picture needs it, the right target fed; None of a model without attention."""
        snapshot = self.snapshots[name]
        source, target, weights = snapshot.example(min(example, len(snapshot.sources) - 1))
        if weights is None:
            return None
        sure, possible = links_of(snapshot, example)
        return Aligned(weights, printed(self.task.source_symbols, source), printed(self.task.target_symbols, target),
                       sure, possible)  # fmt: skip


@lru_cache(maxsize=16)
def task_of_pairs(config: PairsConfig) -> PairTask:
    """The task. Errors: PairError, a ValueError."""
    return make_pairs(config, server.texts_root())


def printed(symbols: tuple[str, ...], tokens: np.ndarray) -> tuple[str, ...]:
    """Each token as it is printed."""
    return tuple(symbols[token] for token in tokens)


def links_of(snapshot: AttentionSnapshot, example: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Sure and possible links of one example, each (T, S); None where the task knows none, of this pair too."""
    if snapshot.sure is None or snapshot.possible is None:
        return None, None
    rows, columns = int(snapshot.target_lengths[example]), int(snapshot.source_lengths[example])
    sure, possible = (links[example, :rows, :columns] for links in (snapshot.sure, snapshot.possible))
    return (sure, possible) if possible.any() else (None, None)


def seen_in(recording: Recording, config: TranslationConfig, step: int | None) -> Seen:
    """All models at the newest snapshot at or before a step. Errors: RecordNotFoundError before the first."""
    names = recording.names()
    dated, _ = recording.dated_record(f"{config.names[0]}/answers", step)
    read = {name: read_snapshot(lambda one: recording.record(one, dated), names, name) for name in config.names}
    return Seen(config, dated, read)


@lru_cache(maxsize=16)
def measuring_of(config: TranslationConfig) -> MeasuringPairs:
    """The pairs on which a run measures its models. Errors: PairError."""
    return measuring_pairs(task_of_pairs(config.task), config)


def reached(config: TranslationConfig, side: str) -> tuple[np.ndarray, int]:
    """Of the measured pairs, how many have each position of their "source" or "target", and all their target tokens."""
    batch = measuring_of(config).held_out
    lengths = (batch.source_lengths if side == "source" else batch.target_lengths).numpy()
    counts = (lengths[:, None] > np.arange(lengths.max())).sum(axis=0)
    return counts, int(batch.target_lengths.sum())


def example_of(task: PairTask, example: int) -> tuple[np.ndarray, np.ndarray, Links]:
    """Source (S,), target (T,), and sure and possible links (T, S) of a shown pair; None where none are known."""
    batch = task.held_out()
    place = min(example, len(batch.source) - 1)
    source = batch.source[place, : int(batch.source_lengths[place])].numpy()
    target = batch.target_out[place, : int(batch.target_lengths[place])].numpy()
    gold = task.gold(source, target)
    return source, target, (None, None) if gold is None or not gold.possible.any() else (gold.sure, gold.possible)


@contextmanager
def recording_of(asked: PairsAsked) -> Iterator[Recording | None]:
    """The run's recording, or that of the run that ships with these settings; None if there is neither."""
    name = shipped_name(asked.config)
    if asked.run_id is not None:
        with readers_of(server.runs_root()).reading(asked.run_id) as recording:
            yield recording
    elif name is not None:
        with readers_of(FOLDER).reading(name) as recording:
            yield recording
    else:
        yield None


def numbers_of(snapshot: AttentionSnapshot) -> AlignmentNumbers | None:
    """Means over the examples that are shown; None without attention."""
    if snapshot.weights is None:
        return None
    pairs = [(snapshot.example(place)[2], *links_of(snapshot, place)) for place in range(len(snapshot.sources))]
    return mean_numbers([alignment_numbers(weights, *links) for weights, *links in pairs if weights is not None])


def uniform_of(snapshot: AttentionSnapshot) -> AlignmentNumbers:
    """The same of attention that knows nothing."""
    sizes = zip(snapshot.target_lengths.tolist(), snapshot.source_lengths.tolist(), strict=True)
    return mean_numbers(
        [uniform_numbers(rows, columns, *links_of(snapshot, place)) for place, (rows, columns) in enumerate(sizes)]
    )
