"""Questions of the Embeddings page's pictures: about a table of rows, or about the words of a source of vectors.

table_question("space", config, model=0, token=3)        of the run or the config; config None: of the shipped model
words_question("analogy", "counted", 50, ("open", "close", "read"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from core.models.config import MAX_EMBEDDING_SIZE, OWN_VECTORS, VECTORS
from core.training.config import TrainingConfig
from dashboard.asked import question, whole

SHIPPED = "shipped"
"""Name of the number that says that a question is about the shipped model."""
MOST_LETTERS = 40


@dataclass(frozen=True)
class AskedWords:
    """Words of a source of vectors. Errors: ValueError (rule, what came, remedy)."""

    source: str
    """As ModelConfig.vectors."""
    size: int
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.source or not (self.source in VECTORS or OWN_VECTORS.fullmatch(self.source)):
            raise ValueError(f"a source of vectors is one of the page's, got {self.source[:40]!r}; choose one there.")
        if not 1 <= self.size <= MAX_EMBEDDING_SIZE:
            raise ValueError(f"vectors have 1 to {MAX_EMBEDDING_SIZE} numbers, got {self.size}; choose other vectors.")
        if not all(0 < len(word) <= MOST_LETTERS for word in self.words):
            raise ValueError(f"a word has 1 to {MOST_LETTERS} letters, got another; write one in each field.")


def table_question(name: str, config: TrainingConfig | None, model: int = 0, **numbers: float) -> str:
    """The question about a table, as `Panel.question` takes it; `dashboard.asked.read_question` reads it."""
    asked = question(f"embeddings/{name}", config or TrainingConfig(), (model,))
    return f"{asked}&{urlencode(numbers if config else {SHIPPED: 1, **numbers})}"


def words_question(name: str, source: str, size: int, words: tuple[str, ...]) -> str:
    """The question about words; the inverse of `read_words`."""
    return f"embeddings/{name}?{urlencode([('source', source), ('size', size), *(('word', word) for word in words)])}"


def read_words(given: Mapping[str, str], words: list[str], count: int) -> AskedWords:
    """The question from an address. Errors: ValueError."""
    if len(words) != count:
        raise ValueError(f"this question is about {count} words, got {len(words)}; write one in each field.")
    return AskedWords(given.get("source", ""), whole("size", given.get("size", "")), tuple(words))
