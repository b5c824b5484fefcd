"""The character model that ships with Unroll: weights in a safetensors file, nothing ever unpickled.

Axes: N batch, T characters, V vocabulary, H hidden units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

UNKNOWN = "[unk]"


@dataclass(frozen=True)
class Vocabulary:
    """The characters that a model knows; every other one is [unk], the last token."""

    symbols: tuple[str, ...]
    """Characters by code point, then [unk]."""
    features: ClassVar[None] = None
    """No real-valued input."""

    @property
    def vocabulary_size(self) -> int:
        """V, of the input."""
        return len(self.symbols)

    @property
    def outputs(self) -> int:
        """V, of the answers: the next character."""
        return len(self.symbols)

    @classmethod
    def of(cls, text: str, at_least: int = 1) -> Vocabulary:
        """The characters that occur `at_least` so often in a text."""
        characters = sorted(character for character in set(text) if text.count(character) >= at_least)
        return cls((*characters, UNKNOWN))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {symbol: place for place, symbol in enumerate(self.symbols[:-1])}

    def encode(self, text: Sequence[str]) -> Tensor:
        """Tokens of a text, shape (T,), int64."""
        unknown, places = len(self.symbols) - 1, self._places
        return torch.tensor([places.get(character, unknown) for character in text], dtype=torch.long)
