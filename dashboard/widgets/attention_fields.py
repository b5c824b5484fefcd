"""The fields of the page of sequence to sequence: what its controls and its address hold, and the run they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.models.seq2seq_config import ATTENTIONS, CELLS, FUSIONS, PRESETS, Seq2SeqConfig
from core.tasks.pairs import LANGUAGES, OWN_PAIRS, SYMBOL_TASKS, WORDED, PairsConfig
from core.training.config import MAX_SEED
from core.training.limits import Limits
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import SHOWN
from dashboard.attention_asked import MOST_TEXT, read_laid
from dashboard.attention_shipped import NO_ATTENTION, SEEDS
from dashboard.attention_side_settings import SIDES, settings_of, side_keys
from dashboard.widgets.address import Choice, Field, Flag, Number, Several, Words

PAIRS = "attention"
"""The group of the fields."""
SECTIONS = {
    "align": "Alignment",
    "hand": "By hand",
    "bottleneck": "The bottleneck",
    "gradient": "Gradient",
    "fusion": "Fusion",
    "digits": "Digits",
    "cheat": "Why not back",
}
TASKS = {
    "reverse": "Reverse", "copy": "Copy", "sort": "Sort", "dates": "Dates to ISO", "names": "Names from English",
    "interface": "Interface sentences from English", "own": "Your own pairs",
}  # fmt: skip
LANGUAGE_TITLES = {"": "the task's first", **{one: one for every in LANGUAGES.values() for one in every}}
MODELS: dict[str, Seq2SeqConfig | None] = {
    "clean": PRESETS["clean diagonal"], "bahdanau": PRESETS["textbook Bahdanau"], "vector": PRESETS["one vector"],
    "luong": PRESETS["Luong"], "wide": PRESETS["wide LSTM"], "none": NO_ATTENTION, "plain": Seq2SeqConfig(),
    "own": None,
}  # fmt: skip
"""Models by name; None: as the controls of one's own say."""
MODEL_TITLES = {key: "your own" if model is None else model.label for key, model in MODELS.items()}
MOST_SEEDS = 20
"""Of a spread."""
NEWEST = 20_000
"""A step after any: the newest is shown."""

SITUATIONS: dict[str, dict[str, Any]] = {
    "Clean diagonal": {},
    "Textbook Bahdanau": {"a_model": 1},
    "Dates to ISO": {"a_task": "dates", "a_models": ["wide"], "a_steps": 1000, "a_lr": 3e-3},
    "English to French": {
        "a_task": "names", "a_language": "fr", "a_models": ["wide"], "a_steps": 600, "a_batch": 32, "a_lr": 3e-3,
    },
    "The bottleneck": {
        "a_min": 2, "a_max": 16, "a_models": ["none", "plain"], "a_model": 1, "a_steps": 1500, "a_lr": 3e-3,
        "a_test": 24, "show": "bottleneck",
    },
}  # fmt: skip
"""What each situation sets; everything else goes to its default, the section apart."""
PLACES = ("show", "a_example", "a_at", "a_source", "a_prefix", "a_laid", "a_digit_model", "a_digit", "a_seeds",
          *(key for show in SIDES for key in side_keys(show)))  # fmt: skip
"""Fields that say where one looks, or are of the sections' other runs, and nothing of a run on pairs."""
OWN_MODEL = {
    "a_cell": "cell", "a_units": "hidden_size", "a_layers": "layers", "a_both": "bidirectional", "a_score": "attention",
    "a_fusion": "fusion", "a_feed": "input_feeding", "a_values": "values", "a_output": "output", "a_bridge": "bridge",
}  # fmt: skip
"""Controls of one's own model, by the field of its config."""


@dataclass(frozen=True)
class PairsField:
    """A person's own pairs by their id, or none."""

    key: str
    label: str
    folder: Path
    default: str = ""

    def read(self, text: str) -> str:
        """The id. Errors: ValueError with the rule."""
        name = f"{text.removeprefix('sha256:')}.txt"
        if text and not (OWN_PAIRS.fullmatch(text) and (self.folder / name).is_file()):
            raise ValueError("pairs that were given to this server")
        return text

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        return str(value)


@dataclass(frozen=True)
class LaidField:
    """Rows of attention laid by hand, as `attention_asked.written_laid` writes them."""

    key: str = "a_laid"
    label: str = "Attention by hand"
    default: str = ""

    def read(self, text: str) -> str:
        """The text. Errors: ValueError with the rule."""
        read_laid(text)
        return text

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        return str(value)


