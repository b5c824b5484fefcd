"""What a task is, as data: part of a run's config, its recording's header and its permalink."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..checks import check_choice, check_whole

VARIANTS = {
    "recall": (),
    "adding": ("unit", "1997"),
    "temporal_order": (),
    "copy_memory": (),
    "next_character": (),
    "next_word": (),
}
"""The tasks by name, and the published variants of each; the first is what an empty `variant` means."""
BUNDLED_TEXTS = ("python-reference", "python-source")
OWN_TEXT = re.compile(r"sha256:[0-9a-f]{64}")
LOSS_PLACES = ("task", "last", "all")
MIN_LENGTH, MAX_LENGTH = 5, 400
MIN_SYMBOLS, MAX_SYMBOLS = 2, 26
MIN_WORDS, MAX_WORDS = 50, 5000
MAX_ANSWERS = 100_000
"""Of next word, words × timesteps: each has a number for every example of a batch."""
COPY_OVERHEAD = 20
"""Timesteps of the copy task that are not blanks: 10 symbols in, 10 out."""


@dataclass(frozen=True)
class TaskConfig:
    """Which task, how long, and where its loss counts. Errors: ValueError with rule, value and remedy."""

    name: str = "recall"
    """One of VARIANTS."""
    length: int = 20
    """T, the timesteps that the network sees."""
    variant: str = ""
    """Adding: "unit" or "1997". Empty: the task's first, or its only one."""
    symbols: int = 8
    """Recall and copy memory: how many symbols there are to remember one of."""
    text: str = "python-reference"
    """Next character and next word: one of BUNDLED_TEXTS, or "sha256:<hex>" for a text of the user's own."""
    loss_at: str = "task"
    """One of LOSS_PLACES: as the task is published, at the last timestep only, or at every timestep."""
    words: int = 1000
    """Next word: how many of the text's words are known, the most frequent; the others share [unk]."""

    def __post_init__(self) -> None:
        check_choice("name", self.name, tuple(VARIANTS))
        check_choice("variant", self.variant, ("", *VARIANTS[self.name]))
        check_choice("loss_at", self.loss_at, LOSS_PLACES)
        check_whole("length", self.length, self.shortest(self.name), MAX_LENGTH)
        check_whole("symbols", self.symbols, MIN_SYMBOLS, MAX_SYMBOLS)
        check_whole("words", self.words, MIN_WORDS, MAX_WORDS)
        if self.name == "next_word" and self.words * self.length > MAX_ANSWERS:
            raise ValueError(
                f"words × length must be at most {MAX_ANSWERS:,}, got {self.words} × {self.length}; "
                f"choose T ≤ {MAX_ANSWERS // self.words} or fewer words."
            )
        if self.text not in BUNDLED_TEXTS and not (isinstance(self.text, str) and OWN_TEXT.fullmatch(self.text)):
            raise ValueError(
                f"text must be one of {', '.join(BUNDLED_TEXTS)} or sha256:<64 hex digits>, got {self.text!r}; "
                "keep your own text with store_text, which returns its id."
            )

    @property
    def has_tokens(self) -> bool:
        """True if the input is tokens, which are embedded; False if it is real values."""
        return self.name != "adding"

    @staticmethod
    def shortest(name: str) -> int:
        """The shortest length that the task `name` can have, in timesteps."""
        return COPY_OVERHEAD + 1 if name == "copy_memory" else MIN_LENGTH
