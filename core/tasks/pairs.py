"""Pairs of sequences to learn to turn one into the other: what they are as data, and what every such task offers.

Axes: N batch, S source positions, T target positions, V tokens.

A worked example, reverse with sources of 2 to 4 symbols, a batch of two:

    source       C A B [stop]            target_in    [start] B A C
                 D B [stop] [pad]                     [start] B D [pad]
    lengths      4, 3                    target_out   B A C [stop]
                                                      B D [stop] [pad]
                                         lengths      4, 3
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..checks import check_choice, check_real, check_whole, quote
from .pair_vocabulary import Vocabulary

SYMBOL_TASKS = ("reverse", "copy", "sort")
"""Made of symbols drawn at random; min_length, max_length and symbols are theirs."""
DATE_LANGUAGES = ("mixed", "cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "ro", "sv", "tr")
LANGUAGES = {
    "reverse": (), "copy": (), "sort": (),
    "dates": DATE_LANGUAGES,
    "names": ("fr", "es", "it"),
    "interface": ("fr", "zh"),
    "own": (),
}  # fmt: skip
"""The tasks by name, and the languages of each; the first is what an empty `language` means."""
LEVELS = ("character", "word")
WORDED = ("names", "interface", "own")
"""Tasks that may be read in words."""
LONGEST = {"dates": (44, 10), "names": (40, 40), "interface": (80, 100), "own": (100, 100)}
"""Most tokens of a source and of a target, without [stop], where the config does not say them."""
MIN_LENGTH, MAX_LENGTH = 1, 100
MIN_SYMBOLS, MAX_SYMBOLS = 2, 26
FEWEST_SOURCES = 1000
"""Of a task on symbols: fewer could not be split by content into a part to learn and one to test."""
MIN_HELD_OUT, MAX_HELD_OUT = 0.02, 0.5
OWN_PAIRS = re.compile(r"sha256:[0-9a-f]{64}")


class PairError(ValueError):
    """Pairs cannot be had or used; the message says why and what to do."""


@dataclass(frozen=True)
class PairsConfig:
    """Which pairs, and which of them are held out. Errors: ValueError with rule, value and remedy."""

    name: str = "reverse"
    """One of LANGUAGES."""
    min_length: int = 10
    """Reverse, copy, sort: symbols of the shortest source, without [stop]."""
    max_length: int = 10
    """Reverse, copy, sort: symbols of the longest source, without [stop]; all lengths between are drawn alike."""
    symbols: int = 8
    """Reverse, copy, sort: how many symbols there are."""
    language: str = ""
    """One of the task's LANGUAGES. Empty: its first, or its only one."""
    level: str = "character"
    """One of LEVELS: what a token is; words for names, interface and own alone."""
    held_out: float = 0.1
    """Share of the pairs that is never learnt, chosen by the content of the source (of dates, by the day)."""
    text: str = ""
    """Own: "sha256:<hex>", as `store_pairs` returns it."""

    def __post_init__(self) -> None:
        check_choice("name", self.name, tuple(LANGUAGES))
        check_choice("language", self.language, ("", *LANGUAGES[self.name]))
        check_choice("level", self.level, LEVELS if self.name in WORDED else LEVELS[:1])
        check_whole("max_length", self.max_length, MIN_LENGTH, MAX_LENGTH)
        check_whole("min_length", self.min_length, MIN_LENGTH, self.max_length)
        check_whole("symbols", self.symbols, MIN_SYMBOLS, MAX_SYMBOLS)
        check_real("held_out", self.held_out, MIN_HELD_OUT, MAX_HELD_OUT)
        self._check_sources()
        self._check_text()

    def _check_sources(self) -> None:
        if self.name in SYMBOL_TASKS and self.symbols**self.max_length < FEWEST_SOURCES:
            raise ValueError(
                f"{self.name} needs {FEWEST_SOURCES} sources to hold some out, got {self.symbols} symbols and "
                f"max_length {self.max_length}, which make fewer; choose more of either."
            )

    def _check_text(self) -> None:
        is_id = isinstance(self.text, str) and OWN_PAIRS.fullmatch(self.text)
        if self.name == "own" and not is_id:
            raise ValueError(
                f"text must be sha256:<64 hex digits> for pairs of your own, got {quote(self.text)}; keep them with "
                "store_pairs, which returns their id."
            )
        if self.name != "own" and self.text != "":
            raise ValueError(f"text is for the task 'own' alone, got {quote(self.text)} for {self.name!r}; leave it.")

    @property
    def timesteps(self) -> int:
        """At most so many positions has a pair: source and target with their [stop]."""
        source, target = LONGEST.get(self.name, (self.max_length, self.max_length))
        return source + target + 2


