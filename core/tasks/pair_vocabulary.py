"""The tokens of one side of a task of pairs: characters or words, after four special ones.

Axes: V tokens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

PAD, START, STOP, UNKNOWN = range(4)
SPECIALS = ("[pad]", "[start]", "[stop]", "[unk]")
"""The first symbols of every vocabulary, in the order of PAD, START, STOP, UNKNOWN."""
MAX_TOKENS = 5000
"""Of a vocabulary; rarer ones are [unk]."""
UNSPACED = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts written without spaces (Han, kana, their punctuation): each character is a word."""
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:['’-][^\W{UNSPACED}]+)*['’]?|[^\w\s]")
NO_SPACE = re.compile(rf"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])|(?<=['’]) | (?=[.,;:!?)\]…])|(?<=[(\[]) ")


def split(text: str, level: str) -> list[str]:
    """The text's tokens as strings: its characters, or its words and punctuation marks."""
    return list(text) if level == "character" else WORD.findall(text)


@dataclass(frozen=True)
class Vocabulary:
    """From text to tokens and back."""

    symbols: tuple[str, ...]
    """How to print each token, shape (V,); SPECIALS first."""
    level: str = "character"
    """As PairsConfig.level."""

    @classmethod
    def of(cls, texts: Iterable[str], level: str = "character") -> Vocabulary:
        """The vocabulary of the texts' MAX_TOKENS most frequent tokens, in the order of their code points."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split(text, level))
        frequent = sorted(counts, key=lambda token: (-counts[token], token))[: MAX_TOKENS - len(SPECIALS)]
        return cls((*SPECIALS, *sorted(frequent)), level)

    @cached_property
    def places(self) -> dict[str, int]:
        """Token by symbol, without the special ones: a text cannot spell them."""
        return {symbol: place for place, symbol in enumerate(self.symbols) if place >= len(SPECIALS)}

    def encode(self, text: str) -> list[int]:
        """The text's tokens and [stop]; what is not known is [unk]."""
        return [self.places.get(token, UNKNOWN) for token in split(text, self.level)] + [STOP]

    def print(self, tokens: Iterable[int]) -> str:
        """The text of the tokens up to the first [stop], without [pad] and [start]; words stand apart."""
        shown = []
        for token in map(int, tokens):
            if token == STOP:
                break
            if token not in (PAD, START):
                shown.append(self.symbols[token])
        return "".join(shown) if self.level == "character" else NO_SPACE.sub("", " ".join(shown))
