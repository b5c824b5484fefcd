"""The characters that a character model knows.

Axes: T characters, V vocabulary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

UNKNOWN = "[unk]"
MAX_SYMBOLS = 1024


@dataclass(frozen=True)
class Vocabulary:
    """Known characters; every other one is [unk], the last token. It says the widths that a SequenceModel asks for.

    Errors: ValueError unless the symbols are different single characters and, last, [unk].
    """

    symbols: tuple[str, ...]
    """Characters, then [unk]."""
    features: ClassVar[None] = None
    """No real-valued input."""

    def __post_init__(self) -> None:
        *characters, last = self.symbols if 2 <= len(self.symbols) <= MAX_SYMBOLS else ("", "")
        if last != UNKNOWN or any(len(one) != 1 for one in characters) or len(set(characters)) < len(characters):
            raise ValueError(
                f"a vocabulary is 1 to {MAX_SYMBOLS - 1} different characters and {UNKNOWN}, got {self.symbols!r:.60}; "
                "make it of a text with Vocabulary.of."
            )

    @classmethod
    def of(cls, text: str, at_least: int = 1) -> Vocabulary:
        """The characters that occur so often in a text, by code point."""
        counts = Counter(text)
        return cls((*sorted(character for character, count in counts.items() if count >= at_least), UNKNOWN))

    @property
    def vocabulary_size(self) -> int:
        """V, of the input."""
        return len(self.symbols)

    @property
    def outputs(self) -> int:
        """V, of the answers: the next character."""
        return len(self.symbols)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {symbol: place for place, symbol in enumerate(self.symbols[:-1])}

    def encode(self, text: str) -> Tensor:
        """Tokens of a text, shape (T,), int64."""
        unknown, places = len(self.symbols) - 1, self._places
        return torch.tensor([places.get(character, unknown) for character in text], dtype=torch.long)