@dataclass(frozen=True)
class PairBatch:
    """Pairs, padded at the end with [pad] to the longest of each side."""

    source: Tensor
    """Tokens, each source with its [stop], shape (N, S), int64."""
    source_lengths: Tensor
    """With [stop], shape (N,), int64."""
    target_in: Tensor
    """What the decoder is fed: [start] and the target, shape (N, T), int64."""
    target_out: Tensor
    """What it is to say: the target and [stop], shape (N, T), int64."""
    target_lengths: Tensor
    """Valid positions of both, shape (N,), int64."""


class Gold(NamedTuple):
    """The true alignment of one pair, as the sure and possible links of Och & Ney (2003).

    A row without a possible link (a hyphen of a date, [stop]) has no known origin, and no measure counts it.
    """

    sure: np.ndarray
    """Shape (T, S), bool: position t says what stands at s, and no other does; a subset of `possible`."""
    possible: np.ndarray
    """Shape (T, S), bool: position t says what stands at s, or that is one of the places that say it."""

    @classmethod
    def unknown(cls, rows: int, columns: int) -> Gold:
        """No links, of T rows and S columns."""
        return cls(np.zeros((rows, columns), bool), np.zeros((rows, columns), bool))


class PairTask(ABC):
    """Pairs to learn from. Subclasses set the attributes below."""

    name: str
    """As PairsConfig.name."""
    title: str
    """For people, in sentence case."""
    source: Vocabulary
    target: Vocabulary

    @property
    def source_symbols(self) -> tuple[str, ...]:
        """How to print each token of a source, shape (V,); the first four are pair_vocabulary.SPECIALS."""
        return self.source.symbols

    @property
    def target_symbols(self) -> tuple[str, ...]:
        """How to print each token of a target, shape (V,); the first four are pair_vocabulary.SPECIALS."""
        return self.target.symbols

    @abstractmethod
    def batch(self, rng: np.random.Generator, size: int) -> PairBatch:
        """Draw `size` pairs, none of them held out; the same generator state gives the same batch."""

    @abstractmethod
    def held_out(self) -> PairBatch:
        """Pairs that `batch` never draws: always the same ones in the same order, at most HELD_OUT_PAIRS."""

    @abstractmethod
    def of_length(self, length: int, size: int) -> PairBatch | None:
        """At most `size` held-out pairs whose sources have `length` tokens without [stop]; None if there are none.

        Of reverse, copy and sort lengths beyond those of the config too.
        """

    def gold(self, source: np.ndarray, target: np.ndarray) -> Gold | None:
        """The true alignment of a source (S,) and what is said of it (T,), tokens as in a batch.

        None if the task knows none; without links if only this pair's is not known.
        """
        return None

    def encode(self, text: str) -> list[int]:
        """The tokens of a source with its [stop]; what the task does not know is [unk]. Errors: PairError if empty."""
        if not text.strip():
            raise PairError("A source must have something to read, got none; type a word.")
        return self.source.encode(text)

    def print(self, tokens) -> str:
        """The text of target tokens, up to the first [stop]."""
        return self.target.print(tokens)
