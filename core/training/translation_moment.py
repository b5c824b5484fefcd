"""An encoder–decoder of a run at one of its steps, ready to be asked: about attention, a search, a hand on a row.

Axes: P parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..models.seq2seq import Seq2Seq
from ..tasks.pair_catalog import make_pairs
from ..tasks.pairs import PairTask
from .moment import load_parameters
from .translation_config import TranslationConfig
from .translation_rows import initial_seq2seq


@dataclass(frozen=True, eq=False)
class PairMoment:
    """A model of a run on pairs at one of its steps; small, and picklable, so that a worker can be asked about it.

    Errors: ValueError for a model that the run does not have.
    """

    config: TranslationConfig
    model: int
    """Its place in `config.models`."""
    parameters: np.ndarray | None = None
    """As the recording holds them, "<name>/parameters", shape (P,), float32. None: as initialised."""

    def __post_init__(self) -> None:
        last = len(self.config.models) - 1
        if not 0 <= self.model <= last:
            raise ValueError(f"a moment's model must be in 0…{last}, got {self.model}; choose one of the run's.")


@dataclass(frozen=True, eq=False)
class OpenedPairs:
    """A model that is ready to be asked, and the task that encodes and prints for it."""

    model: Seq2Seq
    """In float64."""
    task: PairTask


def opened_pairs(moment: PairMoment, texts: Path | None = None) -> OpenedPairs:
    """The model with the weights of its moment. Errors: PairError; ValueError for parameters of another model."""
    task = make_pairs(moment.config.task, texts)
    model = initial_seq2seq(moment.config, moment.model, task)
    if moment.parameters is not None:
        load_parameters(model, moment.parameters)
    return OpenedPairs(model.double().requires_grad_(False), task)
