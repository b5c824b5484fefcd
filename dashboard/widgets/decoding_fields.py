"""The fields of the Decoding view: which model, after which prefix, by which search, and where one looks."""

from __future__ import annotations

from typing import Any

from core.decoding.comparison import LABELS
from core.decoding.presets import BEST_IS_EMPTY, GREEDY_LOSES, PRESETS, TWO_LOSES_TO_THREE, WIDER_IS_WORSE, Preset
from core.decoding.semantics import HUGGING_FACE_CANONICAL, SEMANTICS
from dashboard.decoding_asked import (
    END,
    MOST_LENGTH,
    MOST_PREFIX,
    MOST_PROOF,
    MOST_SIZE,
    NO_END,
    PRESET,
    PROOF,
    TEXT_LENGTH,
)
from dashboard.reading_asked import SHIPPED
from dashboard.widgets.address import Choice, Field, Number, Words
from dashboard.widgets.search_tree import PRUNED_SHOWN

DECODING = "decoding"
"""The group of the fields."""
SECTIONS = {
    "tree": "Tree",
    "accounts": "Accounts",
    "sizes": "Beam size",
    "methods": "Methods",
    "semantics": "Semantics",
    "penalty": "Length penalty",
    "next": "Next token",
}
ENDS = {"newline": "a newline", "space": "a space", "none": "nothing: all have the greatest length"}
END_SYMBOLS = {"newline": END, "space": " ", "none": NO_END}
PENALTY_TITLES = {
    "own": "as the semantics has it",
    "none": "none",
    "length": "length^α",
    "gnmt": "((5 + length)/6)^α (GNMT)",
}
RANKINGS = {"length": "length^α", "gnmt": "((5 + length)/6)^α"}
SEMANTICS_TITLES = {one.key: one.name for one in SEMANTICS}
MODEL_TITLES = {PRESET + key: f"Table: {preset.title.lower()}" for key, preset in PRESETS.items()} | {
    SHIPPED: "the shipped LSTM, Python code"
}
MOST_TOKENS = 800
"""Characters of a path of tokens in the address."""
FIRST_PREFIX = "def "
TRANSLATOR = "shipped:french-names:lstm-dot-h128"


def of_table(preset: Preset, method: str, size: int) -> dict[str, Any]:
    """What the controls are for a table's lesson."""
    return {
        "of": PRESET + preset.key, "prefix": "", "by": method, "k": size, "most": preset.max_length,
        "least": preset.rules.min_length,
    }  # fmt: skip


def of_text(model: str, prefix: str, size: int, most: int, method: str = "beam") -> dict[str, Any]:
    """What the controls are for a model of text."""
    return {"of": model, "prefix": prefix, "by": method, "k": size, "most": most, "least": 0}


SITUATIONS: dict[str, dict[str, Any]] = {
    "Greedy loses": of_table(GREEDY_LOSES, "greedy", 2),
    "Two lose to three": of_table(TWO_LOSES_TO_THREE, "beam", 2),
    "The best is empty": of_table(BEST_IS_EMPTY, "beam", 3),
    "Wider is worse": of_table(WIDER_IS_WORSE, "beam", 2),
    "Python code": of_text(SHIPPED, FIRST_PREFIX, 4, TEXT_LENGTH),
    "Stuck in a loop": of_text(SHIPPED, "import ", 8, 60),
    "Samples": of_text(SHIPPED, "import ", 8, TEXT_LENGTH, "sample"),
    "Into French": of_text(TRANSLATOR, "", 4, 40),
}
"""What each situation sets; every other field goes to its default, but for those in LOOKING."""
STORIES = {preset.title: preset.lesson for preset in PRESETS.values()} | {
    "The best is empty": BEST_IS_EMPTY.lesson,
    "Two lose to three": TWO_LOSES_TO_THREE.lesson,
    "Python code": "A beam of 4 writes a plausible name. Yet the best line by the model's own measure is another, and "
    "no name at all: read the sentence under the tree.",
    "Stuck in a loop": "Each further dash or equals sign is nearly certain, so a beam prefers a ruler to any code; "
    "forbid repeated n-grams under Rules.",
    "Samples": "Drawn token by token; equal beginnings are one node. Lower the temperature, and they agree more.",
    "Into French": "An encoder–decoder has read a name in English, and writes it in French. Beside each hypothesis, a "
    "pruned one too, stands where it looked while it wrote it: French turns the order around.",
}
"""What to see in each situation."""
LOOKING = frozenset(("show", "pruned", "rank", "rank_by", "proof"))
"""Fields that say where one looks, and stay."""


def decoding_fields() -> list[Field]:
    """Every control of the page."""
    first = SITUATIONS["Greedy loses"]
    return [
        Choice("show", "Section", "tree", SECTIONS),
        Words("of", "Model", first["of"], 200),
        Words("prefix", "Prefix", first["prefix"], MOST_PREFIX),
        Words("source", "Source", "", MOST_PREFIX),
        Choice("end", "A line ends with", "newline", ENDS),
        Choice("by", "Method", first["by"], LABELS),
        Number("k", "Size k", first["k"], 1, MOST_SIZE),
        Number("most", "Most tokens", first["most"], 1, MOST_LENGTH),
        Number("least", "Least tokens", first["least"], 0, MOST_LENGTH),
        Number("ngram", "No n-gram twice, n", 0, 0, 20),
        Words("forced", "Forced beginning", "", MOST_TOKENS),
        Choice("semantics", "Semantics", HUGGING_FACE_CANONICAL.key, SEMANTICS_TITLES),
        Choice("penalty", "Length penalty", "own", PENALTY_TITLES),
        Number("alpha", "α", 1.0, -2.0, 4.0),
        Number("coverage", "Coverage β", 0.0, 0.0, 10.0),
        *_drawing_fields(),
        Number("proof", "Hypotheses fed for the proof", PROOF, 1, MOST_PROOF),
        Choice("rank_by", "Rank by", "length", RANKINGS),
        Number("rank", "Strength α", 0.0, 0.0, 2.0),
        Words("node", "Node", "", MOST_TOKENS),
        Number("upto", "Search up to step", 0, 0, MOST_LENGTH),
        Choice("pruned", "Pruned ones shown", "best", PRUNED_SHOWN),
    ]


def _drawing_fields() -> list[Field]:
    return [
        Number("temperature", "Temperature", 1.0, 0.05, 3.0),
        Number("top_k", "Top k (0: all)", 0, 0, 1000),
        Number("top_p", "Top p", 1.0, 0.01, 1.0),
        Number("draw", "Seed", 0, 0, 100_000),
        Number("groups", "Groups", 2, 1, MOST_SIZE),
        Number("diversity", "Diversity, nats", 0.5, 0.0, 100.0),
    ]