def pair_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control, with bounds no wider than the server's limits."""
    longest = max(2, min(100, (limits.max_length - 2) // 2))
    return [
        Choice("show", "Section", "align", SECTIONS),
        Choice("a_task", "Task", "reverse", TASKS),
        Choice("a_language", "Language", "", LANGUAGE_TITLES),
        Choice("a_level", "A token is a", "character", {"character": "character", "word": "word"}),
        Number("a_min", "Shortest source", min(10, longest), 1, longest),
        Number("a_max", "Longest source", min(10, longest), 1, longest),
        Number("a_symbols", "Symbols", 8, 2, 26),
        Number("a_test", "Measured up to length (0: as learnt)", 0, 0, longest),
        PairsField("a_own", "Your own pairs", texts),
        Several("a_models", "Models", ["clean", "bahdanau"], MODEL_TITLES),
        Choice("a_cell", "Cell", "gru", {cell: cell.upper() for cell in CELLS}),
        Number("a_units", "Hidden units H", min(64, limits.max_hidden_size), 2, limits.max_hidden_size),
        Number("a_layers", "Layers", 1, 1, min(3, limits.max_layers)),
        Flag("a_both", "Encoder reads both ways", True),
        Choice("a_score", "Attention", "dot", {one: one.replace("_", " ") for one in ATTENTIONS}),
        Choice("a_fusion", "Fusion", "concatenate", {one: one for one in FUSIONS}),
        Flag("a_feed", "Input feeding", False),
        Choice("a_values", "Values", "states", {"states": "encoder states", "embeddings": "source embeddings"}),
        Choice("a_output", "Output from", "both", {"both": "state and context", "context": "context alone"}),
        Flag("a_bridge", "Decoder starts from the encoder's last state", True),
        Number("a_steps", "Training steps", min(300, limits.max_steps), 1, limits.max_steps),
        Number("a_batch", "Examples in a batch", min(64, limits.max_batch_size), 1, limits.max_batch_size),
        Number("a_lr", "Learning rate", 1e-2, 1e-6, 100.0),
        Number("a_force", "Teacher forcing", 1.0, 0.0, 1.0),
        Number("a_seed", "Seed", 0, 0, MAX_SEED),
        Number("a_seeds", "Seeds", SEEDS, 2, MOST_SEEDS),
        Number("a_model", "Model shown", 0, 0, 3),
        Number("a_example", "Pair shown", 0, 0, SHOWN - 1),
        Number("a_at", "Training step", NEWEST, 0, NEWEST),
        Words("a_source", "Another source", "", MOST_TEXT),
        Words("a_prefix", "Make it begin with", "", MOST_TEXT),
        LaidField(),
        *(field for show in SIDES for field in _side_fields(show, limits)),
        Number("a_digit_model", "Fusion shown", 0, 0, 2),
        Number("a_digit", "Digit shown", 7, 0, 9),
    ]


def _side_fields(show: str, limits: Limits) -> list[Field]:
    """What one chooses of a section with a run of its own; by default as what ships."""
    chosen, of = settings_of(SIDES[show]), f" of {SECTIONS[show].lower()}"
    assert chosen is not None
    steps, units, rate = side_keys(show)
    return [
        Number(steps, f"Training steps{of}", min(chosen.steps, limits.max_steps), 1, limits.max_steps),
        Number(units, f"Hidden units{of}", min(chosen.units, limits.max_hidden_size), 2, limits.max_hidden_size),
        Number(rate, f"Learning rate{of}", chosen.rate, 1e-6, 100.0),
    ]


def values_of_situation(name: str, fields: list[Any]) -> dict[str, Any]:
    """The value of every control in a situation, no larger than this server's limits."""
    values = {field.key: field.default for field in fields} | SITUATIONS[name]
    bounds = {field.key: field.high for field in fields if isinstance(field, Number)}
    return {key: min(value, bounds[key]) if key in bounds else value for key, value in values.items()}


def task_of_values(values: Mapping[Any, Any]) -> PairsConfig:
    """The pairs that the controls describe. Errors: ValueError."""
    name = values["a_task"]
    if name == "own" and not values["a_own"]:
        raise ValueError("your own pairs need a file of two columns, got none; choose a CSV or TSV file under Pairs.")
    language = values["a_language"] if values["a_language"] in LANGUAGES[name] else ""
    level = values["a_level"] if name in WORDED else "character"
    lengths = {}
    if name in SYMBOL_TASKS:
        longest = int(values["a_max"])
        lengths = {"min_length": min(int(values["a_min"]), longest), "max_length": longest,
                   "symbols": int(values["a_symbols"])}  # fmt: skip
    return PairsConfig(name, language=language, level=level, text=values["a_own"] if name == "own" else "", **lengths)


def config_of(values: Mapping[Any, Any]) -> TranslationConfig:
    """The run that the controls describe. Errors: ValueError (rule, what came, remedy)."""
    task = task_of_values(values)
    if not values["a_models"]:
        raise ValueError("a run trains at least one model, got none; choose one.")
    chosen = [key for key in MODELS if key in values["a_models"]]
    return TranslationConfig(
        task,
        tuple(MODELS[key] or own_model(values) for key in chosen),
        steps=int(values["a_steps"]),
        batch_size=int(values["a_batch"]),
        learning_rate=float(values["a_lr"]),
        seed=int(values["a_seed"]),
        teacher_forcing=float(values["a_force"]),
        test_length=int(values["a_test"]) if task.name in SYMBOL_TASKS else 0,
    )


def own_model(values: Mapping[Any, Any]) -> Seq2SeqConfig:
    """The model that the controls of one's own describe; without attention, what needs it is left out.

    Errors: ValueError.
    """
    given = {name: values[key] for key, name in OWN_MODEL.items()}
    if given["attention"] == "none":
        plain = asdict(NO_ATTENTION)
        given |= {name: plain[name] for name in ("fusion", "input_feeding", "values", "output", "bridge")}
    if given["output"] == "context":
        given["fusion"] = "concatenate"
    return Seq2SeqConfig(**given)


def values_of(config: TranslationConfig) -> dict[str, Any]:
    """The controls' values that describe a run, as far as they can; the inverse of `config_of`."""
    task = config.task
    keys = [next((key for key, one in MODELS.items() if one == model), "own") for model in config.models]
    own = next((model for model, key in zip(config.models, keys, strict=True) if key == "own"), None)
    values = {
        "a_task": task.name, "a_language": task.language, "a_level": task.level, "a_own": task.text, "a_models": keys,
        "a_steps": config.steps, "a_batch": config.batch_size, "a_lr": config.learning_rate, "a_seed": config.seed,
        "a_force": config.teacher_forcing, "a_test": config.test_length,
    }  # fmt: skip
    if task.name in SYMBOL_TASKS:
        values |= {"a_min": task.min_length, "a_max": task.max_length, "a_symbols": task.symbols}
    return values | ({} if own is None else {key: getattr(own, name) for key, name in OWN_MODEL.items()})
