"""The weights with which a run's model begins: drawn by its seed, of word vectors, or of the shipped character model.

Axes: V symbols, H hidden units.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from ..models.character_model import CharacterModel, load_character_model
from ..models.embedding import replace_rows
from ..models.sequence_model import SequenceModel, build_model
from ..models.vocabulary import UNKNOWN
from ..tasks.task import Task
from ..tasks.vector_store import task_rows
from .config import SHIPPED_START, TrainingConfig

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "character-lstm.safetensors"
"""Where the repository keeps it."""


def initial_model(config: TrainingConfig, position: int, task: Task, texts: Path | None = None) -> SequenceModel:
    """The model at this position of the run, before any update.

    Args:
        config: The run.
        position: Of the model.
        task: The run's.
        texts: The folder of the users' own texts and vectors.

    Errors: ValueError for a model of another shape than the shipped one that it is to continue; CharacterModelError;
    VectorError for word vectors that are not there or do not fit.
    """
    one = config.models[position]
    model = build_model(one, task, config.seed)
    if one.vectors and isinstance(model.embedding, nn.Embedding):
        rows = task_rows(one.vectors, model.embedding.embedding_dim, task.symbols, texts)
        replace_rows(model.embedding, torch.from_numpy(rows))
    if config.start == SHIPPED_START:
        _continue(model, task, load_character_model(SHIPPED))
    return model


@torch.no_grad()
def _continue(model: SequenceModel, task: Task, shipped: CharacterModel) -> None:
    """Copy the shipped weights; each symbol of the task takes its row, or that of [unk].

    Where n symbols share the row of [unk], each answers with its logit less ln n, so that together they are as likely
    as [unk] was, and every other symbol is exactly as likely as before.
    """
    if [weight.shape for weight in model.recurrent.parameters()] != [
        weight.shape for weight in shipped.model.recurrent.parameters()
    ]:
        raise ValueError(
            f"a run that continues the shipped model needs one like it, {shipped.config.label}, got other sizes; "
            "choose the same cell, units and layers, or start anew."
        )
    places = {symbol: place for place, symbol in enumerate(shipped.vocabulary.symbols)}
    rows = torch.tensor([places.get(symbol, places[UNKNOWN]) for symbol in task.symbols])
    sharing = torch.bincount(rows, minlength=len(places))[rows]  # (V,)
    model.recurrent.load_state_dict(shipped.model.recurrent.state_dict())
    model.embedding.load_state_dict({"weight": shipped.model.embedding.state_dict()["weight"][rows]})
    model.readout.weight.copy_(shipped.model.readout.weight[rows])
    model.readout.bias.copy_(shipped.model.readout.bias[rows] - sharing.log())
