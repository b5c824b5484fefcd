"""A trained character model in a file: weights as safetensors, all else as JSON in its header; nothing is unpickled.

Axes: V vocabulary, H hidden units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .config import ModelConfig
from .sequence_model import SequenceModel, build_model
from .vocabulary import Vocabulary

FORMAT = "unroll-character-model-1"
HEADER = "unroll"
"""The one entry of the safetensors metadata that is read: JSON with format, config, vocabulary and card."""
MAX_BYTES = 50_000_000


class CharacterModelError(ValueError):
    """A file is no character model; the message says why and what to do."""


@dataclass(frozen=True)
class CharacterModel:
    """A model that predicts the next character, ready to read."""

    model: SequenceModel
    """In float32."""
    config: ModelConfig
    vocabulary: Vocabulary
    card: Mapping[str, Any]
    """What its maker says of it: held-out loss, text, versions, recipe."""


def save_character_model(path: Path, trained: CharacterModel) -> None:
    """Write a model with its weights in float16, two bytes each."""
    halves = {name: tensor.half().contiguous() for name, tensor in trained.model.state_dict().items()}
    header = {
        "format": FORMAT,
        "config": asdict(trained.config),
        "vocabulary": trained.vocabulary.symbols,
        "card": dict(trained.card),
    }
    save_file(halves, path, {HEADER: json.dumps(header)})  # one entry, as safetensors orders several at random


def load_character_model(path: str | Path) -> CharacterModel:
    """Read a model, believing nothing: size, header, names, shapes and finite numbers are checked.

    Errors: CharacterModelError, also for a file that is not there.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CharacterModelError(f"a character model has at most {MAX_BYTES // 10**6} MB, {path.name} has more.")
        with safe_open(path, framework="pt") as file:
            config, vocabulary, card = _header(file.metadata() or {})
            model = build_model(config, vocabulary, seed=0)
            model.load_state_dict(_weights(file, model), strict=True)
    except OSError as error:
        reason = error.strerror or error
        raise CharacterModelError(f"{path.name} cannot be read: {reason}; train it anew or restore it.") from None
    except SafetensorError as error:
        raise CharacterModelError(f"{path.name} must be safetensors, got: {error}; train it anew.") from None
    return CharacterModel(model.eval(), config, vocabulary, card)


def _header(metadata: Mapping[str, str]) -> tuple[ModelConfig, Vocabulary, dict[str, Any]]:
    try:
        header = json.loads(metadata[HEADER])
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']!r:.60} instead of {FORMAT!r}")
        return ModelConfig(**header["config"]), Vocabulary(tuple(header["vocabulary"])), dict(header["card"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CharacterModelError(
            f"the file's header must hold format, config, vocabulary and card, got: {error!r:.200}; "
            "train the model anew."
        ) from None


def _weights(file: Any, model: SequenceModel) -> dict[str, torch.Tensor]:
    """Weights in float32, once their names and shapes are known to be the model's."""
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {name: file.get_slice(name).get_shape() for name in file.keys()}
    if got != expected:
        wrong = next(name for name in [*expected, *got] if got.get(name) != expected.get(name))
        raise CharacterModelError(
            f"{wrong} must have shape {expected.get(wrong)} by the file's own config, got {got.get(wrong)}; "
            "train the model anew."
        )
    weights = {name: file.get_tensor(name).float() for name in expected}
    for name, weight in weights.items():
        if not bool(weight.isfinite().all()):
            raise CharacterModelError(f"every weight must be a finite number, got others in {name}; train anew.")
    return weights
